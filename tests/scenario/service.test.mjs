// SPDX-License-Identifier: Apache-2.0
// What service managers and Ansible lean on. Sockets that systemd opened
// (systemd-socket-activate is systemd's own program for it): taken for the address
// they have, shared by the workers, kept by a reload; one that no setting names is
// refused with a sentence. And a start that only looks.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { ask, prepareGateway, until } from "../support/gateway.mjs";
import { freePorts, guichet, program, writeSettings } from "../support/ground.mjs";

const activate = "/usr/bin/systemd-socket-activate";
const skip = { skip: spawnSync(activate, ["--version"]).status === 0 ? false :
	"systemd-socket-activate is not installed" };

function start(ground, address) {
	const child = spawn(activate, ["--listen", address, program, "serve",
		"--config", ground.config], { stdio: ["ignore", "ignore", "pipe"] });
	const g = { pid: child.pid, logs: "", ended: new Promise((done) =>
		child.on("close", (code) => done(code))) };
	child.stderr.on("data", (d) => { g.logs += d; });
	process.on("exit", () => { try { process.kill(child.pid, "SIGKILL"); } catch {} });
	return g;
}

// inodes of the sockets that a process has open
const sockets = (pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => {
	try { return Number(/socket:\[(\d+)\]/.exec(String(spawnSync("readlink",
		[`/proc/${pid}/fd/${fd}`]).stdout))?.[1]); } catch { return 0; }
});
// the listening sockets of a port: their inodes
const listening = (port) => readFileSync("/proc/net/tcp", "utf8").split("\n")
	.map((l) => l.trim().split(/\s+/)).filter((f) => f[3] === "0A" &&
		parseInt(f[1]?.split(":")[1], 16) === port).map((f) => Number(f[9]));

test("the port is open before the program, and is the one it serves", skip,
	async () => {
	const ground = await prepareGateway({ settings: {
		server: { web_workers: 2 }, log: { level: "info" } } });
	const ca = readFileSync(ground.ca);
	const hello = () => ask(`${ground.issuer}/oauth/jwks`, { ca, timeout: 20000 });
	const g = start(ground, `127.0.0.1:${ground.port}`);
	await until(() => listening(ground.port).length === 1, "systemd listens");
	const [inode] = listening(ground.port);
	assert.doesNotMatch(g.logs, /ready processes/);
	// the first caller has it started, and is answered
	assert.equal((await hello()).status, 200);
	await until(() => /ready processes/.test(g.logs), "ready");
	assert.deepEqual(listening(ground.port), [inode], "no other socket was opened");
	const workers = readdirSync("/proc").filter((p) => {
		try { return readFileSync(`/proc/${p}/comm`, "utf8") === "guichet web\n" &&
			readFileSync(`/proc/${p}/stat`, "utf8").split(") ")[1].split(" ")[1] ===
			String(g.pid); } catch { return false; }
	});
	assert.equal(workers.length, 2);
	for (const pid of workers)
		assert.equal(sockets(pid).filter((i) => i === inode).length, 1);

	process.kill(g.pid, "SIGHUP");
	await until(() => g.logs.split("ready processes").length > 2, "reloaded");
	assert.deepEqual(listening(ground.port), [inode]);
	for (let i = 0; i < 20; i++)
		assert.equal((await hello()).status, 200);

	process.kill(g.pid, "SIGTERM");
	assert.equal(await g.ended, 0, g.logs);
});

test("a socket that no setting names is refused: E137", skip, async () => {
	const ground = await prepareGateway(), [other] = await freePorts(1);
	const g = start(ground, `127.0.0.1:${other}`);
	await until(() => listening(other).length === 1, "systemd listens");
	ask(`http://127.0.0.1:${other}/`).catch(() => {});
	assert.equal(await g.ended, 78);
	assert.match(g.logs, /error E137: systemd opened a socket \(number 1 of guichet\.socket\) that no setting names\n\s+cure: /);
});

test("a start that only looks: 0, 69 or 78, and no port", async () => {
	const ground = await prepareGateway();
	const look = (change = {}) => guichet("serve", "--check", "--config",
		writeSettings(`${ground.dir}/other.conf`, { ...ground.settings, ...change }));
	const fine = look();
	assert.equal(fine.code, 0, fine.err);
	assert.match(fine.out, /^it would serve https:\/\/localhost:\d+\n$/);
	assert.deepEqual(listening(ground.port), []);

	const [nowhere] = await freePorts(1);
	const away = look({ database: { url: `postgresql://127.0.0.1:${nowhere}/x` } });
	assert.equal(away.code, 69, away.err);
	assert.match(away.err, /cure: /);
	const { server } = ground.settings;
	writeFileSync(`${ground.dir}/not.pem`, "no certificate");
	for (const [change, code] of [
		[{ server: { ...server, tls_certificate: `${ground.dir}/not.pem` } }, "E142"],
		[{ server: { ...server, web_wokers: 2 } }, "E106"],
		[{ keys: { directory: `${ground.dir}/nowhere` } }, "E1"]]) {
		const r = look(change);
		assert.equal(r.code, 78, r.err);
		assert.match(r.err, new RegExp(`error ${code}[^]*\\n\\s+cure: `));
	}
	assert.deepEqual(listening(ground.port), []);
});
