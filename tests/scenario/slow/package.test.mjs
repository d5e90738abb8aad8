// SPDX-License-Identifier: Apache-2.0
// The Debian package as an operator meets it: built, its bill of materials and
// sums judged by others, installed in a fresh Debian 12, and from there to the
// first restitution on tables nobody here knew, in at most fifteen commands.
//
// GUICHET_ROOT=DIR takes a debootstrap that is there already.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync }
	from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { until } from "../../support/gateway.mjs";
import { freePorts, root, temporary } from "../../support/ground.mjs";
import { Customer, keyPair, Pims } from "../../support/oauth.mjs";
import { passwordHash } from "../../support/people.mjs";

const options = process.getuid() === 0 ? {} : { skip: "needs root (chroot)" };
const out = join(root, "build/deb");
const debian = process.env.GUICHET_ROOT ?? join(temporary(), "debian");
let deb, child;

const run = (program, args, input) => execFileSync(program, args, { input,
	encoding: "utf8", cwd: root, maxBuffer: 1 << 26,
	stdio: ["pipe", "pipe", "pipe"], timeout: 600000 });
// One command a person types, in the fresh machine.
let commands = 0;
const inside = (line, input) => run("chroot", [debian, "bash", "-ec",
	`export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8; cd /; ${line}`],
	input);
const type = (line, input) => {
	commands++;
	return inside(line, input);
};

before(() => {
	if (options.skip)
		return;
	if (!process.env.GUICHET_DEB_BUILT)
		run("make", ["-s", "deb"]);
	deb = readdirSync(out).find((f) => /^guichet_.*\.deb$/.test(f));
});
after(() => {
	child?.kill("SIGTERM");
	try { inside("pg_ctlcluster 15 main stop -m immediate"); } catch {}
	try { run("umount", [join(debian, "proc")]); } catch {}
});

test("lintian has nothing to say; sums and bill of materials are right",
	options, async () => {
	run("lintian", ["--fail-on", "error,warning", "--allow-root",
		join(out, deb)]);
	run("sh", ["-c", `cd ${out} && sha256sum -c SHA256SUMS`]);
	const sbom = readFileSync(join(out, readdirSync(out)
		.find((f) => f.endsWith(".cdx.json"))), "utf8");
	assert.equal(await new Validation.JsonStrictValidator(
		Spec.Version.v1dot5).validate(sbom), null);
	const names = JSON.parse(sbom).components.map((c) => c.name);
	for (const n of ["libevent-2.1-7", "libssl3", "libpq5", "libjansson4"])
		assert.ok(names.includes(n), n);
	const control = run("dpkg-deb", ["-f", join(out, deb), "Depends"]);
	assert.match(control, /libevent-2\.1-7 \(>= 2\.1\.12-stable-8\+deb12u1\)/);
});

test("from the package to the first restitution", options, async (t) => {
	if (!existsSync(join(debian, "usr/bin/apt-get")))
		run("debootstrap", ["--variant=minbase", "bookworm", debian,
			"http://deb.debian.org/debian"]);
	copyFileSync("/etc/resolv.conf", join(debian, "etc/resolv.conf"));
	copyFileSync(join(out, deb), join(debian, "guichet.deb"));
	writeFileSync(join(debian, "usr/sbin/policy-rc.d"),
		"#!/bin/sh\nexit 101\n", { mode: 0o755 });
	writeFileSync(join(debian, "etc/apt/sources.list"),
		"deb http://deb.debian.org/debian bookworm main\n" +
		"deb http://deb.debian.org/debian-security bookworm-security main\n");
	try { run("mount", ["-t", "proc", "proc", join(debian, "proc")]); } catch {}
	inside("apt-get update -qq; apt-get install -qq --no-install-recommends " +
		"postgresql openssl >/dev/null");
	const [port, admin, pg] = await freePorts(3);
	inside(`sed -i 's/^port = .*/port = ${pg}/' ` +
		"/etc/postgresql/15/main/postgresql.conf");
	inside("pg_ctlcluster 15 main start");
	// the organisation as it was before we came
	inside(`runuser -u postgres -- createdb -p ${pg} meters; runuser -u ` +
		`postgres -- psql -p ${pg} -q -d meters`, `
		CREATE TABLE meter (serial text PRIMARY KEY, owner text NOT NULL,
			stored timestamptz NOT NULL DEFAULT '2026-11-08');
		CREATE INDEX ON meter (owner);
		CREATE TABLE reading (serial text, at timestamptz, day date, wh int,
			stored timestamptz NOT NULL DEFAULT '2026-11-08',
			PRIMARY KEY (serial, at));
		INSERT INTO meter VALUES ('M-1', 'SYN-00000001');
		INSERT INTO reading SELECT 'M-1', t,
			(t AT TIME ZONE 'Europe/Paris')::date, 250
		  FROM generate_series('2026-11-01 00:00+01'::timestamptz,
			'2026-11-07 23:00+01', '1 hour') AS t;`);
	const pims_key = keyPair(), begun = performance.now();

	// ---- from here on, what a person types ----
	type("apt-get install -qq /guichet.deb >/dev/null");
	type(`runuser -u postgres -- createuser -p ${pg} guichet`);
	type(`runuser -u postgres -- createdb -p ${pg} -O guichet guichet`);
	type(`runuser -u postgres -- psql -p ${pg} -q -d meters -c 'GRANT SELECT ` +
		"ON meter, reading TO guichet; GRANT pg_read_all_stats TO guichet'");
	type("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes " +
		"-days 9 -subj /CN=localhost -addext subjectAltName=DNS:localhost " +
		"-keyout /etc/guichet/tls.key -out /etc/guichet/tls.pem 2>/dev/null; " +
		"chown guichet: /etc/guichet/tls.*");
	const said = type("guichet init --name 'Compteurs réunis' --contact " +
		`dpo@example.org --public-url https://localhost:${port} --database ` +
		`'postgresql:///guichet?port=${pg}' --source ` +
		`'meters=postgresql:///meters?port=${pg}' --set server.listen=` +
		`127.0.0.1:${port} --set admin.listen=127.0.0.1:${admin} --set ` +
		"server.tls_certificate=tls.pem --set server.tls_key=tls.key --set " +
		"login.mode=demo --set keys.directory=/var/lib/guichet/keys");
	type("mkdir -p /etc/guichet/adapters/meters; cat > " +
		"/etc/guichet/adapters/meters/source.conf",
		`url = postgresql:///meters?port=${pg}\ntime_zone = Europe/Paris\n` +
		"capture = horizon\nsynthetic = yes\n");
	type("cat > /etc/guichet/adapters/meters/energy.load-curve.sql", `
		SELECT m.serial AS usage_point, r.day AS day, 'PT60M' AS step,
		       sum(r.wh) AS total,
		       array_agg(r.at ORDER BY r.at) AS "readings[].start",
		       array_agg(r.wh ORDER BY r.at) AS "readings[].energy",
		       array_agg('MEASURED'::text ORDER BY r.at) AS "readings[].quality",
		       greatest(max(r.stored), m.stored) AS changed
		  FROM meter AS m JOIN reading AS r USING (serial)
		 WHERE m.owner = :customer
		 GROUP BY m.serial, r.day\n`);
	type("runuser -u guichet -- guichet check --level 4 --customer SYN-00000001");
	type("cat > /tmp/pims.jwks", JSON.stringify({ keys: [{ ...pims_key.jwk,
		kid: pims_key.kid, alg: pims_key.kind, use: "sig" }] }));
	type("runuser -u guichet -- guichet client add pims --name Essai --jwks " +
		"/tmp/pims.jwks --redirect-uri https://pims.example/back --datasets " +
		"energy.load-curve --purpose-en 'to see it' --purpose-fr 'pour voir'");
	type(`runuser -u guichet -- psql -p ${pg} -q -d guichet`, `
		INSERT INTO guichet.demo_customer (login, password_hash, customer, name)
		VALUES ('aline', '\\x${passwordHash("aline").toString("hex")}',
			'SYN-00000001', 'Aline')`);
	commands++;
	child = spawn("chroot", [debian, "runuser", "-u", "guichet", "--",
		"guichet", "serve"], { stdio: ["ignore", "ignore", "pipe"] });
	// ---- and what a PIMS and its customer do ----
	let logs = "";
	child.stderr.on("data", (d) => { logs += d; });
	await until(() => /ready processes=/.test(logs), "ready", 30000)
		.catch((e) => { throw new Error(e.message + logs + said); });
	const counter = { issuer: `https://localhost:${port}`,
		ca_pem: readFileSync(join(debian, "etc/guichet/tls.pem")) };
	const pims = new Pims(counter, "pims", { keys: [pims_key],
		redirect: "https://pims.example/back" });
	const aline = new Customer(counter, { login: "aline", password: "aline" });
	await aline.signIn();
	const tokens = await pims.connect(aline, { scope: "energy.load-curve" });
	const a = await pims.get("/v1/datasets/energy.load-curve",
		tokens.access_token);
	assert.equal(a.status, 200, a.text);
	assert.equal(a.json.records.length, 7);
	assert.equal(Number(a.json.records[0].total), 24 * 250);
	t.diagnostic(`${commands} commands, ${((performance.now() - begun) / 1000)
		.toFixed(0)} s`);
	assert.ok(commands <= 15, `${commands} commands`);
	assert.equal(inside("stat -c '%U %a' /var/lib/guichet/keys").trim(),
		"guichet 700");
	inside("guichet --version; man -w guichet 2>/dev/null || test -e " +
		"/usr/share/man/man8/guichet.8.gz || true");
});

test("removed and purged: keys and settings stay", options, () => {
	child.kill("SIGTERM");
	inside("apt-get purge -qq guichet >/dev/null");
	assert.ok(existsSync(join(debian, "var/lib/guichet/keys/sign-es256.pem")));
	assert.ok(existsSync(join(debian, "etc/guichet/guichet.conf")));
	assert.ok(!existsSync(join(debian, "usr/bin/guichet")));
});
