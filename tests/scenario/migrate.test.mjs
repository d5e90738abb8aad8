// SPDX-License-Identifier: Apache-2.0
// Own tables: made once, in order, whoever asks; what was edited is named.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { guichet, program, temporary, writeSettings } from
	"../support/ground.mjs";
import { createDatabase, sql } from "../support/postgres.mjs";

function settingsFor(url) {
	return writeSettings(join(temporary(), "guichet.conf"), {
		organisation: { name: "Essai", contact: "dpo@example.org" },
		server: { public_url: "https://localhost:1" },
		database: { url },
	});
}

const applied = (url) =>
	sql(url, "SELECT version, name, length(checksum) FROM guichet.migration");

test("init writes settings to fill in, once", () => {
	const config = join(temporary(), "guichet.conf");
	const first = guichet("init", "--config", config);

	assert.equal(first.code, 0, first.err);
	assert.match(readFileSync(config, "utf8"), /^url =$/m);
	assert.equal(statSync(config).mode & 0o007, 0);
	const second = guichet("init", "--config", config);
	assert.equal(second.code, 78);
	assert.match(second.err, /guichet\.conf:\d+:1: error E108.*\n[^]*cure/);
});

test("init, then migrate again: the same tables", () => {
	const db = createDatabase("migrate");
	const config = settingsFor(db.url);
	const init = guichet("init", "--config", config);

	assert.equal(init.code, 0, init.err);
	assert.match(init.out, /0001-first applied/);
	assert.match(applied(db.url), /^1\|0001-first\|32/);
	const again = guichet("migrate", "--config", config);
	assert.equal(again.code, 0, again.err);
	assert.match(again.out, /0001-first was applied before/);
	assert.equal(guichet("migrate", "--check", "--config", config).code, 0);
	db.drop();
});

test("an empty database names the command", () => {
	const db = createDatabase("empty");
	const check = guichet("migrate", "--check", "--config",
		settingsFor(db.url));

	assert.equal(check.code, 78);
	assert.match(check.err, /E304.*version 0[^]*guichet migrate/);
	db.drop();
});

test("an edited migration is named, and nothing is touched", () => {
	const db = createDatabase("edited");
	const config = settingsFor(db.url);

	assert.equal(guichet("migrate", "--config", config).code, 0);
	sql(db.url, `UPDATE guichet.migration SET checksum = sha256('x')
		WHERE version = 1`);
	for (const args of [["migrate"], ["migrate", "--check"]]) {
		const r = guichet(...args, "--config", config);
		assert.equal(r.code, 78);
		assert.match(r.err, /E302.*0001-first was changed/);
	}
	db.drop();
});

test("a database from the future is refused", () => {
	const db = createDatabase("future");
	const config = settingsFor(db.url);

	assert.equal(guichet("migrate", "--config", config).code, 0);
	sql(db.url, `INSERT INTO guichet.migration
		VALUES (9999, '9999-later', sha256('x'))`);
	const r = guichet("migrate", "--check", "--config", config);
	assert.equal(r.code, 78);
	assert.match(r.err, /E305.*version 9999[^]*newer guichet/);
	db.drop();
});

test("two who migrate at once do it once", async () => {
	const db = createDatabase("twice");
	const config = settingsFor(db.url);
	const run = () => new Promise((done) => {
		const p = spawn(program, ["migrate", "--config", config]);
		let out = "";
		p.stdout.on("data", (d) => out += d);
		p.stderr.on("data", (d) => out += d);
		p.on("close", (code) => done({ code, out }));
	});
	const all = await Promise.all([run(), run(), run(), run()]);

	assert.deepEqual(all.map((r) => r.code), [0, 0, 0, 0],
		JSON.stringify(all));
	assert.equal(all.filter((r) => /0001-first applied/.test(r.out)).length,
		1);
	db.drop();
});

test("who may not create tables is told so, a database away too", () => {
	const db = createDatabase("rights");

	sql(db.url, `DO $$ BEGIN CREATE ROLE guichet_poor LOGIN;
		EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
	const poor = guichet("migrate", "--config",
		settingsFor(db.url.replace("user=postgres", "user=guichet_poor")));
	assert.equal(poor.code, 78);
	assert.match(poor.err, /E303.*permission denied[^]*cure/);
	const away = guichet("migrate", "--config",
		settingsFor("postgresql:///x?host=/nonexistent"));
	assert.equal(away.code, 78);
	assert.match(away.err, /E301.*no answer[^]*\[database\] url/);
	db.drop();
});

for (const [what, before, held] of [
	["its first step", "", "CREATE SCHEMA guichet"],
	["a script", "CREATE SCHEMA guichet",
		"CREATE TABLE guichet.subject (n int)"]])
	test(`a database lost in ${what} says so`, async (t) => {
		const db = createDatabase("lost");
		if (before)
			sql(db.url, before);
		// somebody else is just making the same: the migration waits
		const other = spawn("psql", ["-X", "-q", "-d", db.url]);
		t.after(() => other.kill());
		const until = async (query) => {
			for (let i = 0; sql(db.url, query) === "0"; i++) {
				assert.ok(i < 200, query);
				await new Promise((r) => setTimeout(r, 50));
			}
		};
		other.stdin.write(`BEGIN; ${held}; SELECT pg_sleep(60);\n`);
		await until(`SELECT count(*) FROM pg_stat_activity WHERE datname =
			current_database() AND wait_event = 'PgSleep'`);
		const p = spawn(program, ["migrate", "--config", settingsFor(db.url)]);
		let said = "";
		p.stderr.on("data", (d) => said += d);
		const ended = new Promise((r) => p.on("close", r));
		const waits = `FROM pg_stat_activity WHERE datname = current_database()
			AND application_name = 'guichet migrate'
			AND wait_event_type = 'Lock'`;
		await until(`SELECT count(*) ${waits}`);
		sql(db.url, `SELECT pg_terminate_backend(pid) ${waits}`);
		assert.equal(await ended, 78);
		assert.match(said,
			/error E301: guichet's own database gives no answer: [^(]/);
		db.drop();
	});

// A partition that is made, or dropped, once stood across a sign-in: each held
// what the other waited for, and after a second one of them was sent away.
test("partitions come and go while people sign in, and nobody is sent away",
	async () => {
	const db = createDatabase("partitions");
	const m = guichet("migrate", "--config", settingsFor(db.url));
	assert.equal(m.code, 0, m.err);
	const hand = (text) => new Promise((done) => {
		const child = spawn("psql", ["-X", "-q", "-A", "-t",
			"-v", "ON_ERROR_STOP=1", db.url], { stdio: ["pipe", "ignore", "pipe"] });
		let err = "";
		child.stderr.on("data", (d) => { err += d; });
		child.on("close", () => done(err));
		child.stdin.end(text);
	});
	const signIns = Array.from({ length: 400 }, (_, i) => `BEGIN;
		INSERT INTO guichet.subject (id, customer, key) VALUES
		(gen_random_uuid(), :'who' || ${i}, sha256('k'));
		INSERT INTO guichet.session (hash, subject_id, name, expires)
		SELECT sha256((:'who' || ${i})::bytea), id, 'x', now() + interval '30 min'
		  FROM guichet.subject WHERE customer = :'who' || ${i}; COMMIT;`).join("\n");
	const steps = "SELECT guichet.partitions_step();\n".repeat(70);
	const past = Array.from({ length: 12 }, (_, i) => `CREATE TABLE
		guichet.session_20200101${String(i).padStart(2, "0")} PARTITION OF
		guichet.session FOR VALUES FROM ('2020-01-01 ${i}:00Z')
		TO ('2020-01-01 ${i + 1}:00Z');`).join("");
	sql(db.url, past);
	const said = await Promise.all([hand(steps), ...["a", "b", "c"].map((w) =>
		hand(`\\set who ${w}\n${signIns}`))]);
	assert.deepEqual(said, ["", "", "", ""]);
	assert.equal(sql(db.url, "SELECT count(*) FROM guichet.session"), "1200");
	assert.equal(sql(db.url, `SELECT count(*) FROM pg_inherits WHERE
		inhrelid::regclass::text LIKE 'guichet.session_2020%'`), "0");
	db.drop();
});
