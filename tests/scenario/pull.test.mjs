// SPDX-License-Identifier: Apache-2.0
// A PIMS pulls: pages, cursors, NDJSON, what is refused and why, and the trace
// that stands in the journal before anything is sent. The journal is then read
// over HTTP by Go's checksum database.
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID, X509Certificate }
	from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask, startGateway } from "../support/gateway.mjs";
import { freePorts, guichet } from "../support/ground.mjs";
import { judging } from "../support/judge.mjs";
import { createDatabase, LINES_WAITING, sql } from "../support/postgres.mjs";

let gateway, own, energy, plain, certificate, thumbprint, customers;

before(async () => {
	own = createDatabase("own");
	energy = createDatabase("energy");
	const made = guichet("synth", "--sector", "energy", "--to", energy.url,
		"--customers", "12", "--days", "40");
	assert.equal(made.code, 0, made.err);
	const [port] = await freePorts(1);
	gateway = await startGateway({ database: own, settings: {
		server: { listen_plain: `127.0.0.1:${port}`,
			trusted_proxies: "127.0.0.1",
			client_certificate_header: "X-Client-Cert" },
		catalogue: { sources: "energy" },
		sources: { energy: energy.url.replace("user=postgres",
			"user=guichet_lecture") },
		journal: { interval_ms: 100 },
		watch: { horizon_margin_ms: 0 },
	} });
	plain = `http://127.0.0.1:${port}`;
	const pem = readFileSync(gateway.settings.server.tls_certificate, "utf8");
	certificate = encodeURIComponent(pem);
	thumbprint = createHash("sha256").update(new X509Certificate(pem).raw)
		.digest("base64url");
	customers = sql(energy.url, `SELECT id_client FROM crm.rattachement
		JOIN si.courbe_jour USING (pdl) GROUP BY 1
		HAVING count(*) >= 20 ORDER BY 1`).split("\n");
	sql(own.url, `INSERT INTO guichet.client (id, kind, name, binding,
		datasets) VALUES ('pims', 'oauth', 'PIMS', 'mtls', '{}')`);
}, { timeout: 60000 });
after(async () => {
	assert.equal(await gateway.stop(), 0, gateway.logs.slice(-3000));
	own.drop();
	energy.drop();
});

// A live grant of a customer, and a token for it.
function grant(customer, { datasets = ["energy.load-curve"], from, to,
	expires = "1 day" } = {}) {
	const token = randomBytes(32).toString("base64url");
	const id = randomUUID(), subject = randomUUID();
	const details = JSON.stringify([{ type: "restitution", datasets, from,
		to }]);
	sql(own.url, `INSERT INTO guichet.subject (id, customer, key)
		VALUES ('${subject}', '${customer}', sha256('${subject}'))
		ON CONFLICT (customer) DO NOTHING;
		INSERT INTO guichet.grants (id, client_id, subject_id, pairwise,
			datasets, details, purpose, language, notice_sha256, expires)
		SELECT '${id}', 'pims', id, 'p', '{${datasets}}', '${details}', 'p',
			'fr', sha256('n'), now() + interval '${expires}'
		FROM guichet.subject WHERE customer = '${customer}';
		INSERT INTO guichet.access_token
			(hash, grant_id, client_id, binding, thumbprint, expires)
		VALUES (sha256('${token}'), '${id}', 'pims', 'mtls',
			'${thumbprint}', now() + interval '50 minutes')`);
	return { id, token };
}

const get = (path, { token }, headers = {}, method = "GET") =>
	ask(plain + path, { method, headers: { "x-client-cert": certificate,
		authorization: `Bearer ${token}`, ...headers } });
const pull = (g, query = "", headers, method) =>
	get(`/v1/datasets/energy.load-curve${query}`, g, headers, method);

const lines = (g, event) => sql(own.url, `
	SELECT convert_from(leaf, 'UTF8') || ' ' || convert_from(side, 'UTF8')
	  FROM guichet.journal_line
	 WHERE grant_id = '${g.id}'`).split("\n").filter((l) => l &&
		l.includes(`"ev":"${event}"`)).map((l) => {
			const [leaf, side] = l.split("} {");
			return { ...JSON.parse(leaf + "}"), side: JSON.parse("{" + side) };
		});

test("a page, its records and its trace", async () => {
	const g = grant(customers[0]);
	const r = await pull(g, "?limit=3");
	assert.equal(r.status, 200, r.text + gateway.logs.slice(-2000));
	assert.match(r.headers["content-type"], /^application\/json/);
	assert.equal(r.headers["cache-control"], "no-store");
	const page = r.json;
	assert.deepEqual(Object.keys(page), ["records", "next", "more"]);
	assert.equal(page.records.length, 3);
	assert.equal(page.more, true);
	assert.equal(r.headers["guichet-next"], page.next);
	assert.equal(r.headers["guichet-more"], "true");
	const [begun] = lines(g, "pull.begun");
	assert.deepEqual([begun.ds, begun.to, begun.n, begun.b, begun.act],
		["energy.load-curve@1", "pims", 3, Buffer.byteLength(r.text),
			"recipient"]);
	assert.match(begun.tag, /^[\w-]{22}$/);
	assert.equal(begun.side.grant, g.id);
	assert.match(begun.side.digest, /^[0-9a-f]{64}$/);
	const [ended] = await gateway.until(() => {
		const l = lines(g, "pull.ended");
		return l.length && l;
	}, "pull.ended");
	assert.equal(ended.oc, "complete");
	assert.equal(ended.side.of, begun.id);
});

test("pages follow each other to the end and meet every record once",
	async () => {
	const g = grant(customers[1]);
	const all = (await pull(g, "?limit=1000")).json;
	assert.equal(all.more, false);
	assert.ok(all.records.length >= 20);
	const seen = [];
	let cursor = "", page;
	do {
		page = (await pull(g, `?limit=7${cursor}`)).json;
		seen.push(...page.records);
		cursor = `&cursor=${page.next}`;
	} while (page.more);
	assert.deepEqual(seen, all.records);
	const last = await pull(g, `?limit=7${cursor}`);
	assert.deepEqual(last.json.records, []);
	assert.equal(last.json.more, false);
	assert.ok(last.json.next, "an empty page keeps its place");
	// an empty page is a trace too
	assert.ok(lines(g, "pull.begun").some((l) => l.n === 0));
	// the same by the records' own numbers in the database
	assert.equal(all.records.length, Number(sql(energy.url, `SELECT count(*)
		FROM si.courbe_jour AS k JOIN crm.rattachement AS r ON r.pdl = k.pdl
		 AND k.jour BETWEEN r.date_deb AND r.date_fin
		WHERE k.courante AND r.id_client = '${customers[1]}'`)));
});

test("NDJSON: every line a record, cursor and more in the header",
	async () => {
	const g = grant(customers[2]);
	const json = (await pull(g, "?limit=5")).json;
	const r = await pull(g, "?limit=5", { accept: "application/x-ndjson" });
	assert.equal(r.headers["content-type"], "application/x-ndjson");
	assert.ok(r.text.endsWith("}\n"));
	assert.deepEqual(r.text.trimEnd().split("\n").map((l) => JSON.parse(l)),
		json.records);
	assert.equal(r.headers["guichet-more"], "true");
	const next = await pull(g, `?limit=5&cursor=${r.headers["guichet-next"]}`);
	assert.notDeepEqual(next.json.records[0], json.records[0]);
});

test("from and to select business time, within what was allowed",
	async () => {
	const whole = (await pull(grant(customers[3]), "?limit=1000")).json.records;
	const days = whole.map((r) => r.day).sort();
	const [first, from, to, last] = [days[0], days[5], days[12],
		days[days.length - 1]];
	const g = grant(customers[3], { from, to });
	const got = async (query) => (await pull(g, query)).json.records
		.map((r) => r.day).sort();
	const wanted = days.filter((d) => d >= from && d < to);
	assert.deepEqual(await got(""), wanted);
	assert.deepEqual(await got(`?from=${first}&to=${last}`), wanted);
	assert.deepEqual(await got(`?from=${days[8]}`),
		wanted.filter((d) => d >= days[8]));
	assert.deepEqual(await got(`?to=${days[8]}`),
		wanted.filter((d) => d < days[8]));
	assert.deepEqual(await got(`?from=${to}`), []);
	// a moment just before the allowed end's midnight is not beyond it
	assert.deepEqual(await got(`?to=${last}T23:59:59Z`), wanted);
});

test("HEAD tells the same and is journalled as such", async () => {
	const g = grant(customers[0]);
	const r = await pull(g, "?limit=2", {}, "HEAD");
	assert.equal(r.status, 200);
	assert.equal(r.text, "");
	assert.ok(Number(r.headers["content-length"]) > 100);
	assert.equal(lines(g, "pull.begun")[0].oc, "head");
});

test("what is refused leaves no trace of a delivery, and says why",
	async () => {
	const g = grant(customers[0]), other = grant(customers[1]);
	const cursor = (await pull(other, "?limit=1")).json.next;
	const cases = [
		["/v1/datasets/energy.nothing", 404, "no_such_dataset"],
		["/v1/datasets/energy.contract", 403, "no_grant"],
		["/v1/datasets/energy.load-curve?limit=0", 400, "bad_limit"],
		["/v1/datasets/energy.load-curve?limit=1001", 400, "bad_limit"],
		["/v1/datasets/energy.load-curve?limit=x", 400, "bad_limit"],
		["/v1/datasets/energy.load-curve?limit=1&limit=2", 400,
			"bad_request"],
		["/v1/datasets/energy.load-curve?from=yesterday", 400, "bad_period"],
		["/v1/datasets/energy.load-curve?to=2026-02-30", 400, "bad_period"],
		["/v1/datasets/energy.load-curve?cursor=AAAA", 400, "bad_cursor"],
		[`/v1/datasets/energy.load-curve?cursor=${cursor}`, 400,
			"bad_cursor"],
		[`/v1/datasets/energy.load-curve?cursor=${cursor.slice(0, -1)}`, 400,
			"bad_cursor"],
	];
	for (const [path, status, code] of cases) {
		const r = await get(path, g);
		assert.deepEqual([r.status, r.json.code], [status, code], path);
		assert.match(r.headers["content-type"], /^application\/problem\+json/);
	}
	assert.deepEqual(lines(g, "pull.begun"), []);
	for (const token of ["x", randomBytes(32).toString("base64url")])
		assert.equal((await pull({ token })).status, 401);
});

test("a withdrawn grant gets nothing, whatever this worker remembers",
	async () => {
	const g = grant(customers[4]);
	assert.equal((await pull(g)).status, 200);
	const begun = lines(g, "pull.begun").length;
	// the trigger that tells the caches is silenced: the gate alone decides
	sql(own.url, `ALTER TABLE guichet.grants DISABLE TRIGGER tell_grant;
		UPDATE guichet.grants SET state = 'withdrawn' WHERE id = '${g.id}';
		ALTER TABLE guichet.grants ENABLE TRIGGER tell_grant`);
	for (let i = 0; i < 6; i++) {
		const r = await pull(g);
		assert.ok(r.status === 403 || r.status === 401, r.text);
		assert.doesNotMatch(r.text, /records/);
	}
	assert.equal(lines(g, "pull.begun").length, begun);
});

test("what may be read, and the consent behind it", async () => {
	const g = grant(customers[5], { datasets: ["energy.load-curve",
		"energy.contract"], from: "2026-01-01" });
	const { datasets } = (await get("/v1/datasets", g)).json;
	assert.deepEqual(datasets.map((d) => d.id).sort(),
		["energy.contract", "energy.load-curve"]);
	for (const d of datasets) {
		assert.equal(d.href, `${gateway.issuer}/v1/datasets/${d.id}`);
		assert.equal(d.from, "2026-01-01");
		assert.ok(d.title.en && d.title.fr);
	}
	const told = (await get("/v1/grant", g)).json;
	assert.equal(told.grant_id, g.id);
	assert.deepEqual(told.authorization_details[0].datasets,
		["energy.load-curve", "energy.contract"]);
	assert.ok(Date.parse(told.expires) > Date.now());
	assert.equal((await ask(`${plain}/v1/grant`)).status, 401);
});

test("each begun pull has its end, each line one act", async () => {
	await gateway.until(() => sql(own.url, LINES_WAITING) === "0",
		"all lines ordered");
	assert.equal(sql(own.url, `
		SELECT count(*) FROM guichet.journal_line AS b
		 WHERE convert_from(b.leaf, 'UTF8')::json->>'ev' = 'pull.begun'
		   AND (SELECT count(*) FROM guichet.journal_line AS e
		         WHERE e.grant_id = b.grant_id
		           AND convert_from(e.side, 'UTF8')::json->>'of'
		             = b.id::text) <> 1`), "0");
	for (const [word] of [customers, ["Bearer"]])
		assert.equal(sql(own.url, `SELECT count(*) FROM guichet.journal_line
			WHERE strpos(convert_from(leaf, 'UTF8'), '${word}') > 0`), "0");
});

test("the journal over HTTP, read by Go's checksum database", async () => {
	const url = `${plain}/journal/restitution`;
	const note = await ask(`${url}/checkpoint`);
	assert.match(note.headers["content-type"], /^text\/plain/);
	const old = join(gateway.dir, "kept.note");
	writeFileSync(old, note.text);
	const dir = join(gateway.dir, "export");
	const r = guichet("journal", "export", dir, "--config", gateway.config);
	assert.equal(r.code, 0, r.err);
	const vkey = readFileSync(join(dir, "vkey"), "utf8").trim();
	// more than a tile, and a level above it
	const g = grant(customers[6]);
	await Promise.all(Array.from({ length: 320 }, () => pull(g, "?limit=1")));
	await gateway.until(() => sql(own.url, LINES_WAITING) === "0",
		"all lines ordered");
	await gateway.until(async () => Number((await ask(`${url}/checkpoint`))
		.text.split("\n")[1]) >= 640, "a new checkpoint");
	const told = await judging("fetch", url, vkey, old);
	assert.equal(told.good, true, told.said);
	assert.ok(Number(told.said.slice(3)) >= 640);
	const tile = await ask(`${url}/tile/0/000`);
	assert.match(tile.headers["cache-control"], /immutable/);
	for (const path of ["tile/0/999", "tile/0/000.p/0", "tile/0/0",
		"tile/9/000", "tile/entries/999"])
		assert.ok([400, 404].includes((await ask(`${url}/${path}`)).status),
			path);
	assert.equal((await ask(`${plain}/journal/other/checkpoint`)).status, 404);
});

test("a source that is away: 503, and later everything is there",
	async () => {
	const g = grant(customers[7]);
	sql(own.url, `ALTER DATABASE "${energy.name}" WITH ALLOW_CONNECTIONS false`);
	sql(own.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = '${energy.name}'`);
	let r = await gateway.until(async () => {
		const x = await pull(g);
		return x.status === 503 && x;
	}, "503");
	assert.equal(r.json.code, "source_away");
	assert.ok(Number(r.headers["retry-after"]) > 0);
	sql(own.url, `ALTER DATABASE "${energy.name}" WITH ALLOW_CONNECTIONS true`);
	r = await gateway.until(async () => {
		const x = await pull(g);
		return x.status === 200 && x;
	}, "200");
	assert.ok(r.json.records.length > 0);
});

test("a graceful end: each call is answered, each begun pull has its end",
	async () => {
	const g = grant(customers[8] ?? customers[0]);
	const calls = Array.from({ length: 60 }, () => pull(g, "?limit=2")
		.then((r) => r.status, () => "cut"));
	await gateway.until(() => lines(g, "pull.begun").length > 0, "a begun pull");
	assert.equal(await gateway.stop(), 0, gateway.logs.slice(-3000));
	const told = await Promise.all(calls);
	const begun = lines(g, "pull.begun"), ended = lines(g, "pull.ended");
	assert.ok(told.filter((s) => s === 200).length > 0);
	assert.deepEqual(ended.map((l) => l.side.of).sort(),
		begun.map((l) => l.id).sort());
	assert.equal(ended.filter((l) => l.oc === "complete").length,
		told.filter((s) => s === 200).length);
});
