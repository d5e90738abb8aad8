// SPDX-License-Identifier: Apache-2.0
// A day at the counter, for fault tests: people with a Cozy each, whose records
// are corrected at the source all the time, and one who withdraws and comes back
// again and again. Whatever goes wrong meanwhile, the oracle has the last word.
//
//	const day = await startLoad({ people: 4 });
//	day.touch()		one more day of each is corrected
//	await day.write()	a write to a Cozy begins
//	day.churn()		she withdraws, or connects again
//	await day.plug()	every process is killed, and started again
//	await day.judge()	the oracle
import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { startGateway } from "./gateway.mjs";
import { oracle } from "./oracle.mjs";
import { startPushing } from "./pushing.mjs";

export const CURVE = "fr.enedis.api.meteringdata.loadcurve";

export async function startLoad({ people = 4, customers = 14, days = 12,
	datasets = ["energy.load-curve", "energy.contract"], wait = 20,
	...options } = {}) {
	const p = await startPushing({ customers, days, people, sets: datasets,
		...options });
	const day = { p, homes: [], touched: 0 };
	const begun = new EventEmitter();

	day.write = (at_most = 2000) => once(begun, "write",
		{ signal: AbortSignal.timeout(at_most) }).catch(() => {});
	const connect = async ({ browser, cozy }) => {
		const next = await p.connect(datasets,
			{ address: cozy.origin, browser });
		return (await p.approve(next, { browser })).status === 303;
	};

	for (const who of p.logins) {
		const cozy = await p.startCozy({ owner: who.login });
		// each write lasts, so that faults fall before, within and after it
		cozy.behave = (r) => {
			if (r.path.endsWith("_bulk_docs"))
				begun.emit("write");
			return { wait };
		};
		const browser = p.browser(who);
		await browser.signIn();
		day.homes.push({ who, cozy, browser });
	}
	for (const home of day.homes)
		if (!await connect(home))
			throw new Error("not connected");

	// No program is started for it: faults shall meet work, not waiting.
	const own = new pg.Pool({ connectionString: p.ground.db.url, max: 2 });
	const everyone = p.logins.map((l) => l.reference);

	own.on("error", () => {});	// some faults are the database's
	day.touch = async () => {
		await p.pool.query(`UPDATE si.courbe_jour AS k
			SET date_maj = clock_timestamp()
		  FROM (SELECT DISTINCT ON (r.id_client) c.pdl, c.jour
			  FROM si.courbe_jour AS c JOIN crm.rattachement AS r
			    ON r.pdl = c.pdl
			   AND c.jour BETWEEN r.date_deb AND r.date_fin
			 WHERE r.id_client = ANY ($1) AND c.courante
			 ORDER BY r.id_client, c.date_maj, c.jour) AS o
		 WHERE k.pdl = o.pdl AND k.jour = o.jour AND k.courante`,
			[everyone]).then(() => { day.touched += everyone.length; },
			() => {});
	};
	// The last one changes her mind; true when it is done. A counter that is
	// being killed may not answer: she comes again.
	day.churn = async () => {
		const home = day.homes.at(-1);
		try {
			const mine = (await own.query(`SELECT g.id
				FROM guichet.grants AS g
				JOIN guichet.subject AS u ON u.id = g.subject_id
				WHERE u.customer = $1 AND g.state = 'active'
				  AND g.client_id = 'cozy'`,
				[home.who.reference])).rows;
			for (const { id } of mine)
				await p.withdraw({ browser: home.browser,
					grant: id });
			if (mine.length > 0)
				return true;
			home.cozy.advance(3600e3);	// it counts registrations
			return await connect(home);
		} catch {
			return false;
		}
	};
	// All of it, beside whatever else goes on, until the promise is settled.
	day.during = async (trouble, { every = 120 } = {}) => {
		let over = false;
		const people = (async () => {
			while (!over) {
				await day.churn();
				await sleep(2 * every);
			}
		})();
		const source = (async () => {
			while (!over) {
				await day.touch();
				await sleep(every);
			}
		})();
		await trouble(day).finally(() => { over = true; });
		await Promise.all([people, source]);
	};
	// Every process at once, as if the plug was pulled; then it is started again.
	// (Whoever dies again and again is restarted later and later: so do faults.)
	day.plug = async () => {
		const pids = p.gateway.pids();
		for (const pid of [p.gateway.pid, ...pids])
			try { process.kill(pid, "SIGKILL"); } catch {}
		await p.gateway.end();
		p.gateway = await startGateway({ ground: p.ground,
			...options.gateway });
	};
	day.judge = (o) => oracle(p, day.homes, o);
	day.stop = async () => {
		await own.end().catch(() => {});
		await p.stop();
	};
	return day;
}
