// SPDX-License-Identifier: Apache-2.0
// Nothing that changes is missed: neither what changes while its subscription is
// being delivered, nor what changes while the watch is dead. What commits late is
// captures.test.mjs's.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { days, stale } from "../support/stale.mjs";
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

test("a change during a send is not forgotten", async () => {
	const [pdl, day] = days(p)[3];
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
	await p.until(() => changed > 0 && stale(p).length === 0, "both changes");
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
		soutirage[3] = soutirage[3] + 1 WHERE pdl = '${days(p)[5][0]}'
		AND jour = '${days(p)[5][1]}' AND courante`);
	await p.until(() => stale(p).length === 0, "found");
});

test("while a transaction is prepared the horizon waits, then goes on",
async () => {
	const correct = ([pdl, day], n) => `UPDATE si.courbe_jour SET
		date_maj = clock_timestamp(), soutirage[${n}] = soutirage[${n}] + 1
		WHERE pdl = '${pdl}' AND jour = '${day}' AND courante;`;

	sql(p.source, `BEGIN; ${correct(days(p)[7], 4)}
		PREPARE TRANSACTION 'late'`);
	try {
		sql(p.source, correct(days(p)[9], 5));
		await sleep(2500);
		assert.equal(stale(p).length, 1);	// nothing newer passed on
	} finally {
		sql(p.source, "COMMIT PREPARED 'late'");
	}
	await p.until(() => stale(p).length === 0, "both");
});
