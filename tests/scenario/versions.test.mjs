// SPDX-License-Identifier: Apache-2.0
// Two versions of a data set side by side: who names none gets the old one, who
// asks gets the new one; consents, cursors and exports go on; the pages show
// both; what is pushed goes on when the old one is taken away.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { setTimeout as sleep } from "node:timers/promises";
import { guichet, root, temporary } from "../support/ground.mjs";
import { startGranted } from "../support/granted.mjs";

const SET = "energy.contract", path = `/v1/datasets/${SET}`;
let s, g, schemas, adapters, one, two;

// Version 2 has no services, and says the power in watts under another name.
function prepare(adapter) {
	const file = join(schemas, "energy/contract.schema.json");
	one = JSON.parse(readFileSync(file));
	two = structuredClone(one);
	two["x-version"] = 2;
	two.$id = two.$id.replace(/:1$/, ":2");
	delete two.properties.services;
	two.properties.power_w = { ...one.properties.subscribed_power,
		type: "integer", "x-unit": "W", examples: [6000] };
	for (const limit of ["x-plausible", "minimum", "maximum", "exclusiveMinimum"])
		delete two.properties.power_w[limit];
	delete two.properties.subscribed_power;
	two.required = two.required.filter((f) => f in two.properties);
	one["x-deprecated"] = "2026-03-01";
	one["x-sunset"] = "2027-03-01";
	writeFileSync(join(schemas, "energy/contract@1.schema.json"),
		JSON.stringify(one));
	writeFileSync(file, JSON.stringify(two));
	const sql = readFileSync(join(adapter, `${SET}.sql`), "utf8");
	writeFileSync(join(adapter, `${SET}@1.sql`), sql);
	writeFileSync(join(adapter, `${SET}.sql`), sql
		.replace(/c\.puis_sous( +)AS subscribed_power/,
			"(c.puis_sous * 1000)::int$1AS power_w")
		.replace(/ +s\.(names|starts) .*\n/g, ""));
}

before(async () => {
	schemas = temporary();
	adapters = temporary();
	cpSync(join(root, "schemas"), schemas, { recursive: true });
	cpSync(join(root, "adapters"), adapters, { recursive: true });
	prepare(join(adapters, "energy"));
	s = await startGranted({ customers: 4, days: 20,
		settings: { catalogue: { schemas, adapters } } });
	g = s.grant(s.people[0], { datasets: [SET] });
}, { timeout: 60000 });
after(async () => assert.equal(await s?.stop(), 0));

const judge = (schema) => {
	const ajv = formats(new Ajv({ strict: false }));
	return ajv.compile(schema);
};
const ask = (headers, query = "") => s.get(path + query, g, headers);

test("who names no version gets the old one, and hears until when", async () => {
	const r = await ask({});
	assert.equal(r.status, 200, r.text);
	assert.equal(r.headers["guichet-version"], "1");
	assert.equal(r.headers.deprecation,
		`@${Date.parse("2026-03-01T00:00:00Z") / 1000}`);
	assert.equal(r.headers.sunset, "Mon, 01 Mar 2027 00:00:00 GMT");
	assert.match(r.headers.link, /\/data\/energy\.contract@1>; rel="deprecation"/);
	for (const record of r.json.records)
		assert.ok(judge(one)(record) && "subscribed_power" in record);
});

test("who asks for the new one gets it; ranges and refusals as ever", async () => {
	for (const h of [{ "guichet-version": "2" }, { "guichet-version": "9",
		"guichet-version-min": "1" }, { "guichet-version-min": "2" }]) {
		const r = await ask(h);
		assert.equal(r.headers["guichet-version"], "2", JSON.stringify(h));
		assert.equal(r.headers.deprecation, undefined);
		for (const record of r.json.records)
			assert.ok(judge(two)(record) && record.power_w >= 1000,
				JSON.stringify(record));
	}
	assert.equal((await ask({ "guichet-version": "1" }))
		.headers["guichet-version"], "1");
	const none = await ask({ "guichet-version": "9", "guichet-version-min": "3" });
	assert.equal(none.status, 406);
	assert.match(none.json.detail, /2, 1/);
});

test("one consent covers both, each line says which version left", async () => {
	const sets = (await s.get("/v1/datasets", g)).json.datasets;
	assert.deepEqual(sets.map((d) => [d.id, d.version, d.versions]),
		[[SET, 1, [2, 1]]]);
	const ds = new Set(s.lines(g, "pull.begun").map((l) => l.ds));
	assert.deepEqual([...ds].sort(), [`${SET}@1`, `${SET}@2`]);
});

test("a cursor belongs to its version", async () => {
	const next = (await ask({ "guichet-version": "2" }, "?limit=1")).json.next;
	assert.equal((await ask({ "guichet-version": "2" }, `?cursor=${next}`)).status, 200);
	assert.equal((await ask({}, `?cursor=${next}`)).json.code, "bad_cursor");
});

test("an export speaks the version that was asked for", async () => {
	const whole = async (headers) => {
		const r = await s.call("POST", "/v1/exports", g, { headers: {
			"content-type": "application/json", ...headers }, body: "{}" });
		assert.equal(r.status, 202, r.text);
		const at = new URL(r.headers.location, s.plain).pathname;
		for (let i = 0; i < 100; i++) {
			const e = (await s.get(at, g)).json;
			if (e.status === "ready" || e.state === "ready") {
				const part = e.parts[0];
				const href = new URL(part.href ?? part, s.plain).pathname;
				const got = await s.get(href, g);
				return [got.headers["guichet-version"],
					JSON.parse(got.text.split("\n")[0])];
			}
			await sleep(100);
		}
		assert.fail("the export is not ready");
	};
	const [v1, first] = await whole({});
	assert.equal(v1, "1");
	assert.ok("subscribed_power" in first);
	const [v2, second] = await whole({ "guichet-version": "2" });
	assert.equal(v2, "2");
	assert.ok("power_w" in second && !("services" in second));
	assert.equal((await s.call("POST", "/v1/exports", g, { body: "{}", headers: {
		"content-type": "application/json", "guichet-version": "7",
		"guichet-version-min": "3" } })).status, 406);
});

test("the pages document both", async () => {
	const page = async (at) => (await s.get(at, {}, { "accept-language": "en" })).text;
	const newest = await page(`/data/${SET}`), old = await page(`/data/${SET}@1`);
	assert.match(newest, /power_w/);
	assert.match(newest, /href="\/data\/energy\.contract@1"/);
	assert.match(newest, /on its way out since 1 March 2026/);
	assert.match(old, /subscribed_power/);
	assert.match(old, /href="\/data\/energy\.contract"/);
	assert.match(await page("/data"), /also in version 1/);
	assert.deepEqual((await s.get(`/data/${SET}@1/schema.json`, {})).json, one);
	assert.deepEqual((await s.get(`/data/${SET}/schema.json`, {})).json, two);
	for (const at of [`/data/${SET}@3`, `/data/${SET}@`, `/data/${SET}@x`,
		`/data/${SET}@1@1`])
		assert.equal((await s.get(at, {})).status, 404, at);
	const files = join(temporary(), "files");
	const r = guichet("docs", "--static", files, "--config", s.gateway.config);
	assert.equal(r.code, 0, r.err);
	assert.match(readFileSync(join(files, `fr/${SET}@1.html`), "utf8"),
		/href="energy\.contract\.html"/);
});

test("check looks at both, and says what a change means", () => {
	const check = (...args) => guichet("check", "--config", s.gateway.config,
		...args);
	const r = check("--json");
	const out = JSON.parse(r.out);
	assert.deepEqual(out.findings.filter((f) => f.dataset === SET), [], r.out);
	assert.deepEqual(out.datasets.filter((d) => d.id === SET)
		.map((d) => [d.version, d.ok]), [[2, true], [1, true]]);
	assert.match(check("--files").out, /energy\.contract@1/);
	// held against the schemas of before version 2: nobody is broken
	const against = (dir = join(root, "schemas")) => JSON.parse(check("--files",
		"--json", "--against", dir).out).findings.map((f) => f.code);
	assert.deepEqual(against(), []);
	const file = join(schemas, "energy/contract.schema.json");
	const kept = join(schemas, "energy/contract@1.schema.json");
	// a version taken away too early
	const adapter = join(adapters, `energy/${SET}@1.sql`);
	const sql = readFileSync(adapter);
	rmSync(kept);
	rmSync(adapter);
	assert.deepEqual(against(), ["E264"]);
	writeFileSync(kept, JSON.stringify(one));
	writeFileSync(adapter, sql);
	// what is new and delicate was not allowed by those who allowed version 1
	writeFileSync(file, JSON.stringify({ ...two, properties: { ...two.properties,
		door: { ...two.properties.contract, "x-sensitivity": "location" } } }));
	assert.ok(JSON.parse(check("--files", "--json").out).findings
		.some((f) => f.code === "E263" && /'door'/.test(f.cause)));
	// the same version twice
	writeFileSync(file, JSON.stringify({ ...two, "x-version": 1 }));
	assert.ok(JSON.parse(check("--files", "--json").out).findings
		.some((f) => f.code === "E259"));
	writeFileSync(file, JSON.stringify(two));
});
