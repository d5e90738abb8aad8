// SPDX-License-Identifier: Apache-2.0
// Roles apart: each tries what it must not, and is denied; `guichet init` makes
// them, with passwords where PostgreSQL asks for one; a role that may too much,
// or is missing, is found before a port opens. (That each may do its own work is
// shown by every other scenario: they all run so.)
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { prepareGateway, serveOnce, startGateway } from "../support/gateway.mjs";
import { guichet, root, temporary } from "../support/ground.mjs";
import { createDatabase, sql, startPostgres, urlOf } from
	"../support/postgres.mjs";

let g;
before(async () => {
	g = await startGateway({ settings: { journal: { interval_ms: 100 } } });
	sql(g.db.url, `INSERT INTO guichet.subject (id, customer, key) VALUES
		(gen_random_uuid(), 'C-1', sha256('k'));
		INSERT INTO guichet.journal_line (id, log, leaf, side) VALUES
		(gen_random_uuid(), 1, '{"v":1}', 'who')`);
});
after(() => g.stop());

const as = (role) => `${g.db.url}&user=apart_${role}`;
const tries = (role, text) => {
	try {
		return sql(as(role), text) ?? "";
	} catch (e) {
		return e.stderr.toString();
	}
};

const forbidden = {
	app: [
		"UPDATE guichet.journal_line SET leaf = 'x'",
		"UPDATE guichet.journal_line SET xid = '3'",
		"DELETE FROM guichet.journal_line",
		"TRUNCATE guichet.journal_line",
		"UPDATE guichet.journal_tile SET hashes = ''",
		"INSERT INTO guichet.journal_note (log, size, note) VALUES (1, 9, '')",
		"UPDATE guichet.journal_head SET size = 0",
		"DELETE FROM guichet.journal_bundle",
		"UPDATE guichet.journal_turn SET seen = DEFAULT",
		"INSERT INTO guichet.journal_origin VALUES (1, 'x', 0)",
		"DELETE FROM guichet.journal_fact",
		"UPDATE guichet.journal_check SET good = true",
		"DELETE FROM guichet.legal_hold",
		"SELECT guichet.journal_purge(1, gen_random_uuid(), 1)",
		"SELECT guichet.grant_roles('apart')",
		"ALTER TABLE guichet.journal_line DISABLE TRIGGER ALL",
		"CREATE TABLE guichet.mine (x int)",
		"DROP TABLE guichet.journal_line",
		"UPDATE guichet.migration SET checksum = ''",
		"SET ROLE apart_sequencer", "SET ROLE postgres",
	],
	sequencer: [
		"SELECT key FROM guichet.subject", "SELECT * FROM guichet.access_token",
		"SELECT sealed FROM guichet.destination",
		"SELECT * FROM guichet.client", "SELECT * FROM guichet.grants",
		"SELECT * FROM guichet.session", "SELECT * FROM guichet.endpoint",
		"SELECT * FROM guichet.staff_session",
		"UPDATE guichet.grants SET state = 'live'",
		"UPDATE guichet.journal_line SET leaf = 'x'",
		"UPDATE guichet.journal_line SET side = NULL",
		"DELETE FROM guichet.journal_line", "DELETE FROM guichet.journal_note",
		"DELETE FROM guichet.journal_tile", "TRUNCATE guichet.journal_head",
		"SELECT guichet.journal_facts(1)", "SELECT guichet.partitions_ahead(1)",
	],
	auditor: [
		"SELECT side FROM guichet.journal_line",
		"SELECT salt FROM guichet.journal_line",
		"SELECT subject_id FROM guichet.journal_line",
		"SELECT * FROM guichet.journal_line",
		"SELECT subject_id FROM guichet.journal_fact",
		"SELECT by FROM guichet.journal_fact",
		"SELECT * FROM guichet.subject", "SELECT * FROM guichet.grants",
		"SELECT * FROM guichet.access_token",
		"INSERT INTO guichet.journal_line (id, log) VALUES (gen_random_uuid(), 1)",
	],
	dpo: [
		"SELECT * FROM guichet.access_token", "SELECT * FROM guichet.session",
		"SELECT * FROM guichet.destination",
		"UPDATE guichet.grants SET state = 'revoked'",
		"UPDATE guichet.journal_line SET side = NULL",
		"DELETE FROM guichet.subject",
	],
};
for (const [role, list] of Object.entries(forbidden))
	test(`${role}: what it must not`, () => {
		for (const text of list)
			assert.match(tries(role, text),
				/permission denied|must be owner/, text);
	});

test("and what they may", () => {
	assert.match(tries("auditor", `SELECT count(leaf) FROM
		guichet.journal_line`), /^[1-9]/);
	assert.match(tries("dpo", `SELECT customer FROM guichet.subject`), /C-1/);
	assert.match(tries("dpo", `SELECT count(side) FROM guichet.journal_line`),
		/^[1-9]/);
	assert.match(tries("auditor", `SELECT count(*) FROM guichet.journal_note`),
		/^[1-9]/);
});

test("each process connects as its own role, the signer as none", () => {
	const who = sql(g.db.url, `SELECT DISTINCT usename || ' ' || application_name
		FROM pg_stat_activity WHERE datname = '${g.db.name}' AND
		application_name LIKE 'guichet%' ORDER BY 1`).split("\n");
	assert.ok(who.includes("apart_sequencer guichet journal"), who.join());
	for (const w of who)
		assert.match(w, /^apart_(sequencer guichet journal$|app guichet)/);
});

test("a new table is granted by the next migration; too much is found",
	async () => {
	const own = await prepareGateway();
	sql(own.db.url, "CREATE TABLE guichet.later (x int)");
	const url = `${own.db.url}&user=apart_app`;
	assert.throws(() => sql(url, "SELECT * FROM guichet.later"));
	sql(own.db.url, "GRANT DELETE ON guichet.journal_line TO apart_app");
	const r = serveOnce(own);
	assert.equal(r.code, 78);
	assert.match(r.err, /error E311.*apart_app.*may change the journal/);
	assert.equal(guichet("migrate", "--check", "--config", own.config).code, 78);
	assert.equal(guichet("migrate", "--config", own.config).code, 0);
	assert.equal(sql(url, "SELECT count(*) FROM guichet.later"), "0");
	assert.equal(guichet("migrate", "--check", "--config", own.config).code, 0);
	own.change({ database: { roles: "nobody" } });
	assert.match(serveOnce(own).err, /error E311.*nobody_app cannot connect/);
	assert.match(guichet("migrate", "--config", own.config).err,
		/error E311.*nobody_app.*is not there/);
});

test("init makes them: with passwords, or not at all", async () => {
	const pg = startPostgres();
	try {
		const file = sql(pg.url, "SHOW hba_file");
		const rules = readFileSync(file, "utf8");
		const hba = (text) => {
			writeFileSync(file, text + rules);
			sql(pg.url, "SELECT pg_reload_conf()");
		};
		const init = (name) => {
			const dir = temporary(), config = join(dir, "guichet.conf");
			const own = urlOf(pg.url, name).replace("user=postgres",
				`user=${name}`);
			const r = guichet("init", "--config", config, "--name", "E",
				"--contact", "a@b.example", "--public-url",
				"https://localhost:1", "--database", own, "--admin", pg.url,
				"--set", `catalogue.schemas=${root}/schemas`);
			assert.equal(r.code, 0, r.out + r.err);
			return { dir, r, text: readFileSync(config, "utf8"), config };
		};
		hba("local all one_app,one_sequencer scram-sha-256\n");
		const one = init("one");
		assert.match(one.text, /^roles = one$/m);
		assert.match(one.text, /^url = .*passfile=.*database\.pass$/m);
		assert.equal(statSync(join(one.dir, "database.pass")).mode & 0o777, 0o600);
		assert.doesNotMatch(one.r.out, /PASSWORD/);
		assert.equal(guichet("migrate", "--check", "--config", one.config).code, 0);

		hba("local all two_app,two_sequencer peer\n");
		const two = init("two");
		assert.match(two.text, /^#roles =/m);
		assert.match(two.r.out, /does not let us be them/);
		assert.equal(guichet("migrate", "--check", "--config", two.config).code, 0);

		hba("");
		const three = init("three");
		assert.match(three.text, /^roles = three$/m);
		assert.ok(!existsSync(join(three.dir, "database.pass")));
	} finally {
		pg.remove();
	}
});
