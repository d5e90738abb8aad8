// SPDX-License-Identifier: Apache-2.0
// A gateway over one synthetic energy company, a front that hands over the
// client's certificate, and live grants written straight into the tables: for
// tests about what comes after consent.
import { createHash, randomBytes, randomUUID, X509Certificate }
	from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { ask, startGateway } from "./gateway.mjs";
import { freePorts, guichet } from "./ground.mjs";
import { createDatabase, sql } from "./postgres.mjs";

export const quote = (s) => `'${String(s).replaceAll("'", "''")}'`;

// The whole answer as bytes, trailers too; nothing is unpacked.
export function askRaw(url, { method = "GET", headers, body } = {}) {
	return new Promise((done, fail) => {
		const r = request(url, { method, headers, agent: false }, (answer) => {
			const chunks = [];
			answer.on("data", (d) => chunks.push(d));
			answer.on("error", fail);
			answer.on("end", () => done({ status: answer.statusCode,
				headers: answer.headers, trailers: answer.trailers,
				complete: answer.complete, pieces: chunks.length,
				body: Buffer.concat(chunks) }));
		});
		r.on("error", fail);
		r.end(body);
	});
}

export async function startGranted({ customers = 6, days = 40, settings = {},
	sources = "energy", own = createDatabase("own") } = {}) {
	const energy = createDatabase("energy");
	const made = guichet("synth", "--sector", "energy", "--to", energy.url,
		"--customers", String(customers), "--days", String(days));
	if (made.code !== 0)
		throw new Error(made.err);
	const [port] = await freePorts(1);
	const gateway = await startGateway({ database: own, settings: {
		...settings,
		server: { listen_plain: `127.0.0.1:${port}`,
			trusted_proxies: "127.0.0.1",
			client_certificate_header: "X-Client-Cert", ...settings.server },
		catalogue: { sources, ...settings.catalogue },
		sources: { energy: energy.url.replace("user=postgres",
			"user=guichet_lecture"), ...settings.sources },
		journal: { interval_ms: 100, ...settings.journal },
		watch: { horizon_margin_ms: 0, ...settings.watch },
	} });
	const plain = `http://127.0.0.1:${port}`;
	const pem = readFileSync(gateway.settings.server.tls_certificate, "utf8");
	const certificate = encodeURIComponent(pem);
	const thumbprint = createHash("sha256").update(new X509Certificate(pem).raw)
		.digest("base64url");
	sql(own.url, `INSERT INTO guichet.client (id, kind, name, binding,
		datasets) VALUES ('pims', 'oauth', 'PIMS', 'mtls', '{}'),
		('other', 'oauth', 'Other', 'mtls', '{}')`);
	const people = sql(energy.url, `SELECT id_client FROM crm.rattachement
		JOIN si.courbe_jour USING (pdl) GROUP BY 1
		HAVING count(*) >= ${Math.min(20, days)} ORDER BY 1`).split("\n");

	// A live grant of a customer, and a token for it.
	function grant(customer, { datasets = ["energy.load-curve"],
		expires = "1 day", client = "pims", ...more } = {}) {
		const token = randomBytes(32).toString("base64url");
		const id = randomUUID(), subject = randomUUID();
		const details = JSON.stringify([{ type: "restitution", datasets,
			...more }]);
		sql(own.url, `INSERT INTO guichet.subject (id, customer, key)
			VALUES ('${subject}', ${quote(customer)}, sha256('${subject}'))
			ON CONFLICT (customer) DO NOTHING;
			INSERT INTO guichet.grants (id, client_id, subject_id, pairwise,
				datasets, details, purpose, language, notice_sha256, expires)
			SELECT '${id}', '${client}', id, 'p', '{${datasets}}',
				${quote(details)}, 'p', 'fr', sha256('n'),
				now() + interval '${expires}'
			FROM guichet.subject WHERE customer = ${quote(customer)};
			INSERT INTO guichet.access_token
				(hash, grant_id, client_id, binding, thumbprint, expires)
			VALUES (sha256('${token}'), '${id}', '${client}', 'mtls',
				'${thumbprint}', now() + interval '50 minutes')`);
		return { id, token };
	}
	const fields = ({ token }, headers) => ({ "x-client-cert": certificate,
		...(token ? { authorization: `Bearer ${token}` } : {}), ...headers });
	const call = (method, path, g, { headers, body } = {}) =>
		ask(plain + path, { method, body, headers: fields(g, headers) });
	const get = (path, g, headers) => call("GET", path, g, { headers });
	const lines = (g, event) => sql(own.url, `
		SELECT convert_from(leaf, 'UTF8') || ' ' || convert_from(side, 'UTF8')
		  FROM guichet.journal_line
		 WHERE grant_id = '${g.id}'`).split("\n").filter((l) => l &&
			l.includes(`"ev":"${event}"`)).map((l) => {
				const [leaf, side] = l.split("} {");
				return { ...JSON.parse(leaf + "}"),
					side: JSON.parse("{" + side) };
			});

	return { gateway, own, energy, plain, people, grant, call, get, lines,
		certificate, thumbprint,
		raw: (path, g, headers, method) => askRaw(plain + path,
			{ method, headers: fields(g, headers) }),
		pull: (g, query = "", headers) =>
			get(`/v1/datasets/energy.load-curve${query}`, g, headers),
		stop: async () => {
			const code = await gateway.stop();
			own.drop();
			energy.drop();
			return code;
		} };
}
