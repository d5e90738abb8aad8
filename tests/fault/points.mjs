// SPDX-License-Identifier: Apache-2.0
// A program with places to die (tests/fault/failpoints.c): before, during and after
// each statement that writes, each exchange with a cloud, each file made durable.
// Somebody is killed at every one of them that a day at the counter comes by, and
// then the oracle recounts.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync }
	from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { program, temporary } from "../support/ground.mjs";
import { startLoad } from "../support/load.mjs";

export const faulty = join(dirname(program), "fault/guichet");

// What a fault directory says (failpoints.c): { env, arm(point), armed(), seen() }
export function faults() {
	const dir = temporary(), at = (name) => join(dir, name);
	mkdirSync(at("seen"));
	return { env: { GUICHET_FAULTS: dir },
		arm: (point) => writeFileSync(at("armed"), point),
		armed: () => existsSync(at("armed")),
		disarm: () => rmSync(at("armed"), { force: true }),
		seen: () => readdirSync(at("seen")).sort(),
		poison: (text) => text ? writeFileSync(at("poison"), text) :
			rmSync(at("poison"), { force: true }),
		clock: (s) => writeFileSync(at("clock"), String(s)) };
}

// One of each role after the other.
function inTurn(points) {
	const nth = {};
	return points.map((point) => {
		const role = point.split(".")[0];
		return [nth[role] = (nth[role] ?? 0) + 1, point];
	}).sort(([a], [b]) => a - b).map(([, point]) => point);
}

// chosen: which of the points that were seen
export function dyingAt(chosen, fewest) {
	let day, f;

	before(async () => {
		f = faults();
		day = await startLoad({ people: 3, gateway: { program: faulty,
			env: f.env }, settings: { push: { lease_s: 10,
			deadline_ms: 4000, workers: 1, check_s: 2 },
			log: { level: "info" } } });
	}, { timeout: 200000 });
	after(() => day?.stop());

	test("somebody dies at each point, and nothing is lost", async () => {
		for (let i = 0; i < 4; i++) {	// what does a day come by?
			await day.touch();
			assert.ok(await day.churn());
			await sleep(300);
		}
		const points = inTurn(f.seen().filter(chosen)), missed = [];
		await day.during(async () => {
			for (const [i, point] of points.entries()) {
				const end = Date.now() + 6000;
				if (i % 8 === 7)
					await day.plug();
				f.arm(point);
				while (f.armed() && Date.now() < end)
					await sleep(15);
				if (f.armed())
					missed.push(point);
				f.disarm();
			}
		}, { every: 80 });
		console.log(`# killed at ${points.length - missed.length} of ${
			points.length} points${missed.length ? "; nobody came by " +
			missed.join(" ") : ""}`);
		await day.judge();
		assert.ok(points.length - missed.length >= fewest,
			`${points.length} points, missed ${missed}`);
		assert.equal(day.p.sql(`SELECT count(*) FROM guichet.subscription
			WHERE state = 'dead'`), "0");
	});
}
