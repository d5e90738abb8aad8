// SPDX-License-Identifier: Apache-2.0
// kill -9 of any process at any moment, while records are corrected, delivered,
// pulled, and consents are withdrawn and given: then the oracle recounts.
// tests/scenario/kill.test.mjs does it fifty times, kill-many a thousand.
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID, X509Certificate }
	from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../support/gateway.mjs";
import { freePorts } from "../support/ground.mjs";
import { startLoad } from "../support/load.mjs";

const ROLES = ["push", "web", "push", "watch", "push", "journal", "push", "web",
	"push", "all"];

// One of the customers lets a second PIMS pull; its token, bound to a certificate.
function letPull(p, thumbprint) {
	const token = randomBytes(32).toString("base64url"), id = randomUUID();
	p.sql(`INSERT INTO guichet.client (id, kind, name, binding, datasets)
		VALUES ('puller', 'oauth', 'Puller', 'mtls', '{}');
		INSERT INTO guichet.grants (id, client_id, subject_id, pairwise,
			datasets, details, purpose, language, notice_sha256, expires)
		SELECT '${id}', 'puller', id, 'p', '{energy.load-curve}',
			'[{"type":"restitution","datasets":["energy.load-curve"]}]',
			'p', 'fr', sha256('n'), now() + interval '1 day'
		FROM guichet.subject WHERE customer = '${p.customer}';
		INSERT INTO guichet.access_token
			(hash, grant_id, client_id, binding, thumbprint, expires)
		VALUES (sha256('${token}'), '${id}', 'puller', 'mtls',
			'${thumbprint}', now() + interval '50 minutes')`);
	return token;
}

// One who pulls page after page, from the start again at the end.
async function keepPulling(url, fields, book) {
	let cursor = "";
	while (!book.over) {
		book.asked++;
		const a = await ask(`${url}/v1/datasets/energy.load-curve?limit=4` +
			(cursor && `&cursor=${encodeURIComponent(cursor)}`),
			{ headers: fields }).catch(() => null);
		if (a?.status !== 200) {
			await sleep(20);
			continue;
		}
		const page = JSON.parse(a.text);
		book.answers++;
		book.records += page.records.length;
		for (const r of page.records)
			book.days.add(r.day);
		cursor = page.more ? page.next : "";
		await sleep(10);
	}
}

export function killing(times) {
	let day, plain, fields;

	before(async () => {
		const [port] = await freePorts(1);
		day = await startLoad({ people: 4, settings: {
			server: { listen_plain: `127.0.0.1:${port}`,
				trusted_proxies: "127.0.0.1", web_workers: 2,
				client_certificate_header: "X-Client-Cert" },
			push: { workers: 3, lease_s: 10, deadline_ms: 4000 },
			log: { level: "info" } } });
		plain = `http://127.0.0.1:${port}`;
		const pem = readFileSync(
			day.p.ground.settings.server.tls_certificate, "utf8");
		fields = { "x-client-cert": encodeURIComponent(pem),
			authorization: `Bearer ${letPull(day.p, createHash("sha256")
				.update(new X509Certificate(pem).raw)
				.digest("base64url"))}` };
	}, { timeout: 200000 });
	after(() => day?.stop());

	test(`nothing is lost, whoever dies: ${times} times`, async () => {
		const { p } = day, killed = {};
		const book = { asked: 0, answers: 0, records: 0, days: new Set(),
			over: false };
		const pulling = [1, 2].map(() => keepPulling(plain, fields, book));
		await day.during(async () => {
			for (let i = 0; i < times;) {
				const role = ROLES[i % ROLES.length];
				await sleep(40 + Math.random() * 80);
				if (role === "push")	// while one of them writes
					await day.write();
				const pids = p.gateway.pids(role);
				if (role === "all")
					await day.plug();
				else if (pids.length > 0)
					process.kill(pids[i % pids.length],
						"SIGKILL");
				else
					continue;
				killed[role] = (killed[role] ?? 0) + 1;
				i++;
			}
		}).finally(() => { book.over = true; });
		await Promise.all(pulling);
		const { attempts } = await day.judge();
		// a test that hit nothing would prove nothing
		assert.ok(attempts >= times / 50, `${attempts} cut off`);

		const begun = p.lines().filter((l) => l.ev === "pull.begun" &&
			l.to === "puller");
		assert.ok(book.answers >= times / 5, `${book.answers} answers`);
		assert.ok(begun.length >= book.answers && begun.length <= book.asked,
			`${book.answers} answers, ${begun.length} lines`);
		assert.ok(begun.reduce((n, l) => n + l.n, 0) >= book.records);
		assert.equal(book.days.size, Number(p.expected("energy.load-curve")));
		console.log(`# killed ${JSON.stringify(killed)}; ${day.touched
			} corrections, ${p.withdrawn.size} withdrawals, ${book.answers
			} of ${book.asked} pulls answered`);
	});

	test("no innocent was set aside", () => {
		assert.equal(day.p.sql(`SELECT state, crashes, reason
			FROM guichet.subscription WHERE state = 'dead'`), "");
	});
}
