// SPDX-License-Identifier: Apache-2.0
// A leader that is frozen for a minute and wakes up: whether only its process
// slept, its signer too, or the whole host, it signs nothing any more, and all
// that was ever published is one history.
import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { prepareGateway, startGateway, until } from "../../support/gateway.mjs";
import { certificates, freePorts, guichet, temporary, writeSettings }
	from "../../support/ground.mjs";
import { LINES_WAITING, sql } from "../../support/postgres.mjs";

const SLEEP_MS = Number(process.env.SLEEP_MS ?? 60000);
let hosts, url;

before(async () => {
	const one = await prepareGateway({ settings: { log: { level: "info" },
		journal: { interval_ms: 100 } } });
	const dir = temporary(), [port, mtls, admin] = await freePorts(3);
	const tls = certificates(dir);
	cpSync(join(one.dir, "keys"), join(dir, "keys"), { recursive: true });
	const settings = structuredClone(one.settings);
	Object.assign(settings.server, { listen: `127.0.0.1:${port}`,
		tls_certificate: tls.certificate, tls_key: tls.key });
	settings.admin.listen = `127.0.0.1:${admin}`;
	settings.keys.directory = join(dir, "keys");
	const config = writeSettings(join(dir, "guichet.conf"), settings);
	url = one.db.url;
	hosts = [await startGateway({ ground: one }), await startGateway({ ground:
		{ ...one, dir, config, settings, ca: tls.ca, port, mtls, admin } })];
});
after(() => Promise.all(hosts.map((h) => h.stop())));

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const line = () => sql(url, `INSERT INTO guichet.journal_line (id, log, leaf)
	VALUES (gen_random_uuid(), 1, convert_to('{"v":1,"r":' || random() || '}',
	'UTF8'))`);
const all_signed = () => until(() => sql(url, LINES_WAITING) === "0" &&
	sql(url, `SELECT (SELECT max(size) FROM guichet.journal_note WHERE log = 1) =
		(SELECT size FROM guichet.journal_head WHERE log = 1)`) === "t", "signed");
const epoch = () => Number(sql(url,
	"SELECT epoch FROM guichet.journal_head WHERE log = 1"));
// when it last began to lead
const last = (h) => Date.parse(h.logs.slice(0, h.logs.lastIndexOf(
	"journal leads")).split("\n").at(-1).slice(0, 24)) || 0;
const leader = () => last(hosts[0]) > last(hosts[1]) ? hosts[0] : hosts[1];

for (const roles of [["journal"], ["journal", "signer"],
	["journal", "signer", "web", "push", "watch"]])
	test(`asleep: ${roles.join(", ")}`, async () => {
		line();
		await all_signed();
		const old = leader(), before = epoch();
		const asleep = roles.flatMap((role) => old.pids(role));
		for (const pid of asleep)
			process.kill(pid, "SIGSTOP");
		// as the network forgets its session
		sql(url, `SELECT pg_terminate_backend(pid) FROM pg_locks
			WHERE locktype = 'advisory' AND granted AND database = (SELECT oid
			FROM pg_database WHERE datname = current_database())`);
		const end = Date.now() + SLEEP_MS;
		while (Date.now() < end) {
			line();
			await pause(500);
		}
		await all_signed();
		assert.ok(epoch() > before, "another one led");
		const notes = sql(url, "SELECT count(*) FROM guichet.journal_note");
		for (const pid of asleep)	// some were found stuck, and ended
			try { process.kill(pid, "SIGCONT"); } catch {}
		await pause(3000);
		line();
		await all_signed();
		assert.ok(Number(sql(url, "SELECT count(*) FROM guichet.journal_note"))
			> Number(notes));
		// one epoch after the other, in the order of sizes
		assert.equal(sql(url, `SELECT count(*) FROM guichet.journal_note AS n
			JOIN guichet.journal_note AS m USING (log)
			WHERE n.size < m.size AND n.epoch > m.epoch`), "0");
		assert.equal(sql(url, `SELECT count(*) FROM guichet.journal_note
			WHERE log = 1 AND epoch <= ${before} AND signed > (SELECT min(signed)
			FROM guichet.journal_note WHERE log = 1 AND epoch > ${before})`), "0");
		const notes_all = JSON.parse(sql(url, `SELECT json_agg(note)
			FROM (SELECT note FROM guichet.journal_note WHERE log = 1
			ORDER BY random() LIMIT 40) AS n`));
		for (const note of notes_all) {
			const file = join(hosts[0].dir, "known");
			writeFileSync(file, note);
			const r = guichet("journal", "verify", "--log", "consent-admin",
				"--known", file, "--config", hosts[0].config);
			assert.equal(r.code, 0, r.out);
		}
		for (const h of hosts)
			assert.equal(h.said("stands still"), 0);
	});
