// SPDX-License-Identifier: Apache-2.0
// What a pull's answer says beside its records: whether anything changed, how
// it is packed, how often one may ask, which version it is, what is missing.
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { root, temporary } from "../support/ground.mjs";
import { startGranted } from "../support/granted.mjs";
import { sql } from "../support/postgres.mjs";

let s, g;
const path = "/v1/datasets/energy.load-curve";

before(async () => {
	// the contract's schema is on its way out; the load curve's is not
	const schemas = temporary();
	cpSync(join(root, "schemas"), schemas, { recursive: true });
	const file = join(schemas, "energy/contract.schema.json");
	writeFileSync(file, JSON.stringify({
		...JSON.parse(readFileSync(file)),
		"x-deprecated": "2026-03-01", "x-sunset": "2027-03-01" }));
	s = await startGranted({ settings: { catalogue: { schemas },
		pull: { calls_per_minute: 40 } } });
	g = s.grant(s.people[0], { datasets: ["energy.load-curve",
		"energy.contract"] });
}, { timeout: 60000 });
after(async () => assert.equal(await s?.stop(), 0));

test("the same again is 304, without a body, and leaves its line", async () => {
	const first = await s.get(`${path}?limit=5`, g);
	assert.equal(first.status, 200, first.text);
	const tag = first.headers.etag;
	assert.match(tag, /^W\/"[\w-]{22}"$/);
	for (const had of [tag, tag.slice(2), `"other", ${tag}`, "*"]) {
		const r = await s.raw(`${path}?limit=5`, g, { "if-none-match": had });
		assert.equal(r.status, 304, had);
		assert.equal(r.body.length, 0);
		assert.equal(r.headers.etag, tag);
		assert.equal(r.headers["content-type"], undefined);
		assert.ok(r.headers["guichet-next"]);
	}
	const lines = s.lines(g, "pull.begun").filter((l) => l.oc === "unchanged");
	assert.equal(lines.length, 4);
	for (const l of lines)
		assert.deepEqual([l.n, l.b], [0, 0]);
	for (const had of ['"x"', "W/x", `W/"${"A".repeat(22)}"`, tag + "x",
		tag.slice(0, -1), '"', "W/", ", ,"]) {
		const r = await s.get(`${path}?limit=5`, g, { "if-none-match": had });
		assert.equal(r.status, had === tag + "x" ? 304 : 200, had);
	}
});

test("another page, form or content is another tag", async () => {
	const tags = await Promise.all([["?limit=5"], ["?limit=4"],
		["?limit=5", { accept: "application/x-ndjson" }]].map(
		async ([q, h]) => (await s.get(path + q, g, h)).headers.etag));
	assert.equal(new Set(tags).size, 3);
	const other = s.grant(s.people[1]);
	const before = await s.get(`${path}?limit=1000`, other);
	const { usage_point, day } = before.json.records[0];
	sql(s.energy.url, `UPDATE si.courbe_jour
		SET date_maj = now(), soutirage[1] = soutirage[1] + 1
		WHERE pdl = '${usage_point}' AND jour = '${day}' AND courante`);
	// until the horizon has passed it, it is neither the old one nor the new
	const later = await s.gateway.until(async () => {
		const r = await s.get(`${path}?limit=1000`, other,
			{ "if-none-match": before.headers.etag });
		return r.status === 200 && r.json.records.length ===
			before.json.records.length && r;
	}, "a correction shows");
	assert.equal(later.json.records.at(-1).day, day);
});

test("packed for whoever can unpack, the same bytes inside", async () => {
	const want = async (coding) => s.raw(`${path}?limit=9`, g,
		coding === undefined ? {} : { "accept-encoding": coding });
	const bare = await want();
	assert.equal(bare.headers["content-encoding"], undefined);
	assert.equal(bare.headers.vary, "Accept-Encoding");
	const records = JSON.parse(bare.body).records;
	for (const coding of ["gzip", "GZIP", "br, gzip;q=0.5", "x-gzip", "*",
		"deflate , gzip ; q=1.0"]) {
		const r = await want(coding);
		assert.equal(r.headers["content-encoding"], "gzip", coding);
		assert.ok(r.body.length * 3 < bare.body.length, "smaller");
		assert.deepEqual(JSON.parse(gunzipSync(r.body)).records, records);
		assert.equal(r.headers.etag, bare.headers.etag);
	}
	for (const coding of ["", "identity", "br", "gzip;q=0", "gzip;q=0.0, *",
		"gzipped", "*;q=0", "zgzip"])
		assert.equal((await want(coding)).headers["content-encoding"],
			undefined, coding);
});

test("how often one may ask is said each time, and kept", async () => {
	const busy = s.grant(s.people[2]);
	let last = 40;
	// a window that ends meanwhile would begin anew: stay within one
	if (60 - Math.floor(Date.now() / 1000) % 60 < 5)
		await new Promise((r) => setTimeout(r, 5500));
	for (let i = 0; i < 40; i++) {
		const r = await s.get(`${path}?limit=1`, busy);
		assert.equal(r.status, 200);
		assert.equal(r.headers["ratelimit-policy"],
			'"minute";q=40;w=60, "day";q=100000;w=86400');
		const [, left, t] = /^"minute";r=(\d+);t=(\d+)$/.exec(
			r.headers.ratelimit);
		assert.equal(Number(left), --last);
		assert.ok(Number(t) >= 1 && Number(t) <= 60);
	}
	const r = await s.get(`${path}?limit=1`, busy);
	assert.deepEqual([r.status, r.json.code], [429, "too_many_calls"]);
	assert.match(r.headers.ratelimit, /^"minute";r=0;t=\d+$/);
	assert.ok(Number(r.headers["retry-after"]) <= 60);
	assert.equal(s.lines(busy, "pull.begun").length, 40);
	// another consent has its own count
	assert.equal((await s.get(`${path}?limit=1`, s.grant(s.people[2])))
		.status, 200);
});

test("a version is chosen, or those there are are named", async () => {
	const ask = (headers) => s.get(`${path}?limit=1`, g, headers);
	assert.equal((await ask({})).headers["guichet-version"], "1");
	for (const h of [{ "guichet-version": "1" },
		{ "guichet-version": "7", "guichet-version-min": "1" }])
		assert.equal((await ask(h)).headers["guichet-version"], "1");
	for (const h of [{ "guichet-version": "2" },
		{ "guichet-version": "9", "guichet-version-min": "2" }]) {
		const r = await ask(h);
		assert.deepEqual([r.status, r.json.code], [406, "no_such_version"]);
		assert.match(r.json.detail, /version 1$/);
	}
	for (const h of [{ "guichet-version": "x" }, { "guichet-version": "0" },
		{ "guichet-version-min": "-1" }])
		assert.equal((await ask(h)).status, 400);
});

test("a version on its way out says until when", async () => {
	const r = await s.get("/v1/datasets/energy.contract", g);
	assert.equal(r.status, 200, r.text);
	assert.equal(r.headers.deprecation,
		`@${Date.parse("2026-03-01T00:00:00Z") / 1000}`);
	assert.equal(r.headers.sunset, "Mon, 01 Mar 2027 00:00:00 GMT");
	assert.match(r.headers.link, /\/data\/energy\.contract@1>; rel="deprecation"/);
	assert.equal((await s.get(path, g)).headers.deprecation, undefined);
});

test("what was not allowed is told, with its reason in both languages",
	async () => {
	const whole = (await s.get(`${path}?limit=1000`, s.grant(s.people[3])))
		.json;
	assert.equal(whole.missing, undefined, JSON.stringify(whole.missing));
	const days = whole.records.map((r) => r.day).sort();
	const narrow = s.grant(s.people[3], { from: days[5], to: days[12] });
	const told = async (query) => (await s.get(path + query, narrow))
		.json.missing?.map(({ why, ...m }) => {
			assert.ok(why.en && why.fr && why.en !== why.fr);
			return m;
		});
	const period = (m) => ({ what: "period", code: "outside_consent", ...m });
	assert.deepEqual(await told(""), [period({ to: days[5] }),
		period({ from: days[12] })]);
	assert.deepEqual(await told(`?from=${days[2]}&to=${days[9]}`),
		[period({ from: days[2], to: days[5] })]);
	assert.equal(await told(`?from=${days[6]}&to=${days[9]}`), undefined);
	const r = await s.get(path, narrow, { accept: "application/x-ndjson" });
	assert.equal(r.headers["guichet-missing"], "outside_consent");
});

test("a field the organisation does not hold is named", async () => {
	const dir = temporary(), sqlfile = join(dir, "energy/energy.load-curve.sql");
	cpSync(join(root, "adapters/energy"), join(dir, "energy"),
		{ recursive: true });
	const text = readFileSync(sqlfile, "utf8");
	writeFileSync(sqlfile, text.replace(/^.*"readings\[\]\.injected".*\n/m, ""));
	s.gateway.change({ catalogue: { ...s.gateway.settings.catalogue,
		adapters: dir }, pull: { calls_per_minute: 0, calls_per_day: 0 } });
	await s.gateway.reload();
	const r = await s.get(`${path}?limit=2`, g);
	assert.deepEqual(r.json.missing.map(({ why, ...m }) => m), [{ what: "field",
		name: "readings[].injected", code: "not_held" }]);
	assert.equal(r.headers.ratelimit, undefined);
	// told once: the pages that follow do not repeat it
	assert.equal((await s.get(`${path}?cursor=${r.json.next}`, g)).json.missing,
		undefined);
});

test("a coarser step is asked for, or was all that is allowed", async () => {
	const whole = s.grant(s.people[3]);
	const told = async (grant, query) => {
		const r = await s.get(`${path}?limit=3${query}`, grant);
		assert.equal(r.status, 200, r.text);
		return { fields: Object.keys(r.json.records[0]),
			missing: (r.json.missing ?? []).filter((m) => m.code === "coarser")
				.map((m) => [m.what, m.name]) };
	};
	const fine = await told(whole, ""), day = await told(whole,
		"&granularity=P1D");
	assert.ok(fine.fields.includes("readings"));
	assert.ok(!day.fields.includes("readings"));
	assert.deepEqual(day.missing, [], "it is what was asked for");
	const coarse = s.grant(s.people[3], { granularity: "P1D" });
	for (const query of ["", "&granularity=PT30M"]) {
		const r = await told(coarse, query);
		assert.ok(!r.fields.includes("readings"));
		assert.ok(r.missing.some(([what, name]) => what === "field" &&
			name === "readings"), JSON.stringify(r.missing));
	}
	assert.deepEqual((await told(coarse, "&granularity=P1D")).missing, []);
	let r = await s.get(`${path}?granularity=P7D`, whole);
	assert.deepEqual([r.status, r.json.code], [400, "bad_granularity"]);
	assert.match(r.json.detail, /PT30M, P1D/);
	r = await s.get("/v1/datasets/energy.contract?granularity=P1D", g);
	assert.deepEqual([r.status, r.json.code], [400, "bad_granularity"]);
});

test("what the organisation does not keep, and accounts that are not given",
	async () => {
	const dir = temporary();
	cpSync(join(root, "adapters/energy"), join(dir, "energy"),
		{ recursive: true });
	const conf = join(dir, "energy/source.conf");
	writeFileSync(conf, `${readFileSync(conf, "utf8")}keeps_days = 30\n`);
	writeFileSync(join(dir, "energy/accounts.sql"), `SELECT c.pdl AS account,
		min(c.pdl) AS label, CASE WHEN c.pdl = 'P2' THEN 'removed_meter'
		WHEN c.pdl = 'P3' THEN 'in dispute' END AS reason
		FROM (SELECT pdl, id_client FROM crm.contrat UNION
			SELECT 'P' || n, :customer FROM generate_series(2, 4) AS n) AS c
		WHERE c.id_client = :customer GROUP BY c.pdl`);
	const sql_file = join(dir, "energy/customers.sql");
	writeFileSync(sql_file, readFileSync(sql_file, "utf8").replace("'left' END",
		`'left' WHEN i.id_client = '${s.people[1]}' THEN 'minor' END`));
	s.gateway.change({ catalogue: { ...s.gateway.settings.catalogue,
		adapters: dir }, pull: { calls_per_minute: 0, calls_per_day: 0 } });
	await s.gateway.reload();
	const old = new Date(Date.now() - 90 * 864e5).toISOString().slice(0, 10);
	const r = await s.get(`${path}?from=${old}`, g);
	const [m] = r.json.missing.filter((x) => x.code === "before_retention");
	assert.deepEqual([m.what, m.from, m.to], ["period", old, new Date(Date.now()
		- 30 * 864e5).toISOString().slice(0, 10)]);
	assert.ok(m.why.en !== m.why.fr);
	const young = new Date(Date.now() - 9 * 864e5).toISOString().slice(0, 10);
	assert.equal((await s.get(`${path}?from=${young}`, g)).json.missing,
		undefined);
	assert.match((await s.get("/data/energy.load-curve", {})).text, /30 (days|jours)/);
	const list = async (grant) => Object.fromEntries((await s.get("/v1/datasets",
		grant)).json.datasets.map((d) => [d.id, d.missing?.map(
			({ why, ...x }) => { assert.ok(why.fr); return x; })]));
	const all = (await list(g))["energy.load-curve"];
	assert.deepEqual(all, [{ what: "account", name: "P2", code: "removed_meter",
		reason: "removed_meter" }, { what: "account", name: "P3",
		code: "account_closed", reason: "in dispute" }]);
	assert.equal((await list(g))["energy.contract"]?.length ?? 0,
		JSON.parse(readFileSync(join(root,
			"schemas/energy/contract.schema.json")))["x-account"] ? 2 : 0);
	const one = (await list(s.grant(s.people[0], { accounts: ["P4"] })))[
		"energy.load-curve"];
	assert.equal(one.length, 1);
	assert.equal(one[0].code, "account_not_allowed");
	assert.ok(one[0].count >= 3);
	assert.equal(one[0].name, undefined, "what she kept is not named");
	const minor = (await list(s.grant(s.people[1])))["energy.load-curve"];
	assert.deepEqual(minor[0], { what: "dataset", name: "energy.load-curve",
		code: "not_eligible", reason: "minor" });
});
