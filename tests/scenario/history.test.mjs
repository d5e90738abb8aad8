// SPDX-License-Identifier: Apache-2.0
// Two years of half-hours as one answer that flows: the same records as page by
// page, each page recorded before it leaves, in memory that does not grow; and
// what becomes of it when the consent ends or the reader goes half-way.
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { root, temporary } from "../support/ground.mjs";
import { startGranted } from "../support/granted.mjs";
import { sql } from "../support/postgres.mjs";

let s, who;
const path = "/v1/datasets/energy.load-curve";
const history = `${path}/history`;

before(async () => {
	s = await startGranted({ customers: 4, days: 740,
		settings: { server: { web_workers: 1 } } });
	// somebody who held one meter for two years at least
	who = sql(s.energy.url, `SELECT id_client FROM crm.rattachement AS r
		JOIN si.courbe_jour AS k ON k.pdl = r.pdl AND k.courante
		 AND k.jour BETWEEN r.date_deb AND r.date_fin
		GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`);
}, { timeout: 120000 });
after(async () => assert.equal(await s?.stop(), 0));

async function paged(g) {
	const records = [];
	for (let cursor = "", page; !page || page.more;) {
		page = (await s.get(`${path}?limit=1000${cursor}`, g)).json;
		records.push(...page.records);
		cursor = `&cursor=${page.next}`;
	}
	return records;
}
const parseLines = (body) => body.toString().trimEnd().split("\n")
	.map((l) => JSON.parse(l));

test("as JSON, the same as page by page, and a place to go on from",
	async () => {
	const g = s.grant(who), want = await paged(g);
	assert.ok(want.length >= 700, `${want.length} days`);
	const r = await s.raw(history, g);
	assert.equal(r.status, 200);
	assert.equal(r.headers["transfer-encoding"], "chunked");
	assert.equal(r.headers["content-length"], undefined);
	const told = JSON.parse(r.body);
	assert.deepEqual(told.records, want);
	assert.deepEqual([told.more, told.count, told.stopped],
		[false, want.length, undefined]);
	const after = (await s.get(`${path}?cursor=${told.next}`, g)).json;
	assert.deepEqual([after.records, after.more], [[], false]);
});

test("as lines, with next in the trailer", async () => {
	const g = s.grant(who), want = await paged(g);
	const r = await s.raw(history, g, { accept: "application/x-ndjson" });
	assert.deepEqual(parseLines(r.body), want);
	assert.equal(r.trailers["guichet-more"], "false");
	assert.equal(Number(r.trailers["guichet-records"]), want.length);
	const after = (await s.get(`${path}?cursor=${r.trailers["guichet-next"]}`,
		g)).json;
	assert.equal(after.records.length, 0);
	// from a cursor, the rest
	const first = (await s.get(`${path}?limit=600`, g)).json;
	const rest = await s.raw(`${history}?cursor=${first.next}`, g,
		{ accept: "application/x-ndjson" });
	assert.deepEqual(parseLines(rest.body),
		want.slice(first.records.length));
	const one = await s.raw(`${history}?from=2000-01-01&to=2000-02-01`, g);
	assert.deepEqual(JSON.parse(one.body).records, []);
});

test("packed as it flows", async () => {
	const g = s.grant(who);
	const bare = await s.raw(history, g, { accept: "application/x-ndjson" });
	const r = await s.raw(history, g, { accept: "application/x-ndjson",
		"accept-encoding": "gzip" });
	assert.equal(r.headers["content-encoding"], "gzip");
	assert.ok(gunzipSync(r.body).equals(bare.body));
	assert.ok(r.body.length * 4 < bare.body.length);
	assert.equal(r.trailers["guichet-more"], "false");
});

test("each page has its lines; the journal counts every record", async () => {
	const g = s.grant(who);
	const { count } = JSON.parse((await s.raw(history, g)).body);
	const begun = s.lines(g, "pull.begun");
	assert.ok(begun.length > 1, `${begun.length} pages`);
	assert.equal(begun.reduce((n, l) => n + l.n, 0), count);
	await s.gateway.until(() => s.lines(g, "pull.ended").length ===
		begun.length, "each page's end");
	assert.ok(s.lines(g, "pull.ended").every((l) => l.oc === "complete"));
});

test("HTTP/1.0, where nothing is chunked", async () => {
	const g = s.grant(who), { port } = new URL(s.plain);
	const text = await new Promise((done, fail) => {
		const c = connect(Number(port), "127.0.0.1"), chunks = [];
		c.on("data", (d) => chunks.push(d)).on("error", fail);
		c.on("end", () => done(Buffer.concat(chunks).toString()));
		c.write(`GET ${history} HTTP/1.0\r\nHost: localhost\r\n` +
			`X-Client-Cert: ${s.certificate}\r\n` +
			`Authorization: Bearer ${g.token}\r\n\r\n`);
	});
	const [head, body] = text.split("\r\n\r\n", 2);
	assert.doesNotMatch(head, /chunked/i);
	assert.match(head, /Connection: close/);
	assert.ok(JSON.parse(body).records.length >= 700);
});

test("refusals come before anything flows", async () => {
	const g = s.grant(who);
	for (const [q, status] of [["?limit=0", 400], ["?cursor=x", 400]])
		assert.equal((await s.get(history + q, g)).status, status);
	assert.equal((await s.raw(history, g, {}, "HEAD")).status, 405);
	assert.equal((await s.get("/v1/datasets/energy.invoice/history", g)).status,
		403);
	assert.deepEqual(s.lines(g, "pull.begun"), []);
});

test("memory stays where it is, however often", async () => {
	const g = s.grant(who);
	const [pid] = s.gateway.pids("web");
	const peak = () => Number(/VmHWM:\s+(\d+)/.exec(
		readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
	for (let i = 0; i < 3; i++)
		await s.raw(history, g);
	const before = peak(), took = [];
	for (let i = 0; i < 12; i++) {
		const began = performance.now();
		const r = await s.raw(history, g);
		took.push(performance.now() - began);
		assert.ok(r.body.length > 1e6, `${r.body.length} bytes`);
	}
	assert.ok(peak() - before < 2048, `${before} to ${peak()} KiB`);
	// the figure is the bench's; here only a sane order of magnitude
	took.sort((a, b) => a - b);
	assert.ok(took[0] < 1000, `${took[0]} ms`);
	console.log(`# history: ${took[6].toFixed(0)} ms, peak ${peak()} KiB`);
});

test("from here on the source takes its time over each page", async () => {
	const dir = temporary(), file = join(dir, "energy/energy.load-curve.sql");
	cpSync(join(root, "adapters/energy"), join(dir, "energy"),
		{ recursive: true });
	writeFileSync(file, readFileSync(file, "utf8").trimEnd()
		.replace(/;$/, "") + "\n   AND (SELECT pg_sleep(0.4)) IS NOT NULL\n");
	s.gateway.change({ server: s.gateway.settings.server, catalogue: {
		...s.gateway.settings.catalogue, adapters: dir } });
	await s.gateway.reload();
});

test("a withdrawal half-way ends it properly, and says where to go on",
	async () => {
	for (const accept of ["application/json", "application/x-ndjson"]) {
		const g = s.grant(who);
		let begun = false;
		const r = await new Promise((done, fail) => {
			const chunks = [];
			request(s.plain + history, { agent: false, headers: { accept,
				"x-client-cert": s.certificate,
				authorization: `Bearer ${g.token}` } }, (a) => {
				a.on("data", (d) => {
					chunks.push(d);
					if (begun)
						return;
					begun = true;
					sql(s.own.url, `UPDATE guichet.grants
						SET state = 'withdrawn' WHERE id = '${g.id}'`);
				});
				a.on("error", fail);
				a.on("end", () => done({ body: Buffer.concat(chunks),
					trailers: a.trailers, complete: a.complete }));
			}).on("error", fail).end();
		});
		assert.equal(r.complete, true);
		const begunLines = s.lines(g, "pull.begun")
			.reduce((n, l) => n + l.n, 0);
		if (accept.endsWith("json") && !accept.includes("nd")) {
			const told = JSON.parse(r.body);
			assert.deepEqual([told.stopped, told.more], ["no_grant", true]);
			assert.equal(told.records.length, begunLines);
			assert.ok(told.next);
		} else {
			assert.equal(r.trailers["guichet-stopped"], "no_grant");
			assert.equal(parseLines(r.body).length, begunLines);
		}
	}
});

test("a reader who leaves: nothing more is read or told for them", async () => {
	const g = s.grant(who);
	const r = request(s.plain + history, { agent: false, headers: {
		"x-client-cert": s.certificate, authorization: `Bearer ${g.token}` } });
	r.on("error", () => {});
	r.on("response", (a) => a.once("data", () => r.destroy()));
	r.end();
	await s.gateway.until(() => {
		const [b, e] = [s.lines(g, "pull.begun"), s.lines(g, "pull.ended")];
		return b.length > 0 && b.length === e.length;
	}, "its lines");
	await new Promise((done) => setTimeout(done, 1500));
	assert.equal(s.lines(g, "pull.begun").length, 1);
	assert.equal((await s.get(`${path}?limit=1`, g)).status, 200);
});
