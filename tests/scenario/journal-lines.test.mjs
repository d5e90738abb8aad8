// SPDX-License-Identifier: Apache-2.0
// No change without its line, no line without its change: a state and the line
// that tells of it are one statement. Held against every statement there is, and
// against the database with many hands at once.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gather } from "../../deploy/reference.mjs";
import { guichet, program, root, temporary, writeSettings } from "../support/ground.mjs";
import { createDatabase, sql } from "../support/postgres.mjs";

const statements = join(root, "gateway/sql");
const textOf = (name) => readFileSync(join(statements, `${name}.sql`), "utf8");

// Changes that tell nobody anything: why each may stand without a line.
const silent = {
	destination_again: "her consent waits as it did; its cloud is asked anew",
	destination_check: "when its door was last looked at",
	destination_reseal: "the same secrets, sealed by a newer key",
	destination_save: "the connector's own bookkeeping with her cloud",
	grant_lives: "when her customer was last looked at",
	letter_remind: "which end a letter tells of; its sending is the line",
	subscription_claim: "a lease; the gate writes what is then sent",
	subscription_claim_alone: "the same, alone after a crash",
	subscription_orphan: "a lease that ran out comes back",
	watch_compare: "a question to the source, not a change of hers",
	watch_wake: "something is due; what is sent is told when it is",
	watch_wake_all: "the same, for a whole source",
	watch_wake_at: "the same, by the change table",
	watch_resync: "the same, when a stream begins anew",
};

test("every statement that changes a state writes its line", () => {
	const changes = /\b(UPDATE|INSERT\s+INTO|DELETE\s+FROM)\s+guichet\.(grants|client|subscription|destination|subject)\b/i;
	const without = readdirSync(statements).filter((f) => f.endsWith(".sql"))
		.map((f) => f.slice(0, -4))
		.filter((name) => {
			const text = textOf(name).replaceAll(/--.*/g, "");
			return changes.test(text) &&
				!/INSERT\s+INTO\s+guichet\.journal_line/i.test(text);
		});
	assert.deepEqual(without.filter((name) => !silent[name]), [],
		"a change without a line: write it, or say here why not");
	for (const name of Object.keys(silent))
		assert.ok(changes.test(textOf(name)), `${name} needs no excuse`);
});

// A word that is none ends the program where it would be written.
test("every event that the source writes is in the vocabulary", () => {
	const told = new Set(gather(program).events.map((e) => e.name));
	const first = new Set([...told].map((name) => name.split(".")[0]));
	const pages = new Set([...readFileSync(join(root,
		"gateway/pages/po/en.po"), "utf8").matchAll(/^msgid "(.+)"$/gm)]
		.map((m) => m[1]));
	const source = readdirSync(join(root, "gateway"), { recursive: true })
		.filter((f) => f.endsWith(".c"))
		.map((f) => readFileSync(join(root, "gateway", f), "utf8")).join("\n");
	const files = new Set(["subject.key"]);
	const written = new Set([...source.matchAll(
		/\.event\s*=\s*"([^"]+)"/g)].map((m) => m[1]));
	for (const [, name, family] of source.matchAll(/"(([a-z]+)\.[a-z_]+)"/g))
		if (first.has(family) && !pages.has(name) && !files.has(name))
			written.add(name);
	assert.ok(written.size > 50, "they are found");
	assert.deepEqual([...written].filter((name) => !told.has(name)), []);
});

// ---- many hands ----

let db;
const customer = "C-LINES-0001";

before(() => {
	db = createDatabase("lines");
	const dir = temporary();
	const config = writeSettings(join(dir, "guichet.conf"), {
		organisation: { name: "Test", contact: "dpo@example.org" },
		server: { public_url: "https://counter.example" },
		database: { url: db.url },
		keys: { directory: join(dir, "keys") },
	});
	const r = guichet("migrate", "--config", config);
	assert.equal(r.code, 0, r.err);
	sql(db.url, `INSERT INTO guichet.client (id, kind, name)
		VALUES ('pims', 'oauth', 'PIMS');
		INSERT INTO guichet.subject (id, customer, key) VALUES
		('51000000-0000-4000-8000-000000000001', '${customer}',
		 sha256('k'));
		INSERT INTO guichet.grants (id, client_id, subject_id, pairwise,
			datasets, details, purpose, language, notice_sha256, expires)
		SELECT gen_random_uuid(), 'pims', s.id, 'p', '{d}', '[]', 'p', 'fr',
			sha256('n'), now() + interval '1 day'
		  FROM guichet.subject AS s, generate_series(1, 30)`);
});
after(() => db.drop());

// One psql, one session: prepares the statement and runs it so many times.
function hand(name, calls) {
	const child = spawn("psql", ["-X", "-q", "-A", "-t", "-d", db.url],
		{ stdio: ["pipe", "pipe", "pipe"] });
	let out = "", err = "";
	child.stdout.on("data", (d) => out += d);
	child.stderr.on("data", (d) => err += d);
	child.stdin.end(`PREPARE q AS ${textOf(name)}\n` + calls.map((c) =>
		`EXECUTE q (${c});`).join("\n"));
	return new Promise((done) => child.on("close", () => done({ out, err })));
}

const line = (event, grant) => {
	const id = randomUUID();
	return `'${id}', 1, '{"v":1,"id":"${id}","ev":"${event}"}', NULL, NULL,
		NULL, ${grant ? `'${grant}'` : "NULL"}, 'pims'`;
};
const shuffled = (list) => list.map((x) => [Math.random(), x]).sort()
	.map(([, x]) => x);

test("ten hands end the same thirty grants: each is told once", async () => {
	const grants = sql(db.url, "SELECT id FROM guichet.grants").split("\n");
	const said = await Promise.all(Array.from({ length: 10 }, () =>
		hand("grant_end", shuffled(grants).map((g) =>
			`'${g}', 'withdrawn', 'customer', ${line("consent.withdrawn", g)}`))));
	for (const s of said)
		assert.equal(s.err, "");
	assert.equal(said.map((s) => s.out).join("").trim().split("\n")
		.filter(Boolean).length, 30, "each answered by one hand");
	assert.equal(sql(db.url, `SELECT count(*) || ' ' || count(DISTINCT grant_id)
		FROM guichet.journal_line WHERE convert_from(leaf, 'UTF8')::json->>'ev'
		= 'consent.withdrawn'`), "30 30");
	assert.equal(sql(db.url, `SELECT count(*) FROM guichet.grants
		WHERE state <> 'withdrawn'`), "0");
});

test("a change that fails leaves no line, and a line that fails no change",
	async () => {
	const before = sql(db.url, "SELECT count(*) FROM guichet.journal_line");
	let s = await hand("client_state", [
		`'pims', 'no such state', 'x', ${line("client.suspended")}`]);
	assert.match(s.err, /check constraint/);
	s = await hand("client_state", [`'pims', 'suspended', 'x',
		NULL, 1, 'leaf', NULL, NULL, NULL, NULL, 'pims'`]);
	assert.match(s.err, /null value in column "id"/);
	s = await hand("client_state", [`'nobody', 'suspended', 'x',
		${line("client.suspended")}`, `'pims', 'admitted', 'x',
		${line("client.admitted")}`]);
	assert.equal(s.err + s.out.trim(), "");
	assert.equal(sql(db.url, "SELECT count(*) FROM guichet.journal_line"),
		before);
	assert.equal(sql(db.url, "SELECT state FROM guichet.client"), "admitted");
});

test("a hundred switches, five hands: as many lines as changes, in turn",
	async () => {
	await Promise.all(Array.from({ length: 5 }, (_, i) => hand("client_state",
		Array.from({ length: 40 }, (_, j) => {
			const state = (i + j) % 2 ? "suspended" : "admitted";
			return `'pims', '${state}', 'x', ${line(`client.${state}`)}`;
		}))));
	// the row lock orders the lines: they alternate
	const told = sql(db.url, `SELECT convert_from(leaf, 'UTF8')::json->>'ev'
		FROM guichet.journal_line WHERE grant_id IS NULL ORDER BY n`)
		.split("\n");
	assert.ok(told.length > 10);
	told.forEach((event, i) => assert.equal(event,
		i % 2 ? "client.admitted" : "client.suspended"));
	assert.equal(sql(db.url, "SELECT 'client.' || state FROM guichet.client"),
		told.at(-1));
});
