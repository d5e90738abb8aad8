// SPDX-License-Identifier: Apache-2.0
// What becomes of customers: one who objects, dies or leaves has her grants
// ended by us, with the reason; one who goes by another reference keeps them;
// two who were merged are never shown each other's records; a source that is
// away ends nothing.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Customer, pause, startCounter } from "../support/oauth.mjs";
import { addCustomer, energySource } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";

let counter, alpha, db, source, refs;

before(async () => {
	const catalogue = energySource({ customers: 24, days: 3 });
	const dir = `${catalogue.adapters}/energy`;
	source = /^url = (.*)$/m.exec(readFileSync(`${dir}/source.conf`,
		"utf8"))[1];
	refs = sql(source, `SELECT DISTINCT id_client FROM crm.contrat
		WHERE id_client > 'SYN-00000002' ORDER BY 1`).split("\n");
	// a table of who became whom, and of who died
	sql(source, `CREATE SCHEMA life;
		CREATE TABLE life.change (was text, is_now text, died boolean);
		GRANT USAGE ON SCHEMA life TO PUBLIC; GRANT SELECT ON life.change TO PUBLIC`);
	writeFileSync(`${dir}/customers.sql`, `SELECT coalesce(l.is_now, i.id_client)
			AS customer,
		CASE WHEN l.died THEN 'deceased'
			WHEN i.top_opposition = 'O' THEN 'opposition'
			WHEN i.id_client = '${refs[9]}' THEN 'cohort' END AS reason
		FROM crm.client AS i LEFT JOIN life.change AS l ON l.was = i.id_client
		WHERE i.id_client = :customer`);
	counter = await startCounter({ settings: { catalogue,
		consent: { lives_interval_ms: 300 } } });
	db = counter.db.url;
	alpha = counter.register("alpha");
	sql(source, "UPDATE crm.client SET top_opposition = 'N'");
});
after(() => counter?.stop());

async function customer(n) {
	const ref = refs[n], login = `c${n}`;
	addCustomer(db, login, login, ref);
	const c = new Customer(counter, { login, password: login });
	await c.signIn();
	return { c, ref, tokens: await alpha.connect(c) };
}
const grant = (t) => sql(db, `SELECT state || ' ' || coalesce(ended_by, '')
	FROM guichet.grants WHERE id = '${t.grant_id}'`);
const until = (t, what) => counter.until(() => grant(t) === what, what);

test("one who objects: it ends, by us, with the reason", async () => {
	const { c, ref, tokens } = await customer(0);
	assert.equal((await alpha.get("/v1/datasets", tokens.access_token)).status,
		200);
	sql(source, `UPDATE crm.client SET top_opposition = 'O'
		WHERE id_client = '${ref}'`);
	await until(tokens, "withdrawn system");
	await pause(900);
	assert.equal((await alpha.get("/v1/datasets", tokens.access_token)).status,
		401);
	assert.match((await c.ask("/me")).text, /class="state withdrawn"/);
	assert.ok(sql(db, `SELECT convert_from(side, 'UTF8') FROM
		guichet.journal_line WHERE grant_id = '${tokens.grant_id}' AND
		convert_from(leaf, 'UTF8') LIKE '%consent.withdrawn%'`)
		.includes("opposition"));
});

test("one who died: it ends too", async () => {
	const { ref, tokens } = await customer(1);
	sql(source, `INSERT INTO life.change VALUES ('${ref}', NULL, true)`);
	await until(tokens, "withdrawn system");
});

test("one outside the opening cohort is told so, and can give nothing",
	async () => {
	addCustomer(db, "c12", "c12", refs[9]);
	const c = new Customer(counter, { login: "c12", password: "c12" });
	await c.signIn();
	const pushed = await alpha.par();
	const page = await c.open(alpha, pushed.json.request_uri);
	assert.match(page.text, /ouvre peu à peu/);
	assert.ok(!page.text.includes('name="dataset"'));
});

test("another reference: she keeps her grant, and it reads the new one",
	async () => {
	const { ref, tokens } = await customer(2);
	sql(source, `INSERT INTO life.change VALUES ('${ref}', '${refs[3]}', false)`);
	await counter.until(() => sql(db, `SELECT count(*) FROM guichet.subject
		WHERE customer = '${refs[3]}'`) === "1", "renamed");
	assert.match(grant(tokens), /^active/);
	await pause(900);
	const r = await alpha.get("/v1/datasets/energy.contract",
		tokens.access_token);
	assert.ok(r.json.records.length > 0);
	assert.ok(r.json.records.every((x) => x.customer === refs[3]));
});

test("merged into somebody who is here: it ends rather than mix two people",
	async () => {
	const kept = await customer(4), gone = await customer(5);
	sql(source, `INSERT INTO life.change VALUES ('${gone.ref}', '${kept.ref}',
		false)`);
	await until(gone.tokens, "withdrawn system");
	assert.match(grant(kept.tokens), /^active/);
});

test("a source that is away ends nothing", async () => {
	const { tokens } = await customer(6);
	sql(source, "ALTER TABLE life.change RENAME TO hidden");
	await pause(1500);
	assert.match(grant(tokens), /^active/);
	sql(source, "ALTER TABLE life.hidden RENAME TO change");
});
