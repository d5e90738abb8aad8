// SPDX-License-Identifier: Apache-2.0
// The database fails over, for real: a primary under load is killed and its
// streaming standby promoted. The gateway finds it by its URL alone
// (target_session_attrs). Synchronous: what was acknowledged is there. Asynchronous,
// with a tail that the standby never received: nothing is signed over it.
// ROUNDS=n: so many promotions (tests/scenario/slow does more).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startGranted } from "../support/granted.mjs";
import { createDatabase, LINES_WAITING, sql } from "../support/postgres.mjs";
import { startPair } from "../support/standby.mjs";
import { until } from "../support/gateway.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 2);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
let pair, s, grants;

before(async () => {
	pair = startPair();
	s = await startGranted({ own: createDatabase("own", pair.url), customers: 6, days: 25,
		settings: { log: { level: "info" },
			pull: { calls_per_minute: 0, calls_per_day: 0 } } });
	grants = s.people.map((who) => s.grant(who));
}, { timeout: 60000 });
after(async () => {
	s.gateway.signal("SIGKILL");
	await s.gateway.end();
	pair.remove();
});

// Pulls without a pause until the story is over; when each was answered 200, and the
// longest time without one.
async function underLoad(story) {
	const load = { served: [], others: new Set() };
	let over = false;
	const all = Promise.all([0, 1, 2, 3].map(async (i) => {
		while (!over) {
			const r = await s.pull(grants[i % grants.length]).catch((e) => e);
			if (r.status === 200) load.served.push(performance.now());
			else load.others.add(r.status ?? r.message);
			await pause(r.status === 200 ? 5 : 50);
		}
	}));
	load.more = (n = 40) => {
		const so_far = load.served.length;
		return until(() => load.served.length > so_far + n, "more pulls", 20000);
	};
	await load.more();
	await story(load).finally(() => { over = true; });
	await all;
	load.outage_ms = Math.max(...load.served.slice(1).map((t, i) => t - load.served[i]));
	return load;
}
const begun = () => Number(sql(s.own.url, `SELECT count(*) FROM guichet.journal_line
	WHERE convert_from(leaf, 'UTF8') LIKE '%"ev":"pull.%'`));

test(`synchronous, ${ROUNDS} promotions under load: nothing acknowledged is lost, 5 s`,
	{ timeout: 60000 + ROUNDS * 20000 }, async () => {
	const outages = [];
	let served = 0;
	for (let round = 0; round < ROUNDS; round++) {
		const load = await underLoad(async (l) => {
			pair.fail();
			await l.more();
		});
		served += load.served.length;
		// a call was answered, so its line was committed on both
		assert.ok(begun() >= served, `${begun()} lines of ${served} answers`);
		assert.deepEqual([...load.others].filter((x) => x !== 503), []);
		outages.push(load.outage_ms);
		pair.follow();
	}
	outages.sort((a, b) => a - b);
	console.log(`outages, ms: ${outages.map((ms) => ms.toFixed(0)).join(" ")}`);
	assert.ok(outages.at(-1) <= 5000, outages.join());
	await until(() => sql(s.own.url, LINES_WAITING) === "0", "all lines have a place");
	assert.equal(s.gateway.said("code=E309"), 0, "one history");
});

test("asynchronous, and the standby never heard of the last lines: E309", async () => {
	const { primary, standby } = pair;
	primary.sql("ALTER SYSTEM SET synchronous_standby_names = ''");
	primary.sql("SELECT pg_reload_conf()");
	const size = () => Number(sql(s.own.url, `SELECT max(size) FROM
		guichet.journal_note WHERE log = 0`));
	const cut = standby.streaming();
	assert.ok(cut.length > 0, "it streams");
	for (const pid of cut) process.kill(pid, "SIGSTOP");
	const before = size();
	assert.equal((await s.pull(grants[0])).status, 200);
	// committed, signed and published on the primary alone
	await until(() => size() > before && sql(s.own.url, LINES_WAITING) === "0", "signed");
	const lost = size();
	primary.kill();
	for (const pid of cut) process.kill(pid, "SIGKILL");
	standby.promote();
	[pair.primary, pair.standby] = [standby, primary];
	await until(() => { try { return size() < lost; } catch { return false; } },
		"the tail is missing");
	// what comes now waits: no second history
	await until(async () => (await s.pull(grants[1])).status === 200, "a pull", 15000);
	await s.gateway.until(() => s.gateway.said("code=E309") > 0, "the refusal", 15000);
	assert.ok(size() < lost, "nothing was signed");
});
