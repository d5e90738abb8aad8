// SPDX-License-Identifier: Apache-2.0
// capture = replication, and the source fails over to a standby that lacks what was
// committed last: the new server's slot, a comparison, and nothing is lost.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sql, startPostgres } from "../../support/postgres.mjs";
import { startShop, tells } from "../../support/shop.mjs";

const LOG = "changes were missed";
let primary, standby, s;

const socket = (url) => /host=([^&]*)/.exec(url)[1];

before(async () => {
	primary = startPostgres();
	standby = startPostgres({ standbyOf: primary.url });
	const both = (db) => `postgresql:///${db.name}?host=${socket(primary.url)},${
		socket(standby.url)}&user=postgres&target_session_attrs=read-write`;
	s = await startShop(["replication"], { base: primary.url, orders: 60,
		conf: { replication: (db) => `url = ${both(db)}\n` },
		prepare: (config, shop) => shop.write("replication",
			"shop.replication.removed.sql") });
});
after(async () => {
	await s?.stop();
	standby?.remove();
	primary?.remove();
});

const metric = async (name) => Number(new RegExp(`^${name}\\{role="watch"[^}]*\\} (\\d+)`,
	"m").exec((await s.counter.admin("/metrics")).text)?.[1]);
const missed = () => s.counter.logs.split(LOG).length - 1;
const place = () => Number(sql(s.counter.db.url, "SELECT place FROM guichet.watch_mark"));

test("a failover: the new server's stream, and what the old one lost",
async () => {
	const other = s.url.replace(socket(primary.url), socket(standby.url));
	const upTo = sql(primary.url, "SELECT pg_current_wal_lsn()");

	await s.until(() => sql(standby.url, `SELECT pg_last_wal_replay_lsn() >=
		'${upTo}'`) === "t", "the standby follows");
	// asynchronous: this one never reaches the standby, but is delivered
	sql(standby.url, "SELECT pg_wal_replay_pause()");
	const walsender = sql(primary.url, `SELECT pid FROM pg_stat_replication
		WHERE application_name = 'walreceiver'`);
	process.kill(Number(walsender), "SIGSTOP");
	sql(s.url, `INSERT INTO shop.orders (num, customer, total)
		VALUES ('LOST', '${s.customer}', 1)`);
	await s.right("delivered before the failover");
	assert.ok(s.held("replication").has("LOST"));
	primary.stop();
	try { process.kill(Number(walsender), "SIGKILL"); } catch {}
	sql(standby.url, "SELECT pg_wal_replay_resume()");
	standby.promote();
	s.url = other;
	sql(other, `UPDATE shop.orders SET total = total + 1, changed =
		clock_timestamp() WHERE num IN ('O40', 'O41');
		DELETE FROM shop.orders WHERE num = 'O42'`);
	assert.equal(sql(other, "SELECT count(*) FROM shop.orders WHERE num = 'LOST'"),
		"0");
	tells(s.counter.config, other, "replication", "replication");
	await s.right("as the new server has it", 40000);
	assert.equal(missed(), 1);
	assert.ok(!s.held("replication").has("LOST"));
	sql(other, `UPDATE shop.orders SET total = total + 1, changed =
		clock_timestamp() WHERE num = 'O43'`);
	await s.right("streamed again");
});

test("the lag of the slot is shown, and a quiet one does not hold WAL", async () => {
	const before = place();
	assert.ok(await metric("guichet_slot_lag_bytes") >= 0);
	sql(s.url, `CREATE TABLE shop.else AS SELECT i, repeat('x', 100) AS x
		FROM generate_series(1, 20000) AS i`);
	await s.until(() => place() > before, "the place moves by itself", 20000);
	await s.until(() => Number(sql(s.url, `SELECT pg_wal_lsn_diff(
		pg_current_wal_lsn(), confirmed_flush_lsn) FROM pg_replication_slots
		WHERE slot_type = 'logical'`)) < 1e6, "confirmed", 20000);
	assert.equal(missed(), 1);
});
