// SPDX-License-Identifier: Apache-2.0
// capture = replication: what a stream tells, and what is done when it ends: the
// watch dies, the slot is lost (slow/watch-failover.test.mjs has the failover). No
// removal is told by the source here: what went is found by comparing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { guichet } from "../support/ground.mjs";
import { sql, startPostgres } from "../support/postgres.mjs";
import { startShop, tells } from "../support/shop.mjs";

const LOG = "changes were missed";
let primary, s;

before(async () => {
	primary = startPostgres();	// its settings are changed
	s = await startShop(["replication"], { base: primary.url, orders: 60,
		prepare: (config, shop) => {
			shop.write("replication", "shop.replication.removed.sql");
			const r = guichet("check", "--config", config);
			assert.match(r.out + r.err, /E241.*publication/);
		} });
});
after(async () => {
	await s?.stop();
	primary?.remove();
});

const check = () => JSON.parse(guichet("check", "--json", "--customer",
	s.customer, "--config", s.counter.config).out).findings
	.filter((f) => f.code !== "E229")	// we read as postgres here
	.map((f) => `${f.code} ${f.cause}`);
const metric = async (name) => Number(new RegExp(`^${name}\\{role="watch"[^}]*\\} (\\d+)`,
	"m").exec((await s.counter.admin("/metrics")).text)?.[1]);
const missed = () => s.counter.logs.split(LOG).length - 1;

test("check tells what a stream needs", () => {
	sql(s.url, "ALTER SYSTEM SET max_slot_wal_keep_size = -1; " +
		"SELECT pg_reload_conf()");
	sql(s.url, "ALTER PUBLICATION guichet_replication DROP TABLE shop.orders");
	sql(s.url, "SELECT pg_sleep(0.3)");
	const told = check().join("\n");
	assert.match(told, /E242 max_slot_wal_keep_size/);
	assert.match(told, /E244 shop.orders is not published/);
	sql(s.url, "ALTER PUBLICATION guichet_replication ADD TABLE shop.orders");
	sql(s.url, "ALTER SYSTEM SET max_slot_wal_keep_size = '256MB'; " +
		"SELECT pg_reload_conf()");
	sql(s.url, "ALTER TABLE shop.orders REPLICA IDENTITY DEFAULT");
	assert.match(check()[0], /^E244 of a row of shop.orders that moves or goes, customer/);
	sql(s.url, "ALTER TABLE shop.orders REPLICA IDENTITY FULL");
	assert.deepEqual(check(), []);
});

test("a change is brought well within a second", async () => {
	const took = [];
	for (let i = 0; i < 5; i++) {
		const began = performance.now();
		sql(s.url, `UPDATE shop.orders SET total = total + 1, changed =
			clock_timestamp() WHERE num = 'O1'`);
		await s.right("it");
		took.push(Math.round(performance.now() - began));
	}
	console.log(`# from commit to the PIMS, ms, psql and all: ${took}`);
	assert.ok(took.sort((a, b) => a - b)[2] < 3000, `${took}`);
	assert.equal(await metric("guichet_streams"), 1);
});

test("a transaction larger than a batch, a move, a deletion, a table emptied",
async () => {
	const who = s.customer;
	sql(s.url, `INSERT INTO shop.orders (num, customer, total)
		SELECT 'B' || i, 'other', i FROM generate_series(1, 3500) i;
		UPDATE shop.orders SET total = total + 1000, changed = clock_timestamp()
		 WHERE customer = '${who}' AND num IN ('O2', 'O59')`);
	await s.right("the last rows of a large transaction");
	// to somebody else: the old row alone names her
	sql(s.url, "UPDATE shop.orders SET customer = 'other' WHERE num = 'O5'");
	sql(s.url, "DELETE FROM shop.orders WHERE num = 'O6'");
	await s.right("what went is found", 25000);
	sql(s.url, `BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM shop.orders
		WHERE num <> 'O7'; TRUNCATE shop.orders; INSERT INTO shop.orders
		SELECT * FROM kept; COMMIT`);
	await s.right("emptied, and filled again but for one", 25000);
	assert.equal(missed(), 0);
});

test("kill -9 of the watch under writes: nothing is lost, and it goes on",
async () => {
	for (let i = 0; i < 3; i++) {
		sql(s.url, `UPDATE shop.orders SET total = total + 1,
			changed = clock_timestamp() WHERE num = 'O1${i}'`);
		s.counter.kill("watch");
		sql(s.url, `UPDATE shop.orders SET total = total + 1,
			changed = clock_timestamp() WHERE num = 'O2${i}'`);
		await sleep(300);
	}
	await s.right("all of them", 30000);
	assert.equal(missed(), 0);
});

const breakStream = (url) => sql(url, `SELECT pg_terminate_backend(active_pid)
	FROM pg_replication_slots WHERE active;
	SELECT pg_sleep(0.1); SELECT pg_drop_replication_slot(slot_name)
	FROM pg_replication_slots WHERE slot_type = 'logical'`);

test("a slot that is lost is told, then all is compared: nothing is lost",
async () => {
	for (let i = 0; i < 20; i++)
		try {
			breakStream(s.url);
			break;
		} catch {}
	sql(s.url, `UPDATE shop.orders SET total = total + 1, changed =
		clock_timestamp() WHERE num IN ('O30', 'O31');
		UPDATE shop.orders SET total = total + 5 WHERE num = 'O32';
		DELETE FROM shop.orders WHERE num = 'O33'`);
	await s.until(() => /slot is not there.*code=E241/.test(s.counter.logs),
		"told");
	await s.until(async () => await metric("guichet_slots_lost") === 1, "shown");
	await sleep(500);
	assert.ok(s.wrong().length > 0);
	assert.match(check().join("\n"), /E241 the slot guichet_replication is not there/);
	tells(s.counter.config, s.url, "replication", "replication");
	await s.right("in silence too", 30000);
	assert.equal(missed(), 1);
	await s.until(async () => await metric("guichet_slots_lost") === 0, "shown");
});
