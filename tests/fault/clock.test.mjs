// SPDX-License-Identifier: Apache-2.0
// The clock of the host jumps, forth and back, by an hour, a day, to 1970, under
// load (failpoints.c): nothing is lost, and what waits does not wait for a year.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startLoad } from "../support/load.mjs";
import { faults, faulty } from "./points.mjs";

const HOUR = 3600, DAY = 86400;
let day, f;

before(async () => {
	f = faults();
	day = await startLoad({ people: 3, gateway: { program: faulty, env: f.env },
		settings: { push: { lease_s: 10, deadline_ms: 4000 },
			log: { level: "info" } } });
}, { timeout: 200000 });
after(() => day?.stop());

test("a clock that jumps: nothing is lost", async () => {
	await day.during(async () => {
		for (const s of [HOUR, 0, -HOUR, 0, DAY, -DAY, 1, -1,
			-Math.floor(Date.now() / 1000), 0]) {
			f.clock(s);
			await sleep(1200);
		}
	});
	f.clock(0);
	await day.judge({ clock: true });
	assert.equal(day.p.gateway.said(/died role=/), 0);
	assert.equal(day.p.sql(`SELECT count(*) FROM guichet.subscription
		WHERE state = 'dead' OR due > now() + interval '5 hours'`), "0");
});
