// SPDX-License-Identifier: Apache-2.0
// A whole gateway for a scenario: database, keys, certificate, settings, and
// `guichet serve` on ports of its own. It ends with the test's process.
import { spawn } from "node:child_process";
import { cpSync, readFileSync, readdirSync } from "node:fs";
import { request as https } from "node:https";
import { request as http } from "node:http";
import { join } from "node:path";
import { certificates, freePorts, guichet, program, root, temporary,
	writeSettings } from "./ground.mjs";
import { createDatabase, rolesApart, urlOf } from "./postgres.mjs";
import { keepLog } from "./told.mjs";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Asks until the answer is true, or fails after so long.
export async function until(question, what, ms = 15000) {
	const end = Date.now() + ms;
	for (;;) {
		const answer = await question();
		if (answer)
			return answer;
		if (Date.now() > end)
			throw new Error(`waited in vain: ${what}`);
		await pause(20);
	}
}

function merge(base, more = {}) {
	const out = structuredClone(base);
	for (const [section, keys] of Object.entries(more))
		out[section] = { ...out[section], ...keys };
	return out;
}

// Everything but the running program: settings written, keys and tables made.
// settings: { section: { key: value } }, over the defaults below.
export async function prepareGateway({ settings, database, migrate = true }
	= {}) {
	const dir = temporary();
	const [port, mtls, admin] = await freePorts(3);
	const tls = certificates(dir);
	const db = database ?? createDatabase("own");
	const all = merge({
		organisation: { name: "Essai", contact: "dpo@example.org" },
		server: {
			public_url: `https://localhost:${port}`,
			listen: `127.0.0.1:${port}`,
			tls_certificate: tls.certificate, tls_key: tls.key,
			web_workers: 2, drain_timeout_ms: 5000,
		},
		admin: { listen: `127.0.0.1:${admin}` },
		database: { url: db.url,
			roles: rolesApart(urlOf(db.url, "postgres")) },
		catalogue: { schemas: join(root, "schemas"),
			adapters: join(root, "adapters"), sources: "" },
		keys: { directory: join(dir, "keys") },
		log: { level: "debug" },
	}, settings);
	const config = writeSettings(join(dir, "guichet.conf"), all);
	const must = (...args) => {
		const r = guichet(...args, "--config", config);
		if (r.code !== 0)
			throw new Error(`guichet ${args[0]}: ${r.err}`);
	};

	must("key", "new");
	if (migrate)
		must("migrate");
	return { dir, db, config, settings: all, ca: tls.ca, port, mtls, admin,
		issuer: `https://localhost:${port}`,
		// writes the settings anew, changed
		change: (more) => writeSettings(config, merge(all, more)) };
}

// The ground of another host on the same database: the same keys, ports and
// notes of its own.
export async function secondHost(one) {
	const dir = temporary(), [port, mtls, admin] = await freePorts(3);
	const tls = certificates(dir);
	cpSync(join(one.dir, "keys"), join(dir, "keys"), { recursive: true });
	const settings = merge(one.settings, {
		server: { listen: `127.0.0.1:${port}`,
			tls_certificate: tls.certificate, tls_key: tls.key },
		admin: { listen: `127.0.0.1:${admin}` },
		keys: { directory: join(dir, "keys") },
		journal: { notes_dir: join(dir, "notes") } });
	if (settings.server.listen_mtls)
		settings.server.listen_mtls = `127.0.0.1:${mtls}`;
	const config = writeSettings(join(dir, "guichet.conf"), settings);
	return { ...one, dir, config, settings, ca: tls.ca, port, mtls, admin,
		issuer: `https://localhost:${port}` };
}

// Pids of the supervisor's children that play this role ("web"...).
function pidsOf(supervisor, role) {
	return readdirSync("/proc").filter((p) => /^\d+$/.test(p)).filter((p) => {
		try {
			const [, comm, ppid] = /^\d+ \((.*)\) \S (\d+)/.exec(
				readFileSync(`/proc/${p}/stat`, "utf8"));
			return Number(ppid) === supervisor &&
				(!role || comm === `guichet ${role}`);
		} catch {
			return false;
		}
	}).map(Number);
}

// One exchange on a connection of its own (unless an agent is given);
// { status, headers, text, json }.
export function ask(url, { method = "GET", headers, body, ca, agent = false,
	cert,
	key, timeout = 15000 } = {}) {
	return new Promise((done, fail) => {
		const go = url.startsWith("https:") ? https : http;
		const r = go(url, { method, headers, ca, agent, cert, key,
			timeout }, (answer) => {
			let text = "";
			answer.setEncoding("utf8");
			answer.on("data", (d) => text += d);
			answer.on("error", fail);
			answer.on("end", () => done({ status: answer.statusCode,
				headers: answer.headers, text,
				get json() { return JSON.parse(text); } }));
		});
		r.on("timeout", () => r.destroy(new Error(`${url}: no answer`)));
		r.on("error", fail);
		r.end(body);
	});
}

const running = new Set();
process.on("exit", () => {
	for (const pid of running)
		try { process.kill(pid, "SIGKILL"); } catch {}
});

// Starts it and waits until every process is ready.
export async function startGateway(options = {}) {
	const ground = options.ground ?? await prepareGateway(options);
	const child = spawn(options.program ?? program,
		["serve", "--config", ground.config], {
		cwd: options.cwd ?? root, env: { ...process.env, ...options.env },
		stdio: ["ignore", "ignore", "pipe"] });
	const ca = readFileSync(ground.ca);
	const g = { ...ground, pid: child.pid, logs: "", exit: undefined };
	const ended = new Promise((done) =>
		child.on("close", (code, signal) => {
			g.exit = code ?? signal;
			keepLog(ground.db.name, g.logs);
			running.delete(child.pid);
			done(g.exit);
		}));
	const end = () => {
		child.ref();
		child.stderr.ref();
		return ended;
	};

	child.stderr.setEncoding("utf8");
	child.stderr.on("data", (d) => g.logs += d);
	// a test that fails half way must not keep its process waiting for us
	child.unref();
	child.stderr.unref();
	running.add(child.pid);
	Object.assign(g, {
		end,		// its exit code, when it ends by itself
		pids: (role) => pidsOf(child.pid, role),
		signal: (name) => process.kill(child.pid, name),
		// kill -9 of one process of a role; its pid
		kill: (role, i = 0, signal = "SIGKILL") => {
			const pid = pidsOf(child.pid, role)[i];
			process.kill(pid, signal);
			return pid;
		},
		// SIGHUP, until the new processes serve and the last of the old ended:
		// one that drains still answers as it was
		reload: async () => {
			const old = pidsOf(child.pid), ready = g.said("ready processes=");
			process.kill(child.pid, "SIGHUP");
			await g.until(() => g.said("ready processes=") > ready, "reloaded");
			await g.until(() => !pidsOf(child.pid).some((p) => old.includes(p)),
				"the old ones ended");
		},
		stop: async () => {
			if (g.exit === undefined)
				process.kill(child.pid, "SIGTERM");
			return await end();
		},
		ask: (path, o) => ask(g.issuer + path, { ca, ...o }),
		admin: (path) => ask(`http://127.0.0.1:${ground.admin}${path}`),
		// times a text or pattern stands in the logs
		said: (what) => g.logs.split(what).length - 1,
		until: (question, what, ms) => until(question, what, ms)
			.catch((e) => { throw new Error(`${e.message}\n${g.logs}`); }),
	});
	await until(() => g.exit !== undefined || /ready processes=/.test(g.logs),
		"ready").catch((e) => { throw new Error(`${e.message}\n${g.logs}`); });
	if (g.exit !== undefined)
		throw new Error(`guichet serve ended (${g.exit}):\n${g.logs}`);
	return g;
}

// For settings that must be refused: { code, err }, and no port was opened.
export function serveOnce(ground) {
	return guichet("serve", "--config", ground.config);
}
