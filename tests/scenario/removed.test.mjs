// SPDX-License-Identifier: Apache-2.0
// What is gone at the source goes at the cloud and in a pull, whether the source
// tells it (.removed.sql) or a comparison finds it; and what was corrected in
// silence is corrected there. Nothing else is sent again.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guichet } from "../support/ground.mjs";
import { days, stale } from "../support/stale.mjs";
import { sql } from "../support/postgres.mjs";
import { startPushing } from "../support/pushing.mjs";

const CURVE = "fr.enedis.api.meteringdata.loadcurve";
let p;

before(async () => {
	p = await startPushing({ days: 150, settings: {
		watch: { interval_ms: 200, horizon_margin_ms: 300 } },
	adapt({ source, adapter }) {
		const conf = join(adapter, "source.conf");

		sql(source, `CREATE TABLE si.courbe_retiree (pdl text NOT NULL,
			jour date NOT NULL, retire timestamptz NOT NULL);
			CREATE INDEX ON si.courbe_retiree (pdl, jour);
			CREATE INDEX ON si.courbe_retiree (retire)`);
		writeFileSync(conf, readFileSync(conf, "utf8") +
			"compare_days = 1\n");
		writeFileSync(join(adapter, "energy.load-curve.removed.sql"), `
			SELECT x.pdl AS usage_point, x.jour AS day,
			       x.retire AS changed
			  FROM crm.rattachement AS r
			  JOIN si.courbe_retiree AS x ON x.pdl = r.pdl
			   AND x.jour BETWEEN r.date_deb AND r.date_fin
			 WHERE r.id_client = :customer
			   AND NOT EXISTS (SELECT FROM si.courbe_jour AS k
				WHERE k.pdl = x.pdl AND k.jour = x.jour
				  AND k.courante)`);
		appendFileSync(join(adapter, "energy.load-curve.changed.sql"), `
			UNION ALL
			SELECT r.id_client, x.retire, x.pdl || ' ' || x.jour
			  FROM crm.rattachement AS r
			  JOIN si.courbe_retiree AS x ON x.pdl = r.pdl
			   AND x.jour BETWEEN r.date_deb AND r.date_fin
			 WHERE x.retire >= :since AND x.retire < :until`);
	} });
	await p.approve(await p.connect(["energy.load-curve"]));
	await p.until(() => p.cozy.couch.count(CURVE) ===
		p.expected("energy.load-curve"), "the history");
});
after(() => p?.stop());

const held = () => p.cozy.couch.documents(CURVE)
	.map((d) => `${d.usage_point} ${d.day}`).sort();
const wanted = () => days(p).map((d) => d.join(" ")).sort();
const remove = ([pdl, day], say = true) => sql(p.source, `BEGIN;
	DELETE FROM si.courbe_jour WHERE pdl = '${pdl}' AND jour = '${day}';
	${say ? `INSERT INTO si.courbe_retiree VALUES ('${pdl}', '${day}',
		clock_timestamp());` : ""} COMMIT`);
// [name, sequence] of everything written since.
const written = () => p.cozy.couch.documents(CURVE).map((d) => [
	`${d.usage_point} ${d.day}`, d.guichet.sequence]);

test("what the source tells gone is deleted at the Cozy", async () => {
	remove(days(p)[3]);
	remove(days(p)[60]);
	await p.until(() => held().length === wanted().length, "both gone");
	assert.deepEqual(held(), wanted());
	const acked = p.lines().filter((l) => l.ev === "delivery.acked");
	assert.ok(acked.at(-1).n >= 1 || acked.at(-1).records >= 1,
		JSON.stringify(acked.at(-1)));
});

test("a comparison finds what went and what changed in silence", async () => {
	const gone = days(p)[20], [pdl, day] = days(p)[90];
	const before = new Map(written());

	remove(gone, false);
	sql(p.source, `UPDATE si.courbe_jour SET soutirage[1] = soutirage[1] + 7
		WHERE pdl = '${pdl}' AND jour = '${day}' AND courante`);
	await new Promise((done) => setTimeout(done, 1500));
	assert.equal(held().length, wanted().length + 1);	// nobody told
	assert.equal(stale(p).length, 1);
	p.sql("UPDATE guichet.subscription SET walked = now() - interval '2 days'");
	await p.until(() => stale(p).length === 0 &&
		held().length === wanted().length, "found", 30000);
	assert.deepEqual(held(), wanted());
	const again = written().filter(([name, n]) => before.get(name) !== n);
	assert.deepEqual(again.map(([name]) => name), [`${pdl} ${day}`]);
	await p.until(() => p.sql("SELECT count(*) FROM guichet.subscription " +
		"WHERE walk IS NOT NULL") === "0", "the comparison to end");
});

test("an operator has one data set compared at once, and sees how all stand",
async () => {
	const tool = (...args) => guichet(...args, "--config", p.ground.config);

	remove(days(p)[40], false);
	await new Promise((done) => setTimeout(done, 800));
	assert.equal(held().length, wanted().length + 1);
	assert.match(tool("subscription", "resync", "--dataset",
		"energy.contract").out, /none of these is active/);
	const r = tool("subscription", "resync", "--dataset",
		"energy.load-curve", "--customer", p.customer);
	assert.equal(r.code, 0, r.err);
	await p.until(() => held().length === wanted().length, "found", 30000);
	assert.equal(p.lines().filter((l) => l.ev === "delivery.resync").length,
		1);
	const s = JSON.parse(tool("status", "--json").out);
	assert.equal(s.subscriptions.total, 1);
	assert.equal(s.subscriptions.dead, 0);
	assert.deepEqual(s.hosts, []);
	assert.ok(s.watch.some((w) => w.dataset === "energy.load-curve" &&
		w.watched && w.behind_s < 60), JSON.stringify(s.watch));
	assert.match(tool("status").out, /received something in the last minute/);
});

test("the memory holds keyed digests, and goes with the consent", async () => {
	assert.equal(p.sql(`SELECT count(*) FROM guichet.memory
		WHERE digest <> '' AND length(record) = 16
		  AND length(digest) = 16`), String(wanted().length));
	await p.withdraw();
	await p.until(() => p.sql("SELECT count(*) FROM guichet.memory") === "0",
		"forgotten");
});
