// SPDX-License-Identifier: Apache-2.0
// A new sealing key while deliveries, sign-ins and withdrawals go on: what clouds
// gave us is sealed again by it, and nothing is lost.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { program } from "../support/ground.mjs";
import { startLoad } from "../support/load.mjs";

let day;

before(async () => {
	day = await startLoad({ people: 3, settings: { log: { level: "info" },
		push: { lease_s: 10, deadline_ms: 4000, workers: 2 } } });
}, { timeout: 200000 });
after(() => day?.stop());

test("three new keys under load: nothing is lost, nothing opens by an old one",
	async () => {
		await day.during(async () => {
			for (let i = 0; i < 3; i++, await sleep(300))
				await promisify(execFile)(program, ["key", "rotate",
					"--batch", "2", "--config", day.p.ground.config]);
		});
		await day.judge();
		const newest = readdirSync(join(day.p.ground.dir, "keys"))
			.filter((n) => n.startsWith("seal-")).sort().at(-1);
		const by = new Set(day.p.sql(`SELECT sealed FROM guichet.destination
			WHERE sealed IS NOT NULL AND departed IS NULL`).split("\n")
			.map((t) => Buffer.from(t, "base64url").toString("hex", 0, 4)));
		assert.deepEqual([...by], [newest.slice(5, 13)]);
		assert.equal(day.p.sql(`SELECT count(*) FROM guichet.subscription
			WHERE state = 'dead'`), "0");
	});
