// SPDX-License-Identifier: Apache-2.0
// A customer takes her own data away, without any recipient: every record, in
// forms that others read, each time with its line before the first byte.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { root, temporary } from "../support/ground.mjs";
import { startCounter } from "../support/oauth.mjs";
import { energySource } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";

let counter, camille, source, ref, db;
const id = "energy.load-curve";

before(async () => {
	counter = await startCounter({ settings: {
		catalogue: energySource({ days: 400 }),
		log: { level: "info" }, pull: { downloads_per_hour: 20 } } });
	db = counter.db.url;
	source = /^url = (.*)$/m.exec(readFileSync(
		`${counter.settings.catalogue.adapters}/energy/source.conf`, "utf8"))[1];
	ref = counter.people[0].reference;
	sql(source, `UPDATE crm.client SET top_opposition = 'N', top_tutelle = 'N'
		WHERE id_client = '${ref}'`);
	camille = await counter.customer(0);
});
after(() => counter?.stop());

const take = (set, form, who = camille) =>
	who.ask(`/me/data/${set}?form=${form}`);
// As any spreadsheet reads it: Python's csv, not ours.
const rows = (text) => {
	const file = join(temporary(), "rows.csv");
	writeFileSync(file, text);
	return JSON.parse(execFileSync("python3", ["-c", `import csv, json, sys
with open(sys.argv[1], newline="", encoding="utf-8-sig") as f:
    print(json.dumps(list(csv.DictReader(f))))`, file], { maxBuffer: 1 << 26 }));
};
const lines = (event) => sql(db, `SELECT convert_from(leaf, 'UTF8')
	FROM guichet.journal_line WHERE convert_from(leaf, 'UTF8') LIKE
	'%"${event}"%' ORDER BY id`).split("\n").filter(Boolean).map(JSON.parse);

test("the page lists what there is, in two forms each", async () => {
	const page = (await camille.ask("/me/data")).text;
	assert.match((await camille.ask("/me")).text, /href="\/me\/data"/);
	for (const form of ["csv", "json"])
		assert.ok(page.includes(`/me/data/${id}?form=${form}`));
	const stranger = await counter.ask("/me/data");
	assert.equal(stranger.status, 303);
	assert.equal((await counter.ask(`/me/data/${id}`)).status, 303);
});

test("JSON, lines and CSV hold the same records; each fits its schema",
	async () => {
	const r = await take(id, "json");
	assert.equal(r.status, 200, r.text);
	assert.match(r.headers["content-disposition"], /load-curve\.json/);
	const ajv = new Ajv2020({ strict: false });
	formats(ajv);
	const valid = ajv.compile(JSON.parse(readFileSync(join(root,
		`schemas/energy/load-curve.schema.json`))));
	assert.ok(r.json.length > 300);		// more than a page
	for (const record of r.json)
		assert.ok(valid(record), JSON.stringify(valid.errors));
	const l = await take(id, "jsonl");
	assert.deepEqual(l.text.trim().split("\n").map(JSON.parse), r.json);
	const c = await take(id, "csv");
	const table = rows(c.text);
	assert.equal(table.length, r.json.reduce((n, x) => n + x.readings.length, 0));
	assert.equal(Number(table[0]["readings[].energy"]),
		r.json[0].readings[0].energy);
	assert.equal(table.at(-1).day, r.json.at(-1).day);
	const flat = await take("energy.contract", "json");
	const same = rows((await take("energy.contract", "csv")).text);
	assert.equal(same.length, flat.json.length);
	assert.equal(same[0]["tariff.name"] ?? "", flat.json[0].tariff?.name ?? "");
	assert.ok(flat.json.every((x) => x.customer === ref));
});

test("each is told: one line before, one after, and on her page", async () => {
	await counter.until(() => lines("download.ended").length === 5, "ended");
	const begun = lines("download.begun"), ended = lines("download.ended");
	assert.equal(begun.length, 5);
	assert.ok(begun.every((l) => l.act === "customer" && l.tag));
	assert.ok(ended.every((l) => l.oc === "complete" && l.n > 0 && l.b > 0));
	assert.match((await camille.ask("/me")).text,
		/Vous avez téléchargé vos données/);
});

test("a cell never becomes a formula", async () => {
	sql(source, `UPDATE crm.client SET nom = '=HYPERLINK("http://x";"y")'`);
	const r = await take("energy.contract", "csv");
	assert.match(r.text, /"'=HYPERLINK\(""http/);
	assert.ok(!/(^|[,\n])"?=/.test(r.text));
});

test("what cannot be had is said plainly", async () => {
	assert.equal((await take("energy.nothing", "csv")).status, 404);
	assert.equal((await take(id, "xls")).status, 400);
	sql(source, `UPDATE crm.client SET top_tutelle = 'O'
		WHERE id_client = '${ref}'`);
	const r = await take(id, "csv");
	assert.equal(r.status, 403);
	sql(source, `UPDATE crm.client SET top_tutelle = 'N', top_opposition = 'O'
		WHERE id_client = '${ref}'`);
	assert.equal((await take(id, "csv")).status, 200);	// sharing is not taking
	sql(source, "ALTER TABLE crm.client RENAME TO hidden");
	assert.equal((await take(id, "csv")).status, 500);
	sql(source, "ALTER TABLE crm.hidden RENAME TO client");
});

test("meters that are not hers to give are left out; none left, nothing goes",
	async () => {
		const file = `${counter.settings.catalogue.adapters}/energy/accounts.sql`;
		const text = readFileSync(file, "utf8");
		const settle = async (content) => {
			writeFileSync(file, content);
			await counter.reload();
		};
		assert.ok((await take(id, "json")).json.length > 300);
		await settle(text.replace(" AS label", " AS label,\n       " +
			"'removed_meter'::text AS reason"));
		assert.deepEqual((await take(id, "json")).json, []);
		await settle(text);
	});

test("a long history flows: memory stays flat", async () => {
	const rss = () => Math.max(...counter.pids("web").map((p) => Number(
		/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${p}/status`, "utf8"))[1])));
	const before = rss();
	const r = await take(id, "csv");
	assert.ok(r.text.length > 1e6, String(r.text.length));
	assert.ok(rss() - before < 8192, `${before} ${rss()} kB`);
});

test("cut short, it is seen to be: the source goes away half-way", async () => {
	// the second page is refused: its table is gone
	sql(source, `CREATE FUNCTION ref.stop() RETURNS int STABLE LANGUAGE plpgsql AS
		'BEGIN RAISE EXCEPTION ''gone''; END'`);
	const file = `${counter.settings.catalogue.adapters}/energy/${id}.sql`;
	const text = readFileSync(file, "utf8");
	writeFileSync(file, text.replace("k.conso_wh                ",
		`CASE WHEN k.jour < (SELECT max(jour) - 30 FROM si.courbe_jour)
			THEN k.conso_wh ELSE ref.stop() END `));
	await counter.reload();
	await assert.rejects(take(id, "json"), /aborted|hang up|terminated/);
	await counter.until(() => lines("download.ended").at(-1).oc === "aborted",
		"told");
	writeFileSync(file, text);
});

test("so many an hour; another customer has hers", async () => {
	let r;
	for (let i = 0; i < 20 && r?.status !== 429; i++)
		r = await take("energy.customer", "csv");
	assert.equal(r.status, 429);
	assert.ok(Number(r.headers["retry-after"]) > 0);
	const other = await counter.customer(1);
	assert.equal((await take("energy.customer", "csv", other)).status, 200);
});
