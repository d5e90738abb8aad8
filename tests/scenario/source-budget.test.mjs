// SPDX-License-Identifier: Apache-2.0
// queries_per_second: whatever works in the background asks a source no more than
// that, waits for it, and loses nothing; pulls do not wait.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { guichet } from "../support/ground.mjs";
import { sql } from "../support/postgres.mjs";
import { startShop } from "../support/shop.mjs";

const BOUND = 12;
let s;

before(async () => {
	s = await startShop(["horizon"], { orders: 20,
		settings: { watch: { interval_ms: 50, horizon_margin_ms: 100 } },
		conf: { horizon: `queries_per_second = ${BOUND} 00:00-00:00=${BOUND}\n` } });
});
after(() => s?.stop());

const tool = (...args) => guichet(...args, "--config", s.counter.config);
const metric = async (name) => [...(await s.counter.admin("/metrics")).text
	.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, "gm"))]
	.reduce((n, m) => n + Number(m[1]), 0);
// What a source was asked is told every ten seconds.
const told = () => JSON.parse(tool("status", "--json").out).sources
	.find((l) => l.source === "horizon");

test("under writes it asks no more than that, and brings everything", async () => {
	// what the source itself counts, our own writes and questions left out; its
	// autovacuum is in it, and backends tell their commits late
	const commits = () => Number(sql(s.url, `SELECT pg_stat_force_next_flush();
		SELECT xact_commit FROM pg_stat_database
		WHERE datname = current_database()`).trim());
	const began = Date.now(), before = commits();
	let i = 0;

	for (; Date.now() < began + 11000; i++) {
		sql(s.url, `UPDATE shop.orders SET total = total + 1,
			changed = clock_timestamp() WHERE num = 'O${1 + i % 20}'`);
		await sleep(50);
	}
	const seen = (commits() - before - i - 2) / (Date.now() - began) * 1000;
	assert.ok(seen > 1 && seen < BOUND * 2, `the source saw ${seen}`);
	await s.until(() => told()?.bound === BOUND, "told", 12000);
	const { questions_per_second: rate, waited_ms } = told();
	assert.ok(rate > BOUND * 0.6 && rate < BOUND * 1.2, `${rate} a second`);
	assert.ok(waited_ms > 0);
	assert.match(tool("status").out, new RegExp(`horizon .* a second, of ${BOUND}`));
	assert.ok(await metric("guichet_source_waited_milliseconds_total") > 1000);
	await s.right("all of it", 20000);
	console.log(`# ${rate} a second of ${BOUND}; the source saw ${
		seen.toFixed(1)} commits a second`);
	assert.ok(await metric("guichet_source_questions_total") > 0);
});

test("a pull does not wait", async () => {
	const took = [];
	for (let i = 0; i < 20; i++) {
		const began = performance.now();
		const r = await s.one.get("/v1/datasets/shop.horizon?limit=1",
			s.t.access_token);
		assert.equal(r.status, 200);
		took.push(performance.now() - began);
	}
	assert.ok(took.sort((a, b) => a - b)[10] < 1000 / BOUND * 3, `${took}`);
});

test("what cannot be a bound is told with its line", () => {
	for (const bad of ["x", "5 22-6=1", "5 22:00-06:00", "5 24:30-06:00=1", "-1",
		"5 22:00-06:00=9999999"]) {
		s.shop.write("horizon", "source.conf", `url = ${s.url}\n` +
			`time_zone = Europe/Paris\nqueries_per_second = ${bad}\n`);
		const r = tool("check", "--files");
		assert.equal(r.code, 78, bad);
		assert.match(r.out + r.err, /source\.conf:3:1: error E212/);
	}
});
