// SPDX-License-Identifier: Apache-2.0
// Patroni and etcd, as Debian has them, look after two PostgreSQL: a switchover that a
// person asks for, a primary that dies with its Patroni, one that is frozen. A gateway
// under load follows by its URL alone; synchronous mode: no line of an answered call is
// missing.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask, until } from "../../support/gateway.mjs";
import { startGranted } from "../../support/granted.mjs";
import { freePorts } from "../../support/ground.mjs";
import { createDatabase, LINES_WAITING, sql } from "../../support/postgres.mjs";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const bin = readdirSync("/usr/lib/postgresql").sort((a, b) => a - b)
	.map((v) => `/usr/lib/postgresql/${v}/bin`).at(-1);
const root = process.getuid() === 0;
const as = root ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : [];
const missing = ["patroni", "etcd"].find((p) => spawnSync("which", [p]).status !== 0);
const skip = missing && `${missing} is not installed`;

// pid and everything below it
function family(pid) {
	const below = String(spawnSync("pgrep", ["-P", String(pid)]).stdout).split("\n")
		.filter(Boolean).map(Number);
	return [pid, ...below.flatMap(family)];
}
const signal = (pids, name) => {
	for (const pid of pids) try { process.kill(pid, name); } catch {}
};

// Patroni, and PostgreSQL, which is a daemon of its own; none when it is not there.
const both = (name) => {
	let pid = [];
	try {
		pid = family(Number(readFileSync(join(dir, name, "postmaster.pid"), "utf8")
			.split("\n")[0]));
	} catch {}
	return [...family(nodes[name].pid), ...pid];
};

let dir, etcd, nodes, s, grants, url, served = 0;

// ttl: who does not renew the leader's key for so many seconds has lost it.
function settings(name, node, store) {
	return { scope: "guichet", name,
		restapi: { listen: `127.0.0.1:${node.rest}`, connect_address: `127.0.0.1:${node.rest}` },
		etcd3: { host: `127.0.0.1:${store}` },
		bootstrap: { dcs: { ttl: 5, loop_wait: 1, retry_timeout: 2, synchronous_mode: true,
			maximum_lag_on_failover: 1048576,
			postgresql: { use_pg_rewind: true, parameters: { fsync: "off",
				max_connections: 200, max_prepared_transactions: 10, wal_log_hints: "on" } } },
		initdb: [{ encoding: "UTF8" }, { locale: "C.UTF-8" }, { auth: "trust" }],
		pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust",
			"host replication all 127.0.0.1/32 trust"] },
		postgresql: { listen: `127.0.0.1:${node.pg}`, connect_address: `127.0.0.1:${node.pg}`,
			data_dir: join(dir, name), bin_dir: bin, pgpass: join(dir, `${name}.pass`),
			parameters: { unix_socket_directories: dir },
			authentication: { superuser: { username: "postgres", password: "p" },
				replication: { username: "replicator", password: "r" } } } };
}

function start(name) {
	const [program, ...args] = [...as, "patroni", join(dir, `${name}.yml`)];
	const child = spawn(program, args, { cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
	const node = nodes[name];
	Object.assign(node, { pid: child.pid, said: node.said ?? "" });
	for (const out of [child.stdout, child.stderr])
		out.on("data", (d) => { node.said += d; });
	process.on("exit", () => signal(both(name), "SIGKILL"));
}
const role = (n) => ask(`http://127.0.0.1:${nodes[n].rest}/patroni`, { timeout: 1000 })
	.then((r) => r.json).catch(() => ({}));
const roles = async () => Object.fromEntries(await Promise.all(Object.keys(nodes)
	.map(async (n) => [n, await role(n)])));
const leader = async () => Object.entries(await roles())
	.find(([, r]) => r.state === "running" && r.role === "master")?.[0];
// a leader, and a standby that hears all before it is acknowledged
const whole = () => until(async () => {
	const all = Object.values(await roles());
	return all.some((r) => r.state === "running" && r.role === "master") &&
		all.some((r) => r.sync_standby === true);
}, "leader and synchronous standby", 60000).catch((e) => {
	throw new Error(`${e.message}\n${Object.values(nodes).map((n) => n.said.slice(-3000))
		.join("\n----\n")}`);
});

before(async () => {
	if (skip) return;
	dir = mkdtempSync("/tmp/guichet-patroni-");
	const [client, peer, ...ports] = await freePorts(6);
	nodes = { a: { pg: ports[0], rest: ports[1] }, b: { pg: ports[2], rest: ports[3] } };
	etcd = spawn("etcd", ["--data-dir", join(dir, "etcd"), "--listen-client-urls",
		`http://127.0.0.1:${client}`, "--advertise-client-urls", `http://127.0.0.1:${client}`,
		"--listen-peer-urls", `http://127.0.0.1:${peer}`, "--initial-advertise-peer-urls",
		`http://127.0.0.1:${peer}`, "--initial-cluster", `default=http://127.0.0.1:${peer}`], { stdio: "ignore" });
	process.on("exit", () => etcd.kill("SIGKILL"));
	for (const name of ["a", "b"])
		writeFileSync(join(dir, `${name}.yml`), JSON.stringify(settings(name, nodes[name],
			client)));
	if (root) execFileSync("chown", ["-R", "postgres", dir]);
	await until(async () => (await ask(`http://127.0.0.1:${client}/health`)
		.catch(() => ({}))).status === 200, "etcd", 15000);
	start("a");
	await until(async () => await leader() === "a", "a leads", 60000)
		.catch((e) => { throw new Error(`${e.message}\n${nodes.a.said}`); });
	start("b");
	await whole();
	url = `postgresql://postgres@127.0.0.1:${nodes.a.pg},127.0.0.1:${nodes.b.pg}` +
		"/postgres?target_session_attrs=read-write";
	s = await startGranted({ own: createDatabase("own", url), customers: 6, days: 25,
		settings: { log: { level: "info" },
			pull: { calls_per_minute: 0, calls_per_day: 0 } } });
	grants = s.people.map((who) => s.grant(who));
}, { timeout: 180000 });
after(async () => {
	if (skip) return;
	if (s) signal(family(s.gateway.pid), "SIGKILL");
	await s?.gateway.end();
	for (const name of Object.keys(nodes)) signal(both(name), "SIGKILL");
	etcd.kill("SIGKILL");
	rmSync(dir, { recursive: true, force: true });
});

// -> the longest time without an answer, ms
async function outage(what, story) {
	const times = [], others = new Set();
	let over = false;
	const all = Promise.all([0, 1, 2, 3].map(async (i) => {
		while (!over) {
			const r = await s.pull(grants[i % grants.length]).catch((e) => e);
			if (r.status === 200) times.push(performance.now());
			else others.add(r.status ?? r.message);
			await pause(r.status === 200 ? 5 : 50);
		}
	}));
	const more = () => { const n = times.length;
		return until(() => times.length > n + 60, "pulls", 60000); };
	await more();
	const was = await leader();
	await story(was);
	await until(async () => { const now = await leader(); return now && now !== was; },
		"another leads", 60000);
	await more();
	over = true;
	await all;
	served += times.length;
	const gap = Math.max(...times.slice(1).map((t, i) => t - times[i]));
	console.log(`${what}: ${gap.toFixed(0)} ms without an answer, ${served} answers`);
	// 503, or the patience of whoever asked while nobody knew yet
	assert.deepEqual([...others].filter((x) => x !== 503 && !/: no answer$/.test(x)), []);
	return gap;
}
const short = (gap, at_most) => assert.ok(gap <= at_most, `${gap} ms`);
const nothing_lost = () => {
	const lines = Number(sql(s.own.url, `SELECT count(*) FROM guichet.journal_line
		WHERE convert_from(leaf, 'UTF8') LIKE '%"ev":"pull.%'`));
	assert.ok(lines >= served, `${lines} lines of ${served} answers`);
};

test("a switchover that a person asks for", { skip, timeout: 120000 }, async () => {
	const gap = await outage("switchover", async (was) => {
		const r = await ask(`http://127.0.0.1:${nodes[was].rest}/switchover`, { method: "POST",
			headers: { "content-type": "application/json" }, timeout: 30000,
			body: JSON.stringify({ leader: was }) });
		assert.equal(r.status, 200, r.text);
	});
	nothing_lost();
	await whole();
	short(gap, 10000);
});

test("the primary and its Patroni die", { skip, timeout: 180000 }, async () => {
	let dead;
	const gap = await outage("kill -9", (was) => {
		dead = was;
		signal(both(was), "SIGKILL");
	});
	nothing_lost();
	start(dead);
	await whole();
	short(gap, 20000);
});

test("the primary and its Patroni are frozen, and wake up", { skip, timeout: 180000 },
	async () => {
	let asleep, was;
	const gap = await outage("SIGSTOP", (name) => {
		was = name;
		asleep = both(name);
		signal(asleep, "SIGSTOP");
	});
	signal(asleep, "SIGCONT");
	await whole();
	assert.notEqual(await leader(), was, "it follows now");
	nothing_lost();
	await until(() => sql(s.own.url, LINES_WAITING) === "0", "all lines have a place");
	assert.equal(s.gateway.said("code=E309"), 0, "one history");
	short(gap, 30000);
});
