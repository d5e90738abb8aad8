// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL and its streaming standbys for real (pg_basebackup, unix sockets): the
// primary is killed, a standby promoted, the next one made from that.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { sql } from "./postgres.mjs";

const bin = readdirSync("/usr/lib/postgresql").sort((a, b) => a - b)
	.map((v) => `/usr/lib/postgresql/${v}/bin`).at(-1);

// PostgreSQL does not run as root: it is then the user postgres who does.
const as = (...args) => {
	const root = process.getuid() === 0;
	const [program, ...rest] = root ? ["setpriv", "--reuid=postgres",
		"--regid=postgres", "--init-groups", ...args] : args;
	return execFileSync(program, rest, { cwd: "/", encoding: "utf8",
		stdio: ["ignore", "pipe", "pipe"] });
};

class Server {
	constructor(dir) { this.dir = dir; }
	get url() { return `postgresql:///postgres?host=${this.dir}&user=postgres`; }
	get pid() {
		return Number(readFileSync(`${this.dir}/data/postmaster.pid`, "utf8")
			.split("\n")[0]);
	}
	sql(text) { return sql(this.url, text); }
	start() {
		as(`${bin}/pg_ctl`, "-D", `${this.dir}/data`, "-s", "-w", "-t", "30", "-l",
			`${this.dir}/log`, "-o", `-c unix_socket_directories=${this.dir}`, "start");
		return this;
	}
	// at once, as when the power goes: the process and all of its children
	kill() {
		const { pid } = this;
		process.kill(pid, "SIGSTOP");	// it has no more children meanwhile
		const children = String(spawnSync("pgrep", ["-P", String(pid)]).stdout)
			.split("\n").filter(Boolean).map(Number);
		for (const p of [pid, ...children])
			try { process.kill(p, "SIGKILL"); } catch {}
	}
	promote() {
		as(`${bin}/pg_ctl`, "-D", `${this.dir}/data`, "-s", "-w", "promote");
	}
	// the processes of this cluster that stream to or from another
	streaming() {
		return String(spawnSync("pgrep", ["-P", String(this.pid), "-f",
			"walreceiver|walsender"]).stdout).split("\n").filter(Boolean).map(Number);
	}
}

// { primary, standby, url } ; url names both places, for whichever may be written
// to. fsync is off: a process that is killed leaves its pages to the kernel, and a
// machine without power is another story. Both places are the same ones for good: a killed primary's is used again.
export function startPair({ synchronous = true } = {}) {
	const dirs = ["a", "b"].map(() => mkdtempSync("/tmp/guichet-ha-"));
	if (process.getuid() === 0)
		for (const dir of dirs) execFileSync("chown", ["postgres", dir]);
	for (const dir of dirs) execFileSync("chmod", ["711", dir]);
	const [a, b] = dirs.map((dir) => new Server(dir));
	const pair = { primary: a, standby: b, url: `postgresql:///postgres?host=${
		dirs.join(",")}&user=postgres&target_session_attrs=read-write` };

	as(`${bin}/initdb`, "-D", `${a.dir}/data`, "-U", "postgres", "-A", "trust", "-E",
		"UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions");
	as("sh", "-c", `printf "listen_addresses=''\nunix_socket_permissions=0777\n` +
		`shared_buffers=64MB\nmax_connections=200\nmax_prepared_transactions=10\n` +
		`wal_receiver_status_interval=1\nwal_retrieve_retry_interval=200ms\nfsync=off\n" >> ${a.dir}/data/postgresql.conf`);
	a.start();
	// the other place becomes a standby of the primary, from nothing
	pair.follow = () => {
		const { primary, standby } = pair;
		rmSync(`${standby.dir}/data`, { recursive: true, force: true });
		// its lock names a process that was killed, and that nobody may have buried yet
		for (const f of readdirSync(standby.dir).filter((n) => n.startsWith(".s.PGSQL")))
			rmSync(`${standby.dir}/${f}`, { force: true });
		as(`${bin}/pg_basebackup`, "-d", primary.url, "-D", `${standby.dir}/data`, "-R",
			"-X", "stream", "-c", "fast", "--no-sync");
		standby.start();
		primary.sql(`ALTER SYSTEM SET synchronous_standby_names = '${
			synchronous ? "*" : ""}'`);
		primary.sql("SELECT pg_reload_conf()");
		for (let i = 0; primary.sql("SELECT count(*) FROM pg_stat_replication " +
		    `WHERE state = 'streaming' ${synchronous ? "AND sync_state = 'sync'" : ""}`) !==
		    "1"; i++) {
			if (i > 100) throw new Error("the standby does not follow");
			execFileSync("sleep", ["0.1"]);
		}
	};
	// kill -9 of the primary, then the standby takes its place
	pair.fail = () => {
		pair.primary.kill();
		// who waits for a standby that is not there yet would wait for good
		as("sh", "-c", `echo "synchronous_standby_names=''" >> ${
			pair.standby.dir}/data/postgresql.auto.conf`);
		as(`${bin}/pg_ctl`, "-D", `${pair.standby.dir}/data`, "-s", "reload");
		pair.standby.promote();
		[pair.primary, pair.standby] = [pair.standby, pair.primary];
	};
	pair.remove = () => {
		for (const s of [a, b]) {
			try { s.kill(); } catch {}
			rmSync(s.dir, { recursive: true, force: true });
		}
	};
	process.on("exit", pair.remove);
	pair.follow();
	return pair;
}
