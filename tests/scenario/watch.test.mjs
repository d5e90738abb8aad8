// SPDX-License-Identifier: Apache-2.0
// Nothing that changes is missed: neither what commits late (while the naive
// question, the control, loses some), nor what changes while its subscription is
// being delivered, nor what changes while the watch is dead.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "../support/postgres.mjs";
import { startPushing } from "../support/pushing.mjs";

const CURVE = "fr.enedis.api.meteringdata.loadcurve";
let p;

before(async () => {
	p = await startPushing({ days: 200, settings: {
		watch: { interval_ms: 100, horizon_margin_ms: 1000 } } });
	await p.approve(await p.connect(["energy.load-curve"]));
	await p.until(() => p.cozy.couch.count(CURVE) ===
		p.expected("energy.load-curve"), "the history");
});
after(() => p?.stop());

// Her days, as [meter, day].
const days = () => sql(p.source, `SELECT c.pdl || ' ' || c.jour
	FROM si.courbe_jour AS c JOIN crm.rattachement AS r
	  ON r.pdl = c.pdl AND c.jour BETWEEN r.date_deb AND r.date_fin
       WHERE r.id_client = '${p.customer}' AND c.courante
       ORDER BY c.jour`).split("\n").map((l) => l.split(" "));

const held = () => new Map(p.cozy.couch.documents(CURVE).map((d) =>
	[`${d.usage_point} ${d.day}`, d]));
// Days whose total at the Cozy is not the source's.
function stale() {
	const there = held();
	return sql(p.source, `SELECT c.pdl || ' ' || c.jour || ' ' ||
		(SELECT sum(v) FROM unnest(c.soutirage) AS v)
		FROM si.courbe_jour AS c JOIN crm.rattachement AS r
		  ON r.pdl = c.pdl AND c.jour BETWEEN r.date_deb AND r.date_fin
	       WHERE r.id_client = '${p.customer}' AND c.courante`)
		.split("\n").filter((l) => {
			const [pdl, day, total] = l.split(" ");
			return there.get(`${pdl} ${day}`)?.total !== Number(total);
		});
}

test("transactions that commit late: none lost, the control loses some",
async () => {
	const mine = days(), naive = new Set(), clients = [];
	let last = sql(p.source, "SELECT clock_timestamp()"), writing = true;

	// The control: what changed since the greatest time seen so far.
	const control = (async () => {
		for (let more = true; more;) {
			more = writing;
			const { rows } = await p.pool.query(`SELECT pdl || ' ' ||
				jour AS day, date_maj::text AS at FROM si.courbe_jour
				WHERE date_maj > $1 ORDER BY date_maj`, [last]);
			for (const r of rows) {
				naive.add(r.day);
				last = r.at;
			}
			await sleep(20);
		}
	})();
	// Writers: the time is taken first, the commit comes up to 400 ms later.
	for (let w = 0; w < 3; w++)
		clients.push((async () => {
			const db = await p.pool.connect();
			for (let i = w; i < mine.length; i += 3) {
				await db.query("BEGIN");
				await db.query(`UPDATE si.courbe_jour SET
					date_maj = clock_timestamp(),
					soutirage[1] = soutirage[1] + 1
					WHERE pdl = $1 AND jour = $2 AND courante`,
					mine[i]);
				await sleep(i % 7 === 0 ? 60 + i % 5 * 80 : 0);
				await db.query("COMMIT");
			}
			db.release();
		})());
	await Promise.all(clients);
	writing = false;
	await control;
	const lost = mine.length - naive.size;
	assert.ok(lost > 0, "the control lost nothing: this test has no teeth");
	await p.until(() => stale().length === 0, "all of them", 30000)
		.catch((e) => { throw new Error(`${stale()}\n${e.message}`); });
	console.log(`# ${mine.length} late changes: the control lost ${lost}, ` +
		"we lost 0");
});

test("a change during a send is not forgotten", async () => {
	const [pdl, day] = days()[3];
	const correct = () => sql(p.source, `UPDATE si.courbe_jour SET
		date_maj = clock_timestamp(), soutirage[2] = soutirage[2] + 1
		WHERE pdl = '${pdl}' AND jour = '${day}' AND courante`);
	let changed = 0;

	// While the Cozy is busy writing, the same record changes again, and the
	// watch has woken the subscription before the answer comes.
	p.cozy.behave = (r) => {
		if (!r.path.endsWith("_bulk_docs") || changed++ > 0)
			return null;
		correct();
		return { wait: 2500 };
	};
	correct();
	await p.until(() => changed > 0 && stale().length === 0, "both changes");
	p.cozy.behave = null;
	assert.ok(changed >= 2, "the second change came by a delivery of its own");
	const quiet = p.cozy.seen.length;
	await sleep(1500);
	assert.equal(p.cozy.seen.length, quiet);	// and then there is peace
});

test("changes while the watch is dead are found afterwards", async () => {
	p.gateway.kill("watch");
	p.touchOneDay();
	sql(p.source, `UPDATE si.courbe_jour SET date_maj = clock_timestamp(),
		soutirage[3] = soutirage[3] + 1 WHERE pdl = '${days()[5][0]}'
		AND jour = '${days()[5][1]}' AND courante`);
	await p.until(() => stale().length === 0, "found");
});

test("while a transaction is prepared the horizon waits, then goes on",
async () => {
	const correct = ([pdl, day], n) => `UPDATE si.courbe_jour SET
		date_maj = clock_timestamp(), soutirage[${n}] = soutirage[${n}] + 1
		WHERE pdl = '${pdl}' AND jour = '${day}' AND courante;`;

	sql(p.source, `BEGIN; ${correct(days()[7], 4)}
		PREPARE TRANSACTION 'late'`);
	try {
		sql(p.source, correct(days()[9], 5));
		await sleep(2500);
		assert.equal(stale().length, 1);	// nothing newer passed on
	} finally {
		sql(p.source, "COMMIT PREPARED 'late'");
	}
	await p.until(() => stale().length === 0, "both");
});
