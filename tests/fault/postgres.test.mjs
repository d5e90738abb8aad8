// SPDX-License-Identifier: Apache-2.0
// The database goes away under load, in every way it knows: restarted, restarted at
// once, its sessions ended, one of them killed. Source and counter live in it both.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startLoad } from "../support/load.mjs";
import { sql, startPostgres } from "../support/postgres.mjs";

const pg = startPostgres();
process.env.GUICHET_TEST_PG = pg.url;
process.on("exit", pg.remove);
const TIMES = Number(process.env.TIMES ?? 5);
let day;

before(async () => {
	day = await startLoad({ people: 3, settings: {
		push: { lease_s: 10, deadline_ms: 4000, workers: 2 },
		log: { level: "info" } } });
}, { timeout: 200000 });
after(() => day?.stop());

const ours = `FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()
	AND usename LIKE 'apart%'`;

for (const [what, trouble] of [
	["restarted", async () => { pg.stop("fast"); pg.start(); }],
	["restarted at once", async () => { pg.stop("immediate"); pg.start(); }],
	["away for two seconds", async () => {
		pg.stop("fast");
		await sleep(2000);
		pg.start();
	}],
	["its sessions are ended", async () => {
		for (let i = 0; i < 4; i++, await sleep(100))
			sql(pg.url, `SELECT pg_terminate_backend(pid) ${ours}
				ORDER BY random() LIMIT 3`);
	}],
	["a session is killed", async () => {
		const pid = sql(pg.url, `SELECT pid ${ours} ORDER BY random() LIMIT 1`);
		if (pid)
			process.kill(Number(pid), "SIGKILL");
		await sleep(500);
	}],
])
	test(`the database is ${what}, ${TIMES} times: nothing is lost`, async () => {
		await day.during(async () => {
			for (let i = 0; i < TIMES; i++) {
				await sleep(200 + Math.random() * 300);
				await trouble();
			}
			await sleep(500);
		});
		await day.judge();
		assert.equal(day.p.gateway.exit, undefined);
		assert.equal(day.p.gateway.said(/died role=push/), 0);
	});
