// SPDX-License-Identifier: Apache-2.0
// The supervisor: what it refuses, what it survives, how it reloads and ends.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from
	"node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { prepareGateway, serveOnce, startGateway, until } from
	"../support/gateway.mjs";
import { root, temporary } from "../support/ground.mjs";
import { createDatabase, sql, startPostgres, urlOf } from
	"../support/postgres.mjs";

const checkpoint = "/journal/restitution/checkpoint";
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// A session that holds checkpoints back until released.
async function holdCheckpoints(url) {
	const psql = spawn("psql", ["-X", "-q", "-A", "-t", "-d", url], {
		stdio: ["pipe", "pipe", "inherit"] });
	const held = new Promise((done) => psql.stdout.once("data", done));
	psql.stdin.write("BEGIN; LOCK TABLE guichet.journal_note IN ACCESS " +
		"EXCLUSIVE MODE; SELECT 'held';\n");
	await held;
	return () => psql.stdin.end("COMMIT;\n");
}

// the web worker's: the journal asks that table too, by itself
const waiting = (url) => Number(sql(url, `SELECT count(*) FROM pg_locks
	JOIN pg_stat_activity USING (pid) WHERE NOT granted AND
	application_name = 'guichet web' AND
	relation = 'guichet.journal_note'::regclass`));

// ---- what is refused, before any port opens ----

test("a start that cannot succeed says why and opens no port", async (t) => {
	// The port is taken: whoever opened it first would complain of that.
	const taken = createServer().listen(0, "127.0.0.1");
	await new Promise((done) => taken.once("listening", done));
	const listen = `127.0.0.1:${taken.address().port}`;
	const ground = await prepareGateway({ settings: { server: { listen } } });
	const refuses = (why, settings, pattern, code = 78) =>
		t.test(why, () => {
			ground.change(settings);
			const r = serveOnce(ground);
			assert.equal(r.code, code, r.err);
			assert.match(r.err, pattern);
			assert.match(r.err, /cure: \S/);
		});

	await refuses("an unknown setting", { server: { listen, wbe: 2 } },
		/guichet\.conf:\d+:\d+: error E10\d: .*'wbe'/);
	await refuses("no keys", { keys: { directory: "nowhere" } },
		/error E\d+: .*nowhere|nowhere.*: error E\d+/);
	await refuses("no schemas", { catalogue: { schemas: "nowhere" } },
		/error E\d+[^]*nowhere|nowhere[^]*error E\d+/);
	await refuses("a database of another version",
		{ database: { url: createDatabase("blank").url } },
		/error E304: [^]*guichet migrate/);
	await refuses("a database away is worth another try",
		{ database: { url: "postgresql:///x?host=/nonexistent" } },
		/error E301: /, 69);
	await refuses("the port itself", {},
		new RegExp(`error E\\d+: .*|${listen}`));
	taken.close();
});

test("an adapter at fault, or a source with real people, is refused",
	async (t) => {
	const adapters = join(temporary(), "adapters");
	const source = createDatabase("source");
	const ground = await prepareGateway({ settings: {
		catalogue: { adapters, sources: "energy" },
		login: { mode: "demo" } } });
	const conf = (synthetic) => writeFileSync(
		join(adapters, "energy/source.conf"), `url = ${source.url}\n` +
		"time_zone = Europe/Paris\ncapture = horizon\n" +
		`synthetic = ${synthetic}\n`);

	cpSync(join(root, "adapters"), adapters, { recursive: true });
	await t.test("its tables are not there", () => {
		conf("yes");
		const r = serveOnce(ground);
		assert.equal(r.code, 78, r.err);
		assert.match(r.err, /energy\/[a-z.-]+\.sql(:\d+)*: error E2\d\d/);
	});
	await t.test("demo login and a source not marked synthetic", () => {
		conf("no");
		const r = serveOnce(ground);
		assert.equal(r.code, 78, r.err);
		assert.match(r.err, /error E130: .*'energy' is not marked/);
	});
});

// ---- what is survived ----

test("kill -9 of a web worker: queued connections are served", async () => {
	const g = await startGateway({ settings: { server: { web_workers: 1 } } });
	await g.until(async () => (await g.ask(checkpoint)).status === 200,
		"the first checkpoint");
	const [pid] = g.pids("web");

	process.kill(pid, "SIGSTOP");	// connections pile up in the socket
	const calls = Array.from({ length: 20 }, () => g.ask(checkpoint));
	await pause(300);
	process.kill(pid, "SIGKILL");
	const answers = await Promise.all(calls);
	assert.deepEqual([...new Set(answers.map((a) => a.status))], [200]);
	assert.notEqual(g.pids("web")[0], pid);
	assert.match(g.logs, /error .*died role=web index=0 pid=\d+ signal=9/);
	assert.equal(await g.stop(), 0);
});

test("every role comes back, and slower when it dies in a row", async () => {
	const g = await startGateway();
	for (const role of new Set([...g.logs.matchAll(
		/started role=(\w+)/g)].map((m) => m[1]))) {
		const before = g.pids(role).length;
		const pid = g.kill(role);
		await g.until(() => g.pids(role).length === before &&
			!g.pids(role).includes(pid), `${role} again`);
	}
	for (let i = 0; i < 3; i++) {
		const pid = g.kill("journal");
		await g.until(() => g.pids("journal").some((p) => p !== pid),
			"journal again");
	}
	const pauses = [...g.logs.matchAll(
		/died role=journal .*restart_ms=(\d+)/g)].map((m) => +m[1]);
	assert.deepEqual(pauses, [0, 100, 200, 400]);
	assert.equal(await g.stop(), 0);
});

test("whoever loses the supervisor ends", async () => {
	const g = await startGateway();
	const pids = g.pids();

	assert.ok(pids.length >= 3);
	g.signal("SIGKILL");
	await g.end();
	await until(() => pids.every((p) => !existsSync(`/proc/${p}`) ||
		/^State:\s+Z/m.test(readFileSync(`/proc/${p}/status`, "utf8"))),
		"all ended", 5000);
	await assert.rejects(g.ask(checkpoint));
});

test("a database that stops: 503 at once, and back by itself", async () => {
	const pg = startPostgres();
	const database = createDatabase("stops", pg.url);
	const g = await startGateway({ database });
	try {
		await g.until(async () => (await g.ask(checkpoint)).status === 200,
			"the first checkpoint");
		pg.stop();
		const first = await g.ask(checkpoint);
		assert.equal(first.status, 503);
		assert.match(first.headers["retry-after"], /^\d+$/);
		assert.match(first.headers["content-type"], /problem\+json/);
		assert.doesNotMatch(first.text, /socket|postgres|SELECT/i);
		await until(async () => {
			const begun = performance.now();
			const a = await g.ask(checkpoint);
			assert.equal(a.status, 503);
			return performance.now() - begun < 200;
		}, "a quick 503", 5000);
		assert.equal((await g.admin("/ready")).status, 503);
		assert.equal((await g.admin("/live")).status, 200);
		pg.start();
		await g.until(async () => (await g.ask(checkpoint)).status === 200,
			"answers again", 10000);
		await g.until(async () => (await g.admin("/ready")).status === 200,
			"ready again", 10000);
		assert.equal(g.said(/died role=web/), 0);
	} finally {
		await g.stop();
		pg.remove();
	}
});

test("a full queue is 503, and the others are served", async () => {
	const g = await startGateway({ settings: {
		server: { web_workers: 1 }, database: { queue: 5 } } });
	await g.until(async () => (await g.ask(checkpoint)).status === 200,
		"the first checkpoint");
	const release = await holdCheckpoints(g.db.url);
	const calls = Array.from({ length: 12 }, () => g.ask(checkpoint));
	const refused = [];

	for (const call of calls)
		call.then((a) => refused.push(a));
	await until(() => refused.length === 7, "seven refusals");
	for (const a of refused) {
		assert.equal(a.status, 503);
		assert.match(a.headers["retry-after"], /^\d+$/);
	}
	release();
	const all = (await Promise.all(calls)).map((a) => a.status);
	assert.equal(all.filter((s) => s === 200).length, 5);
	assert.equal(await g.stop(), 0);
});

test("partitions to come are made while it serves", async () => {
	const database = createDatabase("hours");
	const ground = await prepareGateway({ database });
	const ahead = { pushed_request: 4, code: 4, access_token: 4, jti: 4,
		session: 25 };
	const names = (parent, from, to) => `SELECT '${parent}' || to_char(
		now() AT TIME ZONE 'UTC' + make_interval(hours => i),
		'_YYYYMMDDHH24') FROM generate_series(${from}, ${to}) AS i`;
	const are = `SELECT relname FROM pg_inherits
		JOIN pg_class ON oid = inhrelid`;
	const wanted = Object.entries(ahead).map(([parent, hours]) =>
		names(parent, 0, hours)).join(" UNION ALL ");
	const missing = () => Number(sql(database.url,
		`SELECT count(*) FROM (${wanted} EXCEPT ${are}) AS m`));
	const past = "jti_2020010100";
	const old = () => sql(database.url,
		`SELECT to_regclass('guichet.${past}') IS NOT NULL`) === "t";

	// as if nobody had made or dropped any for a long time
	sql(database.url, `DO $$ DECLARE t text; BEGIN
		FOR t IN SELECT inhrelid::regclass FROM pg_inherits
		  WHERE inhparent IN ('guichet.jti'::regclass,
			'guichet.session'::regclass) LOOP
			EXECUTE 'DROP TABLE ' || t;
		END LOOP; END $$;
		CREATE TABLE guichet.${past} PARTITION OF guichet.jti FOR VALUES
		FROM ('2020-01-01 00:00Z') TO ('2020-01-01 01:00Z')`);
	assert.ok(missing() >= 5 + 26, `missing: ${missing()}`);
	assert.ok(old());
	const g = await startGateway({ ground });
	await g.until(() => missing() === 0 && !old(), "the partitions");
	// and none beyond what lives: each is a table to plan for
	assert.equal(sql(database.url, `SELECT string_agg(DISTINCT inhparent::regclass
		|| '', ' ') FROM pg_inherits JOIN pg_class ON oid = inhrelid
		WHERE relname IN (${Object.entries(ahead).map(([parent, hours]) =>
		names(parent, hours + 1, hours + 30)).join(" UNION ALL ")})`), "");
	assert.equal(await g.stop(), 0);
});

// ---- reload ----

test("a crash leaves no memory behind, unless it was asked to", async (t) => {
	if (readFileSync("/proc/sys/kernel/core_pattern", "utf8")[0] === "|")
		return t.skip("this machine gives cores to a program");
	for (const wanted of ["no", "yes"]) {
		const cwd = temporary();
		const one = await startGateway({ cwd, settings: {
			server: { web_workers: 1, core_dumps: wanted } } });
		const [pid] = one.pids("web");
		execFileSync("prlimit", ["--pid", pid, "--core=unlimited"]);
		one.kill("web", 0, "SIGSEGV");
		await one.until(() => one.said("died role=web") > 0, "died");
		assert.equal(readdirSync(cwd).filter((f) => f.startsWith("core"))
			.length, wanted === "yes" ? 1 : 0, wanted);
		await one.stop();
	}
});

test("SIGHUP: the new settings serve, and no call is dropped", async () => {
	const g = await startGateway();
	const old = g.pids("web");
	const failures = [];
	let calls = 0, over = false;
	const load = Promise.all([1, 2, 3, 4].map(async () => {
		while (!over) {
			const a = await g.ask(checkpoint).catch((e) => e);
			calls++;
			if (!(a.status < 500))
				failures.push(a.message ?? a.text);
		}
	}));

	await g.until(() => calls > 20, "some calls");
	g.change({ server: { web_workers: 3 } });
	g.signal("SIGHUP");
	await g.until(() => /ready processes=\d+ generation=2/.test(g.logs),
		"generation 2");
	await g.until(() => old.every((p) => !g.pids("web").includes(p)),
		"the old ones gone");
	const so_far = calls;
	await g.until(() => calls > so_far + 20, "more calls");
	over = true;
	await load;
	assert.deepEqual(failures, [], `of ${calls} calls: ${g.logs}`);
	assert.equal(g.pids("web").length, 3);
	assert.equal(await g.stop(), 0);
});

test("SIGHUP with a fault: told, and everything stays as it was",
	async () => {
	const g = await startGateway();
	const old = g.pids();

	g.change({ server: { public_url: "not a url" } });
	g.signal("SIGHUP");
	await g.until(() => g.said("reload refused") === 1, "the refusal");
	assert.match(g.logs, /guichet\.conf:\d+:\d+: error E108: .*public_url/);
	g.change({ server: { listen: "127.0.0.1:1" } });	// may not be ours
	assert.deepEqual(g.pids(), old);
	assert.ok((await g.ask(checkpoint)).status < 500);
	assert.equal(await g.stop(), 0);
});

test("SIGHUP with another address: it moves there", async () => {
	const g = await startGateway();
	const old = g.pids("web");
	const taken = createServer().listen(0, "127.0.0.1");
	await new Promise((done) => taken.once("listening", done));
	const { port } = taken.address();
	await new Promise((done) => taken.close(done));

	g.change({ server: { listen: `127.0.0.1:${port}` } });
	g.signal("SIGHUP");
	await g.until(() => old.every((p) => !g.pids("web").includes(p)),
		"the old ones gone");
	await until(() => new Promise((done) => {
		connect(g.port, "127.0.0.1").on("connect", () => done(false))
			.on("error", () => done(true));
	}), "the old port closed", 5000);
	await new Promise((done, fail) => connect(port, "127.0.0.1")
		.on("connect", done).on("error", fail));
	assert.equal(await g.stop(), 0);
});

// ---- the end ----

test("SIGTERM: the call under way is answered, no new one taken",
	async () => {
	const g = await startGateway();
	await g.until(async () => (await g.ask(checkpoint)).status === 200,
		"the first checkpoint");
	const release = await holdCheckpoints(g.db.url);
	const call = g.ask(checkpoint);

	await until(() => waiting(g.db.url) > 0,
		"the call waits");
	g.signal("SIGTERM");
	await g.until(() => g.said("stopping processes=") === 1, "stopping");
	await until(() => g.ask(checkpoint).then(() => false, () => true),
		"refused at the door");
	release();
	assert.equal((await call).status, 200);
	assert.equal(await g.end(), 0);
	assert.match(g.logs, /supervisor: stopped/);
});

test("SIGTERM: whoever stands in the queue already is answered", async () => {
	const g = await startGateway({ settings: { server: { web_workers: 1 } } });
	await g.until(async () => (await g.ask(checkpoint)).status === 200,
		"the first checkpoint");
	const [pid] = g.pids("web"), port = new URL(g.issuer).port;
	const queued = () => execFileSync("ss", ["-Hltn", `sport = :${port}`],
		{ encoding: "utf8" }).trim().split("\n")
		.reduce((n, l) => n + Number(l.split(/\s+/)[1]), 0);

	process.kill(pid, "SIGSTOP");
	const calls = Array.from({ length: 200 }, () => g.ask(checkpoint));
	await until(() => queued() === 200, "all stand in the queue");
	g.signal("SIGTERM");
	await g.until(() => g.said("stopping processes=") === 1, "stopping");
	process.kill(pid, "SIGCONT");
	const answers = await Promise.allSettled(calls);
	assert.deepEqual([...new Set(answers.map((a) => a.value?.status ??
		a.reason.code))], [200]);
	assert.equal(await g.end(), 0);
});

test("SIGTERM ends within the drain's time, whatever hangs", async () => {
	const g = await startGateway({ settings: {
		server: { drain_timeout_ms: 500 } } });
	await g.until(async () => (await g.ask(checkpoint)).status === 200,
		"the first checkpoint");
	const release = await holdCheckpoints(g.db.url);
	const call = g.ask(checkpoint).then((a) => a.status, () => "closed");

	await until(() => waiting(g.db.url) > 0, "the call waits");
	const begun = performance.now();
	assert.equal(await g.stop(), 0);
	assert.ok(performance.now() - begun < 4500);
	assert.ok([503, "closed"].includes(await call));
	release();
});

test("systemd is told: ready, reloading, watchdog, stopping", async () => {
	const path = join(temporary(), "notify");
	// perl is part of every Debian; Node has no datagram unix sockets
	const ear = spawn("perl", ["-MIO::Socket::UNIX", "-e",
		`$| = 1; my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM,
		Local => $ARGV[0]) or die; print "listening\n";
		my $m; while (defined $s->recv($m, 4096)) { print "$m\n"; }`, path]);
	let heard = "";
	ear.stdout.on("data", (d) => heard += d);
	await until(() => heard.includes("listening"), "the ear");
	const g = await startGateway({ env: { NOTIFY_SOCKET: path,
		WATCHDOG_USEC: "400000" } });

	await until(() => heard.includes("READY=1"), "READY");
	await until(() => heard.split("WATCHDOG=1").length > 3, "WATCHDOG");
	g.signal("SIGHUP");
	await until(() => /RELOADING=1\nMONOTONIC_USEC=\d+/.test(heard),
		"RELOADING");
	await until(() => heard.split("READY=1").length === 3, "READY again");
	assert.equal(await g.stop(), 0);
	await until(() => heard.includes("STOPPING=1"), "STOPPING");
	ear.kill();
});
