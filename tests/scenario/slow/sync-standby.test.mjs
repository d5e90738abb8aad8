// SPDX-License-Identifier: Apache-2.0
// With a synchronous standby nothing is signed that it lacks. A real one, by streaming;
// it is frozen, lines go on committing on the primary alone, and no checkpoint shows
// them; the primary is killed, the standby promoted, and the journal goes on from there
// without a doubt, under the same gateway.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync,
	rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { prepareGateway, startGateway, until } from "../../support/gateway.mjs";
import { guichet, root } from "../../support/ground.mjs";
import { sql } from "../../support/postgres.mjs";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const bin = join("/usr/lib/postgresql", readdirSync("/usr/lib/postgresql")
	.sort().at(-1), "bin");
const tool = join(root, "tests/support/pg");
const asOwner = (command, ...args) => process.getuid() === 0 ? execFileSync("setpriv",
	["--reuid=postgres", "--regid=postgres", "--init-groups", command, ...args],
	{ cwd: "/", stdio: "pipe" }) : execFileSync(command, args, { stdio: "pipe" });

let dir, one, two, both, ground, g;
before(async () => {
	dir = mkdtempSync("/tmp/guichet-sync.");
	chmodSync(dir, 0o755);
	const url = execFileSync(tool, ["start", join(dir, "one"), "--fsync"],
		{ encoding: "utf8" }).trim();
	one = /host=([^&]*)/.exec(url)[1];
	two = join(dir, "two");
	mkdirSync(two);
	if (process.getuid() === 0)
		execFileSync("chown", ["postgres", two]);
	asOwner(join(bin, "pg_basebackup"), "-d", `host=${one} user=postgres`, "-D",
		join(two, "data"), "-R", "-X", "stream", "--checkpoint=fast");
	appendFileSync(join(two, "data/postgresql.conf"),
		`unix_socket_directories = '${two}'\n`);
	asOwner(join(bin, "pg_ctl"), "-D", join(two, "data"), "-s", "-w", "-l",
		join(two, "log"), "start");
	sql(url, "ALTER SYSTEM SET synchronous_standby_names = '*'");
	sql(url, "SELECT pg_reload_conf()");
	sql(url, "CREATE DATABASE sync");
	both = `postgresql:///sync?host=${one},${two}&user=postgres&` +
		"target_session_attrs=read-write";
	ground = await prepareGateway({ database: { url: both },
		settings: { journal: { interval_ms: 100 } } });
	g = await startGateway({ ground });
});
after(async () => {
	await g?.stop();
	for (const stop of [() => asOwner(join(bin, "pg_ctl"), "-D", join(two, "data"), "-s",
		"-m", "immediate", "stop"), () => execFileSync(tool, ["remove",
		join(dir, "one")])])
		try { stop(); } catch {}
	rmSync(dir, { recursive: true, force: true });
});

const at = (host) => `postgresql:///sync?host=${host}&user=postgres`;
// commits on the primary, whether or not the standby hears of it
const line = () => sql(both, `SET synchronous_commit = local; INSERT INTO
	guichet.journal_line (id, log, leaf) VALUES (gen_random_uuid(), 0,
	convert_to('{"v":1,"r":' || random() || '}', 'UTF8'))`);
const signed = async () => Number((await g.ask("/journal/restitution/checkpoint")).text
	.split("\n")[1]);
const size = (host) => Number(sql(at(host),
	"SELECT size FROM guichet.journal_head WHERE log = 0"));

let shown;
test("while it follows, the standby has whatever is shown", async () => {
	for (let i = 1; i <= 10; i++) {
		line();
		await until(async () => await signed() === i, "a checkpoint");
		await until(() => size(two) >= i, "the standby shows it", 2000);
	}
});

test("frozen, it lacks what commits now; and nothing of it is signed", async () => {
	const receiver = Number(sql(at(two), "SELECT pid FROM pg_stat_wal_receiver"));
	process.kill(receiver, "SIGSTOP");
	shown = await signed();
	for (let i = 0; i < 20; i++) {
		line();
		await pause(150);
		assert.equal(await signed(), shown);
	}
	assert.equal(sql(at(one), "SELECT count(*) FROM guichet.journal_line WHERE log = 0"),
		String(shown + 20), "they are on the primary");
	assert.equal(g.said("stands still"), 0);
});

test("the primary is lost; the standby goes on from what was shown", async () => {
	const kept = join(dir, "kept");
	writeFileSync(kept, (await g.ask("/journal/restitution/checkpoint")).text);
	const pid = Number(readFileSync(join(one, "data/postmaster.pid"), "utf8")
		.split("\n")[0]);
	const receiver = Number(sql(at(two), "SELECT pid FROM pg_stat_wal_receiver"));
	const children = execFileSync("ps", ["-o", "pid=", "--ppid", pid],
		{ encoding: "utf8" }).split("\n").map(Number).filter(Boolean);
	for (const p of [pid, ...children])
		try { process.kill(p, "SIGKILL"); } catch {}
	process.kill(receiver, "SIGCONT");
	asOwner(join(bin, "pg_ctl"), "-D", join(two, "data"), "-s", "-w", "promote");
	const there = Number(sql(at(two), "SELECT count(*) FROM guichet.journal_line " +
		"WHERE log = 0"));
	assert.ok(size(two) >= shown && there >= shown, `${there} lines, ${shown} shown`);
	line();
	await until(async () => await signed() === there + 1, "it goes on", 30000);
	assert.equal(g.said("stands still"), 0);
	const r = guichet("journal", "verify", "--known", kept, "--config", ground.config);
	assert.equal(r.code, 0, r.out + r.err);
});
