// SPDX-License-Identifier: Apache-2.0
// The network between us and a cloud is cut, at a byte after the other of what goes
// there and of what comes back (TLS and all), reset, stalled, half open, slow: then
// the oracle recounts. tests/scenario/network.test.mjs cuts here and there,
// tests/fault/network-all at every byte.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { startChaos } from "../pims/chaos.mjs";
import { oracle } from "../support/oracle.mjs";
import { startPushing } from "../support/pushing.mjs";

const SETS = ["energy.load-curve"];
// of one connection that delivers a record, TLS and all; what did not pass is not
// counted
const BYTES = { up: 6000, down: 2400 };

// step: every so many bytes; people: so many connections at once
export function cutting({ step, people = 4 }) {
	let p, own, homes = [];

	before(async () => {
		p = await startPushing({ customers: 14, days: 6, people, sets: SETS,
			settings: { log: { level: "info" }, push: { lease_s: 6,
				deadline_ms: 2000, attempts_max: 1000 } } });
		own = new pg.Pool({ connectionString: p.ground.db.url, max: 2 });
		for (const who of p.logins) {
			const cozy = await p.startCozy({ owner: who.login });
			const chaos = await startChaos({ to: cozy.port });
			const browser = p.browser(who);
			await browser.signIn();
			const next = await p.connect(SETS, { browser,
				address: `https://localhost:${chaos.port}` });
			assert.equal((await p.approve(next, { browser })).status, 303);
			homes.push({ who, cozy, chaos, browser });
		}
		for (const { cozy } of homes)
			await p.until(() => cozy.couch.count(
				"fr.enedis.api.meteringdata.loadcurve") > 0, "received");
	}, { timeout: 200000 });
	after(async () => {
		await own?.end();
		await p?.stop();
		for (const { chaos } of homes)
			await chaos.stop();
	});

	const touch = (who) => p.pool.query(`UPDATE si.courbe_jour AS k
		SET date_maj = clock_timestamp() WHERE (k.pdl, k.jour) = (SELECT c.pdl,
		c.jour FROM si.courbe_jour AS c JOIN crm.rattachement AS r
		    ON r.pdl = c.pdl AND c.jour BETWEEN r.date_deb AND r.date_fin
		 WHERE r.id_client = $1 AND c.courante ORDER BY c.date_maj, c.jour
		 LIMIT 1) AND k.courante`, [who.reference]);
	// What waits after a failure is tried at once: patience has its own test.
	const hurry = () => own.query(`UPDATE guichet.subscription SET due = now()
		WHERE due > now() AND lease_until IS NULL AND state = 'active'`);
	const writes = ({ cozy }) => cozy.seen.filter((r) =>
		r.path.endsWith("_bulk_docs")).length;

	const idle = (home) => p.until(async () => (await hurry(), await sleep(20),
		(await own.query(`SELECT count(*)::int AS n FROM guichet.subscription
			WHERE host = $1 AND (due IS NOT NULL OR lease_until IS NOT NULL)`,
		[`localhost:${home.chaos.port}`])).rows[0].n === 0),
		"nothing under way", 20000);

	// Meets that spoilt connection once, and whole ones from then on; false when
	// so much did not pass.
	async function meet(home, mode) {
		await idle(home);
		const n = home.chaos.met, before = writes(home);
		home.chaos.drop();
		home.chaos.mode = mode;
		await touch(home.who);
		await p.until(async () => (await hurry(), await sleep(20),
			home.chaos.met > n || (mode.at && writes(home) > before)),
			`${mode.kind} ${mode.at}`, 20000);
		if (home.chaos.met === n)
			await sleep(100);	// the answer may still be cut
		home.chaos.mode = { kind: "pass" };
		if (home.chaos.met === n)
			return false;
		return true;
	}

	test("cut on the way there and back, here and there: nothing is lost",
		async () => {
			const modes = ["up", "down"].flatMap((way) => Array.from(
				{ length: Math.floor(BYTES[way] / step) }, (_, i) =>
				({ kind: `${i % 3 === 2 ? "reset" : "cut"}-${way}`,
					at: i * step })));
			let total = 0;
			await Promise.all(homes.map(async (home) => {
				for (let m; (m = modes.shift()) !== undefined;)
					total += await meet(home, m);
			}));
			const r = await oracle(p, homes);
			console.log(`# cut at ${total} places`);
			assert.ok(total >= 10 && r.attempts > 0);
		});

	test("silence, half-open, refused, slow: nothing is lost", async () => {
		await Promise.all([
			[{ kind: "stall-up", at: 700 }, { kind: "stall-down", at: 100 }],
			[{ kind: "half-open" }, { kind: "refuse" }],
			[{ kind: "dumb" }],
			[{ kind: "stall-down", at: 1500 }],
		].map(async (modes, i) => {
			for (const m of modes)
				await meet(homes[i], m);
		}));
		for (const home of homes) {
			home.chaos.drop();
			home.chaos.mode = { kind: "latency", ms: 60 };
			await touch(home.who);
		}
		await oracle(p, homes);
		assert.equal(p.sql(`SELECT count(*) FROM guichet.subscription
			WHERE state = 'dead'`), "0");
	});
}
