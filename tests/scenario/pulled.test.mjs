// SPDX-License-Identifier: Apache-2.0
// Real records, as a PIMS gets them: five people allow everything on the real
// pages; every record pulled is valid under its schema (ajv) and is the one
// that psql and the adapter's SQL give. The house is the demo's.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { temporary } from "../support/ground.mjs";
import { judge, records, schemas } from "../support/records.mjs";
import { urlOf } from "../support/postgres.mjs";

process.env.GUICHET_DEMO_DIR = join(temporary(), "demo");
const { House } = await import("../../deploy/demo/house.mjs");
const { Browser } = await import("../../deploy/demo/browser.mjs");
const { details, WISHES } = await import("../../deploy/demo/pims.mjs");
const { choose, signIn } = await import("../../deploy/demo/tour.mjs");

const house = new House((name, step) => step(), { any: true });
before(() => house.build());
after(() => house.leave());

async function allow(who, datasets) {
	const browser = new Browser(house.ca);
	const s = await house.pims.begin(details());
	const back = new URL(house.redirect);

	await browser.open(s.to);
	await signIn(browser, who);
	const form = browser.form("dataset");
	await browser.send(form, choose(form, datasets),
		(b) => b.value === "allow",
		{ stop: (url) => url.host === back.host });
	await house.pims.complete(s, browser.at.url);
	return s;
}

// Instants may be written with another offset: compare them as instants.
const plain = (record) => JSON.parse(JSON.stringify(record), (k, v) =>
	typeof v === "string" && /^\d{4}-\d\d-\d\dT/.test(v) ? Date.parse(v) : v);
const keyed = (list, schema) => new Map(list.map((r) =>
	[schema["x-natural-key"].map((k) => r[k]).join(" "), r]));

for (const login of ["camille", "nadia", "yannick", "germaine", "solene"])
	test(`${login}: each record pulled is valid, and is the source's`, async () => {
		const who = house.customers.find((c) => c.login === login);
		const s = await allow(who, WISHES);
		for (const schema of schemas().filter((x) => WISHES.includes(x["x-id"]))) {
			const id = schema["x-id"], valid = judge(schema);
			const url = urlOf(house.cluster, id.split(".")[0]);
			const got = (await house.pims.pull(s, id)).records;
			const want = keyed(records(url, id, who.reference), schema);

			assert.equal(got.length, want.size, id);
			for (const r of got)
				assert.ok(valid(r), `${id}: ${JSON.stringify(valid.errors)}`);
			for (const [key, r] of keyed(got, schema))
				assert.deepEqual(plain(r), plain(want.get(key)), `${id} ${key}`);
			const times = got.map((r) => Date.parse(r.changed));
			assert.deepEqual(times, times.toSorted((a, b) => a - b));
		}
	});

test("a person sees what is hers alone", async () => {
	const [a, b] = house.customers;
	const s = await allow(a, ["energy.contract", "telecom.contract"]);
	for (const id of ["energy.contract", "telecom.contract"])
		for (const r of (await house.pims.pull(s, id)).records) {
			assert.equal(r.customer, a.reference);
			assert.notEqual(r.customer, b.reference);
		}
});

test("demo.json says what scripts need", async () => {
	const { readFileSync } = await import("node:fs");
	const told = JSON.parse(readFileSync(
		join(process.env.GUICHET_DEMO_DIR, "demo.json"), "utf8"));
	for (const k of ["issuer", "resource", "journal", "admin", "ca", "database",
		"config"])
		assert.equal(typeof told[k], "string", k);
	assert.ok(readFileSync(told.ca) && readFileSync(told.config));
	assert.ok(told.customers.length >= 10 && told.customers.every((c) =>
		c.login && c.password && c.reference));
	assert.ok(JSON.parse(readFileSync(told.client.key)).d);
	assert.ok(told.client.client_id && told.client.redirect_uri);
});
