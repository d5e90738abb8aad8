// SPDX-License-Identifier: Apache-2.0
// Who signs the journal is a process of its own: it alone holds the key, under
// a user of its own when it has one, and a database that lost its end gets no
// signature but an alarm: in the log, in /metrics, in doctor, in the journal.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, chmodSync, chownSync, existsSync, mkdirSync, openSync, readFileSync,
	readSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { prepareGateway, startGateway, until } from "../support/gateway.mjs";
import { guichet, program, temporary } from "../support/ground.mjs";
import { LINES_WAITING, sql } from "../support/postgres.mjs";

const settings = { log: { level: "info" }, journal: { interval_ms: 100 } };
const line = (url) => sql(url, `INSERT INTO guichet.journal_line (id, log, leaf)
	VALUES (gen_random_uuid(), 1, '{"v":1}')`);
const size = (url, log = 1) => Number(sql(url, `SELECT coalesce(max(size), -1)
	FROM guichet.journal_note WHERE log = ${log}`));
const signed = async (g) => {
	line(g.db.url);
	await g.until(() => sql(g.db.url, LINES_WAITING) === "0" &&
		sql(g.db.url, `SELECT count(*) FROM guichet.journal_head AS h
			WHERE size > 0 AND NOT EXISTS (SELECT FROM
			guichet.journal_note AS n WHERE n.log = h.log AND n.size = h.size)`)
			=== "0", "signed");
};

// The secret half of an Ed25519 key, as a process would hold it.
const seed = (pem) => Buffer.from(readFileSync(pem, "utf8")
	.split("\n").slice(1, -2).join(""), "base64").subarray(-32);

// Does this process hold these bytes anywhere in memory it may write to?
function holds(pid, bytes) {
	const mem = openSync(`/proc/${pid}/mem`, "r");
	for (const row of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
		const m = /^([0-9a-f]+)-([0-9a-f]+) rw.. /.exec(row);
		if (!m)
			continue;
		const from = parseInt(m[1], 16), n = parseInt(m[2], 16) - from;
		const piece = Buffer.alloc(Math.min(n, 64 << 20));
		try {
			readSync(mem, piece, 0, piece.length, from);
		} catch {
			continue;	// not backed by memory
		}
		if (piece.includes(bytes))
			return true;
	}
	return false;
}

test("one process holds the key, and it is not the one that orders", async (t) => {
	const g = await startGateway({ settings });
	t.after(() => g.stop());
	const secrets = ["restitution", "consent-admin"].map((log) =>
		seed(join(g.dir, "keys", `journal-${log}.pem`)));
	await signed(g);
	for (const role of ["web", "push", "watch", "journal", "signer"])
		for (const pid of g.pids(role))
			for (const secret of secrets)
				assert.equal(holds(pid, secret), role === "signer",
					`${role} ${pid}`);
	assert.equal(holds(g.pid, secrets[0]), false, "the supervisor");
	// killed, it comes back, and what waited is signed
	const [before] = g.pids("signer");
	g.kill("signer");
	await signed(g);
	assert.notEqual(g.pids("signer")[0], before);
	// a reload: the old generation's and the new one's share the notes
	g.signal("SIGHUP");
	await g.until(() => g.said("ready processes=") === 2, "reloaded");
	await signed(g);
	assert.equal(g.said("stands still"), 0);
});

// A signer as systemd starts it: by another user, in directories of its own.
async function ownSigner(t, user) {
	const dir = temporary(), f = (name) => join(dir, name);
	chmodSync(dir, 0o755);
	for (const name of ["keys", "notes"]) {
		mkdirSync(f(name), { mode: 0o700 });
		chownSync(f(name), 65534, 65534);
	}
	mkdirSync(f("run"), { mode: 0o755 });
	chownSync(f("run"), 65534, 65534);
	// a copy: that user may not see where this was built
	copyFileSync(program, f("guichet"));
	const child = spawn(f("guichet"), ["journal", "signer", "--keys", f("keys"),
		"--notes", f("notes"), "--socket", f("run/socket"), "--user", user],
		{ uid: 65534, gid: 65534, stdio: ["ignore", "ignore", "pipe"] });
	const s = { dir, socket: f("run/socket"), logs: "" };
	child.stderr.setEncoding("utf8").on("data", (d) => s.logs += d);
	t.after(() => child.kill());
	await until(() => s.logs.includes("signer listens"), "the signer");
	return s;
}
const asRoot = { skip: process.getuid() === 0 ? false : "needs another user" };

test("a signer with a user of its own", asRoot, async (t) => {
	const signer = await ownSigner(t, "root");
	const ground = await prepareGateway({ settings: { ...settings,
		journal: { ...settings.journal, signer: signer.socket } } });
	const names = readdirSync(join(ground.dir, "keys"));
	assert.ok(names.includes("journal-restitution.pub"), names.join());
	assert.ok(!names.some((n) => /^journal-.*pem$/.test(n)), names.join());
	const g = await startGateway({ ground });
	t.after(() => g.stop());
	await signed(g);
	assert.deepEqual(g.pids("signer"), []);
	assert.ok(!existsSync(join(ground.dir, "keys/notes")));
	const note = join(signer.dir, "notes/consent-admin.note");
	assert.equal(statSync(note).uid, 65534);
	assert.equal(readFileSync(note, "utf8"), sql(g.db.url, `SELECT note FROM
		guichet.journal_note WHERE log = 1 ORDER BY size DESC LIMIT 1`) + "\n");
	const r = guichet("journal", "verify", "--log", "consent-admin",
		"--config", g.config);
	assert.equal(r.code, 0, r.out + r.err);
	assert.match(r.out, /past held against: the checkpoint this host's signer/);
	assert.match(guichet("doctor", "--config", g.config).out,
		/^ok +signed +consent-admin: the \d+ lines that were signed are there/m);
	// an export's list of files is signed by it, whose key nobody else reads
	const out = join(ground.dir, "export");
	const made = guichet("journal", "export", out, "--log", "consent-admin",
		"--config", g.config);
	assert.equal(made.code, 0, made.err);
	assert.match(guichet("journal", "verify", out).out,
		/^good[^]*the list of them is signed/);
	// its own keys were made once, and are not made again
	const again = guichet("key", "new", "--config", g.config);
	assert.equal(again.code, 0, again.err);
	assert.equal(again.out, "");
});

test("a stranger is not answered", asRoot, async (t) => {
	const signer = await ownSigner(t, "daemon");
	const ground = await prepareGateway({ settings });
	chmodSync(ground.dir, 0o777);
	ground.change({ journal: { signer: signer.socket },
		keys: { directory: "other" } });
	const r = spawnSync(join(signer.dir, "guichet"), ["key", "new", "--config", ground.config],
		{ uid: 2, gid: 2, encoding: "utf8" });
	assert.equal(r.status, 78, r.stderr);
	assert.match(r.stderr, /error E124: the signer's key cannot be had/);
	await until(() => /asked by a stranger uid=2/.test(signer.logs), "its log");
});

test("a database that lost its end: no signature, an alarm", async (t) => {
	const g = await startGateway({ settings });
	t.after(() => g.stop());
	const doctor = () => guichet("doctor", "--config", g.config);
	const still = async () => /guichet_journal_stands_still\{role="journal"[^}]*\} (\d)/
		.exec((await g.admin("/metrics")).text)?.[1];
	const tables = ["line", "bundle", "tile", "note", "head", "turn"];
	await signed(g);
	assert.match(doctor().out, /^ok +signed +consent-admin: the \d+ lines/m);
	assert.equal(await still(), "0");
	sql(g.db.url, `BEGIN ISOLATION LEVEL REPEATABLE READ;` + tables.map((x) =>
		`CREATE TABLE kept_${x} AS TABLE guichet.journal_${x};`).join("") +
		"COMMIT");
	await signed(g);
	await signed(g);
	// somebody puts the older tables back, behind the leader
	g.kill("journal", 0, "SIGSTOP");
	sql(g.db.url, "BEGIN;" + tables.map((x) => `TRUNCATE guichet.journal_${x};
		INSERT INTO guichet.journal_${x} OVERRIDING SYSTEM VALUE
		SELECT * FROM kept_${x};`).join("") + "COMMIT");
	g.kill("journal", 0, "SIGCONT");
	const before = size(g.db.url);
	line(g.db.url);
	await g.until(() => g.said("code=E309") > 0, "the refusal");
	await g.until(async () => await still() === "1", "the metric");
	assert.equal(size(g.db.url), before, "nothing was signed");
	const r = doctor();
	assert.equal(r.code, 78);
	assert.match(r.out, /^error +signed +consent-admin: the database holds/m);
	assert.equal(sql(g.db.url, `SELECT count(*) FROM guichet.journal_line WHERE
		convert_from(leaf, 'UTF8')::json->>'ev' = 'integrity.fork_refused'`),
		"1");
});
