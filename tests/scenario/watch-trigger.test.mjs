// SPDX-License-Identifier: Apache-2.0
// capture = trigger: the DDL of `guichet adapter triggers` is run as it is
// printed, and its rows wake the customers. What commits late is
// captures.test.mjs's.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { guichet } from "../support/ground.mjs";
import { days, stale } from "../support/stale.mjs";
import { sql } from "../support/postgres.mjs";
import { startPushing } from "../support/pushing.mjs";

const CURVE = "fr.enedis.api.meteringdata.loadcurve";
const LONG_MS = 6000;		// the poll comes later than a notification
let p, ddl;

export const changedByTrigger = `-- Whose load curves changed, by their rows.
SELECT r.id_client AS customer, g.at AS changed
  FROM changes AS g
  JOIN crm.rattachement AS r ON r.pdl = g.key ->> 'pdl'
   AND (g.key ->> 'jour')::date BETWEEN r.date_deb AND r.date_fin
 WHERE g.relation = 'si.courbe_jour'
UNION ALL
SELECT g.key ->> 'id_client', g.at
  FROM changes AS g
 WHERE g.relation = 'crm.rattachement';
`;

before(async () => {
	p = await startPushing({ days: 200, settings: {
		watch: { interval_ms: LONG_MS, horizon_margin_ms: 500 } },
	adapt({ ground, source, adapter }) {
		const conf = join(adapter, "source.conf");

		writeFileSync(conf, readFileSync(conf, "utf8")
			.replace("capture = horizon", "capture = trigger"));
		const asTime = guichet("check", "--config", ground.config);
		assert.match(asTime.out + asTime.err, /E205.*changed\.sql/s);
		// every one tells by time; the load curve's alone is told anew
		for (const f of readdirSync(adapter))
			if (f.endsWith(".changed.sql"))
				rmSync(join(adapter, f));
		writeFileSync(join(adapter, "energy.load-curve.changed.sql"),
			changedByTrigger);
		const early = guichet("check", "--config", ground.config);
		assert.match(early.out + early.err, /E240/);
		const r = guichet("adapter", "triggers", "energy",
			"--config", ground.config);
		assert.equal(r.code, 0, r.err);
		ddl = r.out;
		sql(source, ddl);
		sql(source, ddl);		// again: it only renews
	} });
	await p.approve(await p.connect(["energy.load-curve"]));
	await p.until(() => p.cozy.couch.count(CURVE) ===
		p.expected("energy.load-curve"), "the history");
});
after(() => p?.stop());

const changes = (where) => sql(p.source, `SELECT operation::text || ' ' || key
	FROM guichet_source.change WHERE ${where} ORDER BY n`)
	.split("\n").filter(Boolean);

test("the printed DDL covers what the adapter reads", () => {
	for (const table of ["si.courbe_jour", "crm.rattachement", "fac.facture",
		"crm.contrat"])
		assert.match(ddl, new RegExp(`ON ${table} FOR EACH ROW`));
	const r = guichet("adapter", "triggers", "nowhere", "--config",
		p.ground.config);
	assert.equal(r.code, 64);
	assert.match(r.err, /no source nowhere/);
});

test("a transaction of more rows than a batch is read to its end", async () => {
	const before = changes("operation = 'U'").length;

	// each row ten times, in one transaction
	sql(p.source, `DO $$ BEGIN FOR i IN 1 .. 10 LOOP
		UPDATE si.courbe_jour SET date_maj = clock_timestamp(),
		       soutirage[2] = soutirage[2] + 1
		 WHERE (pdl, jour) IN (SELECT c.pdl, c.jour FROM si.courbe_jour AS c
			JOIN crm.rattachement AS r ON r.pdl = c.pdl
			 AND c.jour BETWEEN r.date_deb AND r.date_fin
		       WHERE r.id_client = '${p.customer}') AND courante;
		END LOOP; END $$`);
	assert.ok(changes("operation = 'U'").length - before > 1000);
	await p.until(() => stale(p).length === 0, "all of them");
});

test("a deletion leaves its key, a move the old one", async () => {
	const [pdl, day] = days(p)[2];

	sql(p.source, `DELETE FROM si.courbe_jour WHERE pdl = '${pdl}'
		AND jour = '${day}' AND courante`);
	const gone = changes("operation = 'D' AND relation = 'si.courbe_jour'");
	assert.equal(gone.length, 1);
	assert.ok(gone[0].includes(pdl) && gone[0].includes(day), gone[0]);
	sql(p.source, `BEGIN; UPDATE crm.rattachement SET id_client = 'nobody'
		WHERE id_client = '${p.customer}'; ROLLBACK`);
	assert.equal(changes("relation = 'crm.rattachement'").length, 0);
});

test("while a transaction is open nothing behind it passes, and it counts",
async () => {
	const [old, young] = [days(p)[7], days(p)[9]];
	const correct = ([pdl, day]) => `UPDATE si.courbe_jour SET
		date_maj = clock_timestamp(), soutirage[4] = soutirage[4] + 1
		WHERE pdl = '${pdl}' AND jour = '${day}' AND courante`;
	const db = await p.pool.connect();

	await db.query("BEGIN");
	await db.query(correct(old));
	sql(p.source, correct(young));
	await sleep(1500);
	await db.query("COMMIT");
	db.release();
	await p.until(() => stale(p).length === 0, "both");
});

test("a notification is heard long before the poll", async () => {
	const slowest = [];

	for (let i = 0; i < 6; i++) {
		const began = performance.now();
		sql(p.source, `UPDATE si.courbe_jour SET date_maj =
			clock_timestamp(), soutirage[6] = soutirage[6] + 1
			WHERE pdl = '${days(p)[11][0]}'
			AND jour = '${days(p)[11][1]}' AND courante`);
		await p.until(() => stale(p).length === 0, "it");
		slowest.push(performance.now() - began);
	}
	assert.ok(slowest.sort((a, b) => a - b)[4] < LONG_MS / 2, `${slowest}`);
	console.log(`# from commit to Cozy, ms: ${slowest.map(Math.round)}`);
});

test("a lost notification costs time, not changes", async () => {
	sql(p.source, "ALTER TABLE si.courbe_jour DISABLE TRIGGER guichet_tell");
	sql(p.source, `UPDATE si.courbe_jour SET date_maj = clock_timestamp(),
		soutirage[5] = soutirage[5] + 1 WHERE pdl = '${days(p)[5][0]}'
		AND jour = '${days(p)[5][1]}' AND courante`);
	await sleep(200);
	assert.equal(stale(p).length, 1);
	await p.until(() => stale(p).length === 0, "found by the poll");
});

test("--drop takes everything away", () => {
	const r = guichet("adapter", "triggers", "energy", "--drop", "--config",
		p.ground.config);

	sql(p.source, r.out);
	assert.equal(sql(p.source, "SELECT count(*) FROM pg_trigger WHERE tgname " +
		"LIKE 'guichet%'"), "0");
	assert.equal(sql(p.source, "SELECT to_regnamespace('guichet_source')"),
		"");
});

test("--deletions: rows that go leave a row, and nothing else does", () => {
	const r = guichet("adapter", "triggers", "energy", "--deletions", "--config",
		p.ground.config);
	const [[pdl, day], [pdl2, day2]] = [days(p)[13], days(p)[14]];

	assert.equal(r.code, 0, r.err);
	sql(p.source, r.out);
	sql(p.source, r.out);
	sql(p.source, `UPDATE si.courbe_jour SET date_maj = clock_timestamp()
		WHERE pdl = '${pdl}'; UPDATE si.courbe_jour SET jour = '1999-01-01'
		WHERE pdl = '${pdl}' AND jour = '${day}';
		DELETE FROM si.courbe_jour WHERE pdl = '${pdl2}' AND jour = '${day2}'`);
	const left = changes("true");
	assert.equal(left.length, 2);
	assert.ok(left.every((l) => l.startsWith("D ")), left.join());
	assert.ok(left[0].includes(day) && left[1].includes(day2), left.join());
});
