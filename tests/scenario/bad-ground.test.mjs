// SPDX-License-Identifier: Apache-2.0
// What goes wrong under a gateway: secrets, certificates, ports, clocks, disks,
// descriptors, versions. Each has a code, one sentence and a cure, before any
// port opens or while it serves; `guichet explain` knows them all.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, rmSync,
	writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { prepareGateway, startGateway } from "../support/gateway.mjs";
import { guichet, program, root } from "../support/ground.mjs";
import { addCustomer } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";

const as_root = process.getuid() === 0 ? {} : { skip: "needs root" };

// What `guichet serve` says before it ends.
function serve(g, { shell = "", env = {} } = {}) {
	const r = spawnSync("bash", ["-c", `${shell}
		exec "$0" serve --config "$1"`, program, g.config],
		{ encoding: "utf8", cwd: root, timeout: 20000,
		  env: { ...process.env, ...env } });
	return { code: r.status, err: r.stderr };
}

function refused(r, code, exit, pattern) {
	assert.equal(r.code, exit, r.err);
	assert.match(r.err, new RegExp(`error ${code}: .*`), r.err);
	assert.match(r.err, pattern);
	assert.match(r.err, /\n {2}cure: \S/);
	assert.equal(r.err.match(/error E\d+/g).length, 1, r.err);
	assert.match(guichet("explain", code).out, /What to do: \S/);
}

test("secrets: missing, readable by all, unreadable, damaged, another's",
	async (t) => {
	const g = await prepareGateway();
	const key = join(g.dir, "tls.key"), seal = (d) => execFileSync("sh",
		["-c", `ls ${d}/keys/seal-*`], { encoding: "utf8" }).trim();

	await t.test("the TLS key is readable by all", () => {
		chmodSync(key, 0o644);
		refused(serve(g), "E111", 78, /tls\.key can be read by other users/);
		chmodSync(key, 0o600);
	});
	await t.test("the TLS key is not there", () => {
		g.change({ server: { tls_key: "/nowhere/tls.key" } });
		refused(serve(g), "E110", 78, /guichet\.conf:\d+:1: .*\/nowhere\/tls\.key/);
		g.change({});
	});
	await t.test("a sealing key is readable by all", () => {
		chmodSync(seal(g.dir), 0o640);
		refused(serve(g), "E122", 78, /seal-.*mode 0640[^]*chmod 600/);
		chmodSync(seal(g.dir), 0o600);
	});
	await t.test("a sealing key is damaged", () => {
		const whole = readFileSync(seal(g.dir));
		writeFileSync(seal(g.dir), whole.subarray(0, 31));
		refused(serve(g), "E123", 78, /is not a key of 32 bytes/);
		writeFileSync(seal(g.dir), whole);
	});
	await t.test("a key is gone", () => {
		const file = join(g.dir, "keys/sign-es256.pem"), text = readFileSync(file);
		rmSync(file);
		refused(serve(g), "E121", 78, /sign-es256\.pem[^]*guichet key new/);
		writeFileSync(file, text, { mode: 0o600 });
	});
	await t.test("a key belongs to another user", as_root, () => {
		const text = readFileSync(join(g.dir, "keys/ticket.key"));
		assert.equal(text.length, 32);
		chownSync(join(g.dir, "keys/ticket.key"), 65534, 65534);
		refused(serve(g), "E122", 78, /belongs to another user/);
		chownSync(join(g.dir, "keys/ticket.key"), 0, 0);
	});
	await t.test("the settings hold a password", () => {
		g.change({ database: { url: "postgresql://u:secret@h/d" } });
		const r = serve(g);
		refused(r, "E108", 78, /passfile/);
		assert.doesNotMatch(r.err.replace(/^ +\d+ \|.*$/gm, ""), /secret/);
		g.change({});
	});
	await t.test("a credential outside systemd", () => {
		g.change({ server: { tls_key: "${CREDENTIALS_DIRECTORY}/key" } });
		refused(serve(g), "E108", 78, /LoadCredential=/);
	});
	await t.test("a credential that systemd lends", async () => {
		const dir = join(g.dir, "credentials");
		mkdirSync(dir);
		copyFileSync(key, join(dir, "key"));
		chmodSync(join(dir, "key"), 0o440);	// as an access list shows
		const one = await startGateway({ ground: g,
			env: { CREDENTIALS_DIRECTORY: dir } });
		assert.equal(await one.stop(), 0);
		chmodSync(join(dir, "key"), 0o444);
		refused(serve(g, { env: { CREDENTIALS_DIRECTORY: dir } }), "E111",
			78, /can be read by other users/);
	});
});

test("certificates: expired, not yet valid, another key's", async (t) => {
	const g = await prepareGateway();
	const make = (from, to) => {
		execFileSync("openssl", ["req", "-new", "-key", join(g.dir, "tls.key"),
			"-subj", "/CN=localhost", "-out", join(g.dir, "x.csr")]);
		writeFileSync(join(g.dir, "index"), "");
		writeFileSync(join(g.dir, "ca.cnf"), `[ca]\ndefault_ca=c\n[c]\n
			database=${g.dir}/index\nnew_certs_dir=${g.dir}\nrand_serial=yes\n
			default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n`);
		execFileSync("openssl", ["ca", "-batch", "-config", join(g.dir,
			"ca.cnf"), "-cert", join(g.dir, "ca.pem"), "-keyfile",
			join(g.dir, "ca.key"), "-in", join(g.dir, "x.csr"), "-startdate",
			from, "-enddate", to, "-out", join(g.dir, "x.pem"), "-notext"],
			{ stdio: "ignore" });
		g.change({ server: { tls_certificate: join(g.dir, "x.pem") } });
	};

	await t.test("expired", () => {
		make("20200101000000Z", "20210301000000Z");
		refused(serve(g), "E144", 78, /expired on 2021-03-01T00:00:00Z/);
	});
	await t.test("not yet valid", () => {
		make("20900101000000Z", "20910101000000Z");
		refused(serve(g), "E144", 78, /is not valid before 2090-01-01/);
	});
	await t.test("not this key's", () => {
		g.change({ server: { tls_certificate: join(g.dir, "ca.pem") } });
		refused(serve(g), "E142", 78, /not this certificate's|cannot be used/);
	});
	await t.test("a reload with one keeps what serves", async () => {
		g.change({});
		const one = await startGateway({ ground: g });
		make("20200101000000Z", "20210301000000Z");
		one.signal("SIGHUP");
		await one.until(() => one.said("reload refused"), "the refusal");
		assert.match(one.logs, /code=E144/);
		assert.equal((await one.ask("/oauth/jwks")).status, 200);
		assert.equal(await one.stop(), 0);
	});
});

test("a port in use, too few descriptors", async (t) => {
	const taken = createServer().listen(0, "127.0.0.1");
	await new Promise((done) => taken.once("listening", done));
	const listen = `127.0.0.1:${taken.address().port}`;
	const g = await prepareGateway({ settings: { server: { listen } } });

	await t.test("the port", () => {
		refused(serve(g), "E140", 78, /cannot be listened on|in use/);
	});
	taken.close();
	await t.test("the descriptors", () => {
		refused(serve(g, { shell: "ulimit -n 600" }), "E133", 78,
			/may open 600 files; \[server\] connections_max = 2000 needs 2100/);
	});
});

test("descriptors run out while it serves: told once, and it goes on",
	async () => {
	const g = await startGateway({ settings: { server: { web_workers: 1,
		connections_max: 20 } } });
	const [web] = g.pids("web");
	const open = Number(execFileSync("sh", ["-c", `ls /proc/${web}/fd | wc -l`],
		{ encoding: "utf8" }));
	execFileSync("prlimit", ["--pid", web, `--nofile=${open + 3}:1024`]);
	const net = await import("node:net");
	const held = Array.from({ length: 12 }, () =>
		net.connect(g.port, "127.0.0.1").on("error", () => {}));
	await g.until(() => g.said("code=E133"), "told");
	held.forEach((s) => s.destroy());
	await g.until(async () => (await g.ask("/oauth/jwks").catch(() => ({})))
		.status === 200, "served again");
	assert.equal(g.said("code=E133"), 1);
	assert.equal(g.said("died role=web"), 0);
	assert.equal(await g.stop(), 0);
});

test("a database: newer, with another clock", async (t) => {
	const g = await prepareGateway();

	await t.test("its clock is a minute ahead", () => {
		sql(g.db.url, `CREATE SCHEMA shadow; GRANT USAGE ON SCHEMA shadow TO PUBLIC;
			CREATE FUNCTION shadow.clock_timestamp() RETURNS timestamptz
			LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() +
				interval '60 s' $$;
			ALTER DATABASE "${g.db.name}" SET search_path = shadow, pg_catalog`);
		refused(serve(g), "E306", 69, /clock is (59|60) s behind its database's/);
		sql(g.db.url, `ALTER DATABASE "${g.db.name}" RESET search_path`);
	});
	await t.test("a newer guichet was here", () => {
		sql(g.db.url, `INSERT INTO guichet.migration (version, name, checksum)
			VALUES (9999, '9999-later', 'x')`);
		refused(serve(g), "E305", 78, /is at version 9999; this program knows/);
		sql(g.db.url, "DELETE FROM guichet.migration WHERE version = 9999");
	});
	await t.test("its clock drifts while it serves", async () => {
		const one = await startGateway({ ground: g });
		const part = async () => (await one.admin("/ready")).json.parts
			.find((p) => p.part === "clock").ready;
		assert.equal(await part(), true);
		sql(g.db.url, `ALTER DATABASE "${g.db.name}" SET search_path =
			shadow, pg_catalog`);
		sql(g.db.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`);
		await one.until(async () => !await part().catch(() => true), "told");
		await one.until(() => one.said("code=E306"), "in the log too", 25000);
		assert.equal(await one.stop(), 0);
	});
});

test("disks: the keys', the notes', the database's", async (t) => {
	const g = await prepareGateway();

	await t.test("no room for a key", as_root, () => {
		const dir = join(g.dir, "full");
		mkdirSync(dir);
		// in a mount namespace of its own; one page, already used
		const r = spawnSync("unshare", ["-m", "sh", "-c", `
			mount -t tmpfs -o size=4k tmpfs ${dir} && head -c 4096 /dev/zero \
			>${dir}/filler; exec "$0" key new --config "$1"`, program,
			(g.change({ keys: { directory: dir } }), g.config)],
			{ encoding: "utf8" });
		if (/^(mount|unshare):/m.test(r.stderr))
			return t.skip?.("no mounts here");
		refused({ code: r.status, err: r.stderr }, "E120", 78,
			/could not be written: No space left/);
		g.change({});
	});
	await t.test("the checkpoints cannot be kept: nothing is signed", async () => {
		const notes = join(g.dir, "notes");
		writeFileSync(notes, "");	// no directory: nothing can be put there
		g.change({ journal: { notes_dir: notes } });
		const one = await startGateway({ ground: g });
		await one.until(() => one.said("code=E308"), "told");
		assert.equal(sql(g.db.url, "SELECT count(*) FROM guichet.journal_note"),
			"0");
		rmSync(notes);
		await one.until(() => sql(g.db.url,
			"SELECT count(*) > 0 FROM guichet.journal_note") === "t", "signed");
		assert.equal(await one.stop(), 0);
		g.change({});
	});
	await t.test("the database's: 503, a code, and it goes on", async () => {
		sql(g.db.url, `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE
			plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left on device'
			USING ERRCODE = 'disk_full'; END $$;
			CREATE TRIGGER full_disk BEFORE INSERT ON guichet.journal_line
			FOR EACH ROW EXECUTE FUNCTION full_disk();
			CREATE TRIGGER full_disk BEFORE INSERT ON guichet.session
			FOR EACH ROW EXECUTE FUNCTION full_disk()`);
		g.change({ login: { mode: "demo" } });
		addCustomer(g.db.url, "aline", "Aline", "SYN-1");
		const one = await startGateway({ ground: g });
		const call = async () => {
			const page = await one.ask("/login");
			const token = /name="token" value="([^"]*)"/.exec(page.text)[1];
			return one.ask("/login", { method: "POST", headers: {
				"content-type": "application/x-www-form-urlencoded",
				cookie: page.headers["set-cookie"].map((c) =>
					c.split(";")[0]).join("; "), origin: one.issuer },
				body: String(new URLSearchParams({ token, next: "/me",
					login: "aline", password: "aline" })) });
		};
		const a = await call();
		assert.equal(a.status, 503, a.text);
		assert.match(a.headers["retry-after"], /^\d+$/);
		assert.match(one.logs, /error .*disk is full code=E307 db=own/);
		sql(g.db.url, `DROP TRIGGER full_disk ON guichet.journal_line;
			DROP TRIGGER full_disk ON guichet.session`);
		assert.notEqual((await call()).status, 503);
		assert.equal(await one.stop(), 0);
	});
});
