// SPDX-License-Identifier: Apache-2.0
// Two gateway hosts on one database, and nothing else between them: a rolling
// restart under load fails no request that a balancer sends to the one that is
// ready; when the leader of the journal dies, or its session is lost while it
// sleeps, lines get their places within five seconds. And an upgrade, with one host on
// this release and one on the next, which brings a migration.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { prepareGateway, secondHost, startGateway, until }
	from "../support/gateway.mjs";
import { LINES_WAITING, sql } from "../support/postgres.mjs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { root, temporary } from "../support/ground.mjs";

const checkpoint = "/journal/restitution/checkpoint";
let a, b, grounds;

before(async () => {
	const one = await prepareGateway({ settings: { log: { level: "info" },
		journal: { interval_ms: 100 } } });
	grounds = [one, await secondHost(one)];
	a = await startGateway({ ground: grounds[0] });
	b = await startGateway({ ground: grounds[1] });
	await a.until(async () => (await a.ask(checkpoint)).status === 200, "a");
});
after(async () => {
	await a.stop();
	await b.stop();
});

const leads = (g) => g.said("journal leads log=restitution");

// What a balancer sends, to whoever says ready (as HAProxy's check does it), until
// the story is over: nothing may fail. A page, a file, a token looked up.
const asked = [[checkpoint, 200], ["/status", 200], ["/v1/datasets", 401]];
async function underLoad(story) {
	const failures = [], load = { calls: 0 };
	let over = false;
	a.up = b.up = true;
	const all = Promise.all([0, 1, 2, 3].map(async (i) => {
		for (let n = i; !over; n++) {
			const list = [a, b].filter((g) => g.up), g = list[n % list.length];
			const [path, status] = asked[n % asked.length];
			g.flying = (g.flying ?? 0) + 1;
			const r = await g.ask(path, { headers: { authorization:
				`Bearer ${"x".repeat(43)}` } }).catch((e) => e);
			load.calls++;
			g.flying--;
			if (r.status !== status)
				failures.push(`${path}: ${r.message ?? r.status}`);
		}
	}));
	load.more = async (n = 50) => {
		const so_far = load.calls;
		await until(() => load.calls > so_far + n, "more calls");
	};
	await load.more();
	await story(load).finally(() => { over = true; });
	await all;
	assert.deepEqual(failures, [], `of ${load.calls}`);
}
async function restart(g, ground, program) {
	g.up = false;
	await new Promise((done) => setTimeout(done, 100));
	assert.equal(await g.stop(), 0);
	const next = await startGateway({ ground, program });
	next.up = true;
	return next;
}

test("a rolling restart: no request of a balancer fails", () =>
	underLoad(async (load) => {
		a = await restart(a, grounds[0]);
		await load.more();
		b = await restart(b, grounds[1]);
		await load.more();
	}));

// The next release, as far as a database can tell: this one with a migration more.
function nextRelease() {
	const dir = temporary(), built = join(root, "build");
	const list = (d) => readdirSync(join(root, d)).filter((f) => f.endsWith(".sql"))
		.sort().map((f) => join(root, d, f));
	const migration = join(dir, "9000-next.sql"), next = join(dir, "guichet");
	writeFileSync(migration, `ALTER TABLE guichet.grants ADD COLUMN next text;
		ALTER TABLE guichet.access_token ADD COLUMN next text;
		CREATE TABLE guichet.next (id int);`);
	writeFileSync(join(dir, "sql.S"), execFileSync(join(root, "deploy/embed"), ["sql",
		...list("gateway/sql"), "--", ...list("gateway/sql/migrations"), migration]));
	execFileSync("sh", ["-c", `cc -c -o ${dir}/sql.o ${dir}/sql.S && cc -pie -o ${next} \
		${built}/gateway/main.o ${dir}/sql.o ${built}/libguichet.a $(pkg-config --libs \
		libevent libevent_openssl openssl libpq jansson libjwt libcurl libpcre2-8 inih \
		libsystemd zlib p11-kit-1) -lm`]);
	return next;
}

test("an upgrade with a migration: one host on this release, one on the next",
	{ skip: process.env.SAN && "the build of it is the plain one" }, async () => {
	const next = nextRelease(), { url } = grounds[0].db;
	const run = (ground, ...args) => execFileSync(next, [...args, "--config",
		ground.config], { encoding: "utf8" });
	await underLoad(async (load) => {
		b = await restart(b, grounds[1], next);
		await load.more();
		assert.match(run(grounds[1], "migrate"), /9000|next/);
		await load.more();
		// the one that stays behind goes on, and its new workers too
		a.up = false;
		await until(() => a.flying === 0, "nobody asks it");
		const { length } = a.pids("web"), dead = a.kill("web");
		await a.until(() => a.pids("web").length === length &&
			!a.pids("web").includes(dead), "a new worker");
		a.up = true;
		await load.more();
		assert.equal(sql(url, "SELECT max(version) FROM guichet.migration"), "9000");
		a = await restart(a, grounds[0], next);
		await load.more();
	});
	// once stopped, the old one does not start on what it does not know
	await a.stop();
	assert.throws(() => execFileSync(join(root, "build/guichet"), ["serve",
		"--config", grounds[0].config], { stdio: "pipe" }),
	(e) => e.status === 78 && /E305/.test(e.stderr));
	a = await startGateway({ ground: grounds[0], program: next });
});

test("the leader loses its session asleep, or is killed: 5 s at most",
	async () => {
	await until(() => leads(a) + leads(b) > 0, "a leader");
	for (const signal of ["SIGSTOP", "SIGKILL"]) {
		const [leader, other] = leads(b) > 0 && leads(a) === 0 ? [b, a] : [a, b];
		const before = leads(other);
		const pid = leader.kill("journal", 0, signal);
		if (signal === "SIGSTOP")
			// its session ends when the network forgets it; as TCP would
			sql(leader.db.url, `SELECT pg_terminate_backend(pid) FROM pg_locks
				WHERE locktype = 'advisory' AND granted AND database = (SELECT oid
				FROM pg_database WHERE datname = current_database())`);
		const begun = performance.now();
		sql(leader.db.url, `INSERT INTO guichet.journal_line (id, log, leaf)
			VALUES (gen_random_uuid(), 1, '{"v":1}')`);
		await until(() => sql(leader.db.url, LINES_WAITING) === "0",
			"the line has its place", 15000);
		assert.ok(performance.now() - begun < 5000,
			`${performance.now() - begun} ms`);
		if (signal === "SIGSTOP")
			process.kill(pid, "SIGCONT");
		assert.ok(leads(other) >= before);
	}
	// one history: what was signed before is part of what is signed now
	assert.equal(a.said("stands still") + b.said("stands still"), 0);
	// and each leader's notes end where the next one's begin
	const { url } = a.db;
	await until(() => sql(url, LINES_WAITING) === "0", "all ordered");
	assert.equal(sql(url, `SELECT count(*) FROM guichet.journal_note AS n
		JOIN guichet.journal_note AS m USING (log)
		WHERE n.size < m.size AND n.epoch > m.epoch`), "0");
});

test("who takes over is not blind: a tail that was removed is missed",
	async () => {
	const { url } = a.db;
	const [leader, other] = leads(b) > leads(a) ? [b, a] : [a, b];
	const kept = (g) => readFileSync(join(g.settings.journal.notes_dir ??
		join(g.dir, "keys/notes"), "consent-admin.note"), "utf8");
	const tables = ["line", "bundle", "tile", "note", "head", "turn"];
	sql(url, `BEGIN ISOLATION LEVEL REPEATABLE READ;` + tables.map((x) =>
		`CREATE TABLE kept_${x} AS TABLE guichet.journal_${x};`).join("") +
		"COMMIT");
	const before = Number(kept(other).split("\n")[1]);
	sql(url, `INSERT INTO guichet.journal_line (id, log, leaf)
		VALUES (gen_random_uuid(), 1, '{"v":1}')`);
	await until(() => Number(kept(other).split("\n")[1]) > before &&
		kept(other) === kept(leader), "both keep the note");
	leader.signal("SIGKILL");
	await leader.end();
	sql(url, "BEGIN;" + tables.map((x) => `TRUNCATE guichet.journal_${x};
		INSERT INTO guichet.journal_${x} OVERRIDING SYSTEM VALUE
		SELECT * FROM kept_${x};`).join("") + "COMMIT");
	sql(url, `INSERT INTO guichet.journal_line (id, log, leaf)
		VALUES (gen_random_uuid(), 1, '{"v":2}')`);
	const notes = () => sql(url, "SELECT count(*) FROM guichet.journal_note");
	const published = notes();
	await other.until(() => other.said("code=E309") > 0, "the refusal");
	assert.equal(notes(), published, "nothing was signed");
});
