// SPDX-License-Identifier: Apache-2.0
// What a PIMS asks for beside pages: which of its consents have news, one call
// for all of them; and all of a customer's records, prepared in the background,
// of which only places are kept.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import Ajv2020 from "ajv/dist/2020.js";
import formats from "ajv-formats";
import pg from "pg";
import { root } from "../support/ground.mjs";
import { startGranted } from "../support/granted.mjs";
import { sql } from "../support/postgres.mjs";

let s;
const curve = "energy.load-curve";
const described = JSON.parse(readFileSync(join(root,
	"gateway/pages/assets/openapi.json")));
const ajv = new Ajv2020({ strict: false });
formats(ajv);
ajv.addSchema(described, "api");
const holds = (name, value) => {
	const judge = ajv.compile({ $ref: `api#/components/schemas/${name}` });
	assert.ok(judge(value), `${name}: ${JSON.stringify(judge.errors)}`);
	return value;
};

before(async () => {
	s = await startGranted({ customers: 5, days: 1150, settings: {
		watch: { horizon_margin_ms: 0, interval_ms: 200 },
		pull: { calls_per_minute: 0, calls_per_day: 0 } } });
}, { timeout: 120000 });
after(async () => assert.equal(await s?.stop(), 0));

// ---- the feed ----

const feed = async (g, query = "") => {
	const r = await s.get(`/v1/feed${query}`, g);
	assert.equal(r.status, 200, r.text);
	return holds("Feed", r.json);
};
// A transaction that runs elsewhere in the cluster holds news back a moment.
const fed = (g, n, cursor) => s.gateway.until(async () => {
	const page = await feed(g, cursor ? `?cursor=${cursor}` : "");
	return page.news.length >= n && page;
}, `${n} news`);
const touch = (who) => sql(s.energy.url, `UPDATE si.courbe_jour AS k
	SET date_maj = now() FROM crm.rattachement AS r
	WHERE r.pdl = k.pdl AND r.id_client = '${who}' AND k.courante
	AND k.jour = (SELECT max(jour) FROM si.courbe_jour WHERE pdl = r.pdl)`);
const names = (page) => page.news.map((n) => [n.grant_id,
	n.dataset ?? n.state]);

test("one call tells of all a PIMS' consents, and of nobody else's", async () => {
	const [a, b, c] = s.people.slice(0, 3).map((p) => s.grant(p, {
		datasets: [curve, "energy.contract"] }));
	const other = s.grant(s.people[0], { client: "other" });
	const all = await fed(a, 9);
	assert.deepEqual(names(all).sort(), [a, b, c].flatMap((g) =>
		[[g.id, curve], [g.id, "energy.contract"], [g.id, "active"]]).sort());
	assert.deepEqual(names(await feed(b)), names(all), "whichever token");
	assert.deepEqual(names(await fed(other, 2)).sort(), [[other.id, "active"],
		[other.id, curve]].sort());
	const quiet = await feed(a, `?cursor=${all.next}`);
	assert.deepEqual([quiet.news, quiet.more], [[], false]);
	// somebody's records change: that consent and data set
	touch(s.people[1]);
	const told = await fed(a, 1, quiet.next);
	assert.deepEqual(names(told), [[b.id, curve]]);
	// and what the feed tells of can be pulled at once
	const last = (await paged(b, curve)).at(-1);
	assert.ok(Date.parse(last.changed) > Date.now() - 60e3);
	// a consent that ends, pauses, resumes is news
	sql(s.own.url, `UPDATE guichet.grants SET state = 'paused'
		WHERE id = '${c.id}'`);
	const paused = await fed(a, 1, told.next);
	assert.deepEqual(names(paused), [[c.id, "paused"]]);
	sql(s.own.url, `UPDATE guichet.grants SET state = 'active'
		WHERE id = '${c.id}'`);
	const resumed = await fed(a, 3, paused.next);
	assert.deepEqual(names(resumed).sort(), [[c.id, "active"], [c.id, curve],
		[c.id, "energy.contract"]].sort());
	sql(s.own.url, `UPDATE guichet.grants SET state = 'withdrawn'
		WHERE id = '${c.id}'`);
	assert.deepEqual(names(await fed(a, 1, resumed.next)),
		[[c.id, "withdrawn"]]);
	assert.deepEqual(names(await feed(a)).filter(([id]) => id === c.id),
		[[c.id, "withdrawn"]]);
	// its own end, too: then another token asks
	assert.equal((await s.get("/v1/feed", c)).status, 401);
});

test("page by page, and none is passed over by a slow transaction", async () => {
	const g = s.grant(s.people[0]);
	let page = await feed(g);
	while (!names(page).some(([id, what]) => id === g.id && what === curve))
		page = await feed(g);
	const whole = names(page);
	const seen = [];
	for (let cursor = "", more = true; more; more = page.more) {
		page = await feed(g, `?limit=2${cursor}`);
		assert.ok(page.news.length <= 2);
		seen.push(...names(page));
		cursor = `&cursor=${page.next}`;
	}
	assert.deepEqual(seen, whole);
	// a change whose transaction began first and commits last
	const slow = new pg.Client({ connectionString: s.own.url });
	await slow.connect();
	const { next } = await feed(g);
	await slow.query("BEGIN");
	await slow.query(`UPDATE guichet.news SET xid = pg_current_xact_id(),
		at = now() WHERE grant_id = '${g.id}' AND dataset = '${curve}'`);
	const late = s.grant(s.people[2]);
	const meanwhile = await feed(g, `?cursor=${next}`);
	assert.deepEqual(meanwhile.news, [], "not before the older one is known");
	await slow.query("COMMIT");
	await slow.end();
	const then = names(await fed(g, 3, meanwhile.next));
	assert.deepEqual(then[0], [g.id, curve]);
	assert.deepEqual(then.slice(1).sort(), [[late.id, "active"],
		[late.id, curve]].sort());
});

test("each call of the feed leaves its line, before its answer", async () => {
	const g = s.grant(s.people[0]);
	const page = await feed(g);
	const lines = s.lines(g, "feed.read");
	assert.equal(lines.length, 1);
	assert.equal(lines[0].n, page.news.length);
	assert.equal(lines[0].to, "pims");
	for (const [query, code] of [["?limit=0", "bad_limit"],
		["?limit=1001", "bad_limit"], ["?cursor=x", "bad_cursor"],
		["?limit=1&limit=2", "bad_request"]]) {
		const r = await s.get(`/v1/feed${query}`, g);
		assert.deepEqual([r.status, r.json.code], [400, code], query);
	}
	// another PIMS' place is none of ours
	const other = s.grant(s.people[0], { client: "other" });
	assert.equal((await s.get(`/v1/feed?cursor=${page.next}`, other)).status,
		400);
	assert.equal((await s.get("/v1/feed", { token: "x" })).status, 401);
	assert.equal(s.lines(g, "feed.read").length, 1, "no line for a refusal");
	// no grant, no feed: the gate looks again
	sql(s.own.url, `UPDATE guichet.grants SET expires = now()
		WHERE id = '${g.id}'`);
	assert.ok([401, 403].includes((await s.get("/v1/feed", g)).status));
});

// ---- exports ----

const ask = (g, body) => s.call("POST", "/v1/exports", g, {
	headers: { "content-type": "application/json" },
	body: body === undefined ? undefined : JSON.stringify(body) });
const look = (g, id) => s.get(`/v1/exports/${id}`, g);
const ready = (g, id) => s.gateway.until(async () => {
	const r = await look(g, id);
	assert.ok([200, 202].includes(r.status), r.text);
	holds("Export", r.json);
	assert.equal(r.headers["retry-after"], r.status === 202 ? "1" : undefined);
	return r.status === 200 && r.json;
}, "the export is ready");
const local = (href) => new URL(href).pathname;
async function fetched(g, told) {
	const lines = {};
	for (const p of told.parts) {
		const r = await s.raw(local(p.href), g, { "accept-encoding": "gzip" });
		assert.equal(r.status, 200, r.body.toString());
		const text = (r.headers["content-encoding"] === "gzip" ?
			gunzipSync(r.body) : r.body).toString();
		assert.equal(Buffer.byteLength(text), p.bytes);
		const records = text.trimEnd().split("\n").map((l) => JSON.parse(l));
		assert.equal(records.length, p.records);
		(lines[p.dataset] ??= []).push(...records);
	}
	return lines;
}
async function paged(g, dataset, query = "") {
	const records = [];
	for (let cursor = "", page; !page || page.more;) {
		page = (await s.get(`/v1/datasets/${dataset}?limit=1000${query}${cursor}`,
			g)).json;
		records.push(...page.records);
		cursor = `&cursor=${page.next}`;
	}
	return records;
}

test("everything that is allowed, the same as page by page", async () => {
	const g = s.grant(s.people[0], { datasets: [curve, "energy.contract",
		"energy.invoice", "energy.gas-daily"] });
	const r = await ask(g);
	assert.equal(r.status, 202, r.text);
	assert.equal(new URL(r.headers.location).pathname,
		`/v1/exports/${r.json.id}`);
	const told = await ready(g, r.json.id);
	assert.equal(told.state, "ready");
	const got = await fetched(g, told);
	for (const d of told.datasets) {
		assert.deepEqual(got[d.dataset] ?? [], await paged(g, d.dataset),
			d.dataset);
		assert.equal(d.records, (got[d.dataset] ?? []).length);
		if (d.next)		// and from there as from any page
			assert.deepEqual((await s.get(`/v1/datasets/${d.dataset}?cursor=${
				d.next}`, g)).json.records, []);
	}
	assert.ok(got[curve].length > 700);
	// each part is a pull in the journal, before and after
	const begun = s.lines(g, "pull.begun").filter((l) =>
		l.ds.startsWith(curve) && l.n > 0);
	assert.ok(begun.some((l) => l.n === told.parts.find((p) =>
		p.dataset === curve).records));
	assert.equal(s.lines(g, "export.asked").length, 1);
	// what is kept is places, never records
	const kept = sql(s.own.url, `SELECT string_agg(to_jsonb(e)::text ||
		(SELECT string_agg(to_jsonb(p)::text, '') FROM guichet.export_part AS p
		  WHERE p.export_id = e.id), '') FROM guichet.export AS e`);
	assert.ok(kept.includes(curve));
	for (const value of [got[curve][0].usage_point, s.people[0],
		got["energy.contract"][0].contract_id ??
		Object.values(got["energy.contract"][0])[0]])
		assert.ok(!kept.includes(`"${value}"`), value);
	assert.equal((await s.call("DELETE", `/v1/exports/${told.id}`, g)).status,
		204);
	assert.equal((await look(g, told.id)).status, 404);
	assert.equal((await s.get(local(told.parts[0].href), g)).status, 404);
	assert.equal(s.lines(g, "export.dropped").length, 1);
});

test("a period and a coarser step, within what is allowed", async () => {
	const g = s.grant(s.people[1], { from: "2025-01-01" });
	const days = (await paged(g, curve)).map((r) => r.day).sort();
	const [from, to] = [days[20], days[90]];
	const r = await ask(g, { datasets: [curve], from, to,
		granularity: "P1D" });
	const told = await ready(g, r.json.id);
	const got = (await fetched(g, told))[curve].sort((x, y) =>
		x.day < y.day ? -1 : 1);
	assert.deepEqual([got[0].day, got.at(-1).day],
		[from, days[89]]);
	assert.ok(got.every((x) => x.readings === undefined));
});

test("many parts; a walker that dies is followed by another", async () => {
	// who held a meter longest: more than the thousand records of a part
	const g = s.grant(sql(s.energy.url, `SELECT id_client
		FROM crm.rattachement AS r JOIN si.courbe_jour AS k ON k.pdl = r.pdl
		 AND k.courante AND k.jour BETWEEN r.date_deb AND r.date_fin
		GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`));
	const r = await ask(g, { datasets: [curve] });
	// as a walker leaves it that ended just after its claim
	sql(s.own.url, `UPDATE guichet.export SET owner = 'dead',
		state = 'walking', lease_until = now() + interval '1 s'
		WHERE id = '${r.json.id}' AND state <> 'ready'`);
	const [watch] = s.gateway.pids("watch");
	process.kill(watch, "SIGKILL");
	const told = await ready(g, r.json.id);
	assert.ok(told.parts.length > 1, `${told.parts.length} part`);
	assert.deepEqual((await fetched(g, told))[curve], await paged(g, curve));
});

test("a consent that ends takes its exports along", async () => {
	const g = s.grant(s.people[0]), r = await ask(g);
	const told = await ready(g, r.json.id);
	sql(s.own.url, `UPDATE guichet.grants SET state = 'withdrawn',
		ended = now() WHERE id = '${g.id}'`);
	await s.gateway.until(async () => [401, 403].includes((await s.get(
		local(told.parts[0].href), g)).status), "nothing leaves");
});

test("what cannot be asked is refused and says why", async () => {
	const g = s.grant(s.people[0]);
	for (const [body, status, said] of [
		[[], 400, /one JSON object/], [{ datasets: "x" }, 400, /list of names/],
		[{ datasets: [] }, 400, /list of names/], [{ datasets: [1] }, 400, /list/],
		[{ more: 1 }, 400, /no more/], [{ from: 1 }, 400, /are texts/],
		[{ from: "yesterday" }, 400, /are days/],
		[{ datasets: ["energy.contract"] }, 403, /covers/],
		[{ datasets: ["none"] }, 403, /covers/]]) {
		const r = await ask(g, body);
		assert.equal(r.status, status, JSON.stringify(body));
		assert.match(r.json.detail, said);
	}
	for (const id of ["x", "00000000-0000-0000-0000-000000000000"])
		for (const path of [`/v1/exports/${id}`, `/v1/exports/${id}/parts/1`])
			assert.equal((await s.get(path, g)).status, 404);
	const mine = (await ask(g)).json.id, other = s.grant(s.people[1]);
	await ready(g, mine);
	assert.equal((await look(other, mine)).status, 404);
	assert.equal((await s.get(`/v1/exports/${mine}/parts/1`, other)).status, 404);
	assert.equal((await s.call("DELETE", `/v1/exports/${mine}`, other)).status,
		404);
	for (const n of ["0", "x", "99", "-1"])
		assert.equal((await s.get(`/v1/exports/${mine}/parts/${n}`, g)).status,
			404);
	for (let i = 1; i < 5; i++)
		assert.equal((await ask(g)).status, 202);
	const r = await ask(g);
	assert.deepEqual([r.status, r.json.code], [429, "too_many_calls"]);
	// their day over, they go
	sql(s.own.url, `UPDATE guichet.export SET expires = now()
		WHERE grant_id = '${g.id}'`);
	await s.gateway.until(async () => sql(s.own.url, `SELECT count(*) FROM
		guichet.export WHERE grant_id = '${g.id}'`) === "0", "they are gone");
	assert.equal((await ask(g)).status, 202);
});
