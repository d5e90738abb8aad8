// SPDX-License-Identifier: Apache-2.0
// capture = overlap on a streaming standby: what it has not replayed yet comes late,
// in push and in pull, and nothing is lost.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sql, startPostgres } from "../../support/postgres.mjs";
import { startShop } from "../../support/shop.mjs";

let primary, standby, s;

const socket = (url) => /host=([^&]*)/.exec(url)[1];

before(async () => {
	primary = startPostgres();
	standby = startPostgres({ standbyOf: primary.url });
	s = await startShop(["overlap"], { base: primary.url, orders: 40,
		settings: { watch: { interval_ms: 200, horizon_margin_ms: 200 } },
		conf: { overlap: (db) => `url = postgresql:///${db.name}?host=${
			socket(standby.url)}&user=postgres\noverlap_s = 2\n` },
		// the database and its tables must have reached it
		prepare: () => {
			const lsn = sql(primary.url, "SELECT pg_current_wal_lsn()");
			while (sql(standby.url, `SELECT pg_last_wal_replay_lsn() >=
				'${lsn}'`) !== "t");
		} });
});
after(async () => {
	await s?.stop();
	standby?.remove();
	primary?.remove();
});

const pull = async (cursor) => (await s.one.get("/v1/datasets/shop.overlap" +
	(cursor ? `?cursor=${cursor}` : ""), s.t.access_token)).json;

test("while the standby stands still nothing passes; then all of it comes",
async () => {
	let all = await pull(), cursor = all.next;
	const pulled = new Map();

	sql(standby.url, "SELECT pg_wal_replay_pause()");
	sql(s.url, `UPDATE shop.orders SET total = total + 1000, changed =
		clock_timestamp() WHERE num IN ('O1', 'O2')`);
	await sleep(4000);		// longer than the overlap
	assert.equal(s.wrong().length, 2);
	// a reader does not pass what is not there yet
	for (all = await pull(cursor); all.records.length; all = await pull(cursor)) {
		cursor = all.next;
		assert.ok(all.records.every((r) => r.total < 1000));
	}
	sql(standby.url, "SELECT pg_wal_replay_resume()");
	await s.right("pushed", 20000);
	await s.until(async () => {
		all = await pull(cursor);
		cursor = all.next ?? cursor;
		for (const r of all.records)
			pulled.set(r.number, r.total);
		return pulled.get("O1") > 1000 && pulled.get("O2") > 1000;
	}, "pulled, though nothing else is written", 60000);
});
