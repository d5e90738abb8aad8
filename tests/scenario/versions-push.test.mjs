// SPDX-License-Identifier: Apache-2.0
// What is pushed is the oldest version served; when that is taken away, all of it
// comes again in the next one, under the same names, and nothing is lost.
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, temporary } from "../support/ground.mjs";
import { startPushing } from "../support/pushing.mjs";

const SET = "energy.contract", KIND = "org.fing.mesinfos.contract";
let p, schemas, dir;

before(async () => {
	schemas = temporary();
	cpSync(join(root, "schemas"), schemas, { recursive: true });
	p = await startPushing({ sets: [SET], adapt: ({ ground, adapter }) => {
		const file = join(schemas, "energy/contract.schema.json");
		const one = JSON.parse(readFileSync(file));
		dir = adapter;
		writeFileSync(join(schemas, "energy/contract@1.schema.json"),
			JSON.stringify({ ...one, "x-deprecated": "2026-03-01" }));
		one.properties.power = one.properties.subscribed_power;
		delete one.properties.subscribed_power;
		one.required = one.required.filter((name) => name in one.properties);
		writeFileSync(file, JSON.stringify({ ...one, "x-version": 2 }));
		const sql = readFileSync(join(dir, `${SET}.sql`), "utf8");
		writeFileSync(join(dir, `${SET}@1.sql`), sql);
		writeFileSync(join(dir, `${SET}.sql`),
			sql.replace("AS subscribed_power", "AS power"));
		ground.change({ catalogue: { schemas } });
	} });
}, { timeout: 60000 });
after(() => p?.stop());

const kept = () => p.cozy.couch.documents(KIND);
const versions = async () => (await p.lines()).filter((l) =>
	l.ev === "delivery.acked").map((l) => l.ds);

test("the old version is what a Cozy is given", async () => {
	await p.approve(await p.connect([SET]));
	const wanted = p.expected(SET);
	assert.ok(wanted > 0);
	await p.until(() => kept().length === wanted, "contracts");
	assert.ok(kept().every((d) => "subscribed_power" in d));
	assert.deepEqual([...new Set(await versions())], [`${SET}@1`]);
});

test("taken away, it comes again in the new one, under the same names", async () => {
	const names = kept().map((d) => d._id).sort();
	rmSync(join(schemas, "energy/contract@1.schema.json"));
	rmSync(join(dir, `${SET}@1.sql`));
	await p.gateway.reload();
	p.sql("UPDATE guichet.subscription SET due = now()");	// as a change would
	await p.until(() => kept().every((d) => "power" in d &&
		!("subscribed_power" in d)), "version 2");
	assert.deepEqual(kept().map((d) => d._id).sort(), names);
	assert.ok((await versions()).includes(`${SET}@2`));
});
