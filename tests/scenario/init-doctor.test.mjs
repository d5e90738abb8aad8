// SPDX-License-Identifier: Apache-2.0
// `guichet init` by flags and on a terminal, as a person installs; then what
// `guichet doctor` says of a machine that is well, and of one that is not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { prepareGateway, startGateway } from "../support/gateway.mjs";
import { guichet, program, root, temporary } from "../support/ground.mjs";
import { postgresUrl, sql, urlOf } from "../support/postgres.mjs";

const name = `init_${process.pid}`;
const own = urlOf(postgresUrl(), name).replace("user=postgres", `user=${name}`);
const flags = (config) => ["--config", config, "--name", "Régie d'Essai",
	"--contact", "dpo@example.org", "--public-url", "https://localhost:8443",
	"--database", own];

test("init by flags: role, database, settings, keys, tables, what is next",
	() => {
	const dir = temporary(), config = join(dir, "guichet.conf");
	const r = guichet("init", ...flags(config), "--admin", postgresUrl(),
		"--source", "energy=postgresql://reader@db.example/prod",
		"--set", `catalogue.schemas=${root}/schemas`,
		"--set", "server.web_workers=1");
	assert.equal(r.code, 0, r.err);
	const text = readFileSync(config, "utf8");
	assert.match(text, /^# The organisation behind.*\nname = Régie d'Essai$/m);
	assert.match(text, /^web_workers = 1$/m);
	assert.match(text, /^#connections_max = 2000$/m);
	assert.match(text, /^energy = postgresql:\/\/reader@db\.example\/prod$/m);
	assert.match(text, /^sources = energy$/m);
	assert.equal(statSync(join(dir, "keys")).mode & 0o777, 0o700);
	assert.match(r.out, new RegExp(`CREATE ROLE "?${name}"? LOGIN`));
	assert.match(r.out, /0001-first applied/);
	assert.match(r.out, /For the DBA of the source 'energy':[^]*CREATE ROLE "reader" LOGIN;[^]*GRANT CONNECT ON DATABASE "prod" TO "reader";[^]*GRANT pg_read_all_stats/);
	assert.match(r.out, /Ready\. Next:[^]*guichet check[^]*guichet serve/);
	assert.equal(sql(postgresUrl(), `SELECT pg_get_userbyid(datdba) FROM
		pg_database WHERE datname = '${name}'`), name);

	const again = guichet("init", ...flags(config), "--admin", postgresUrl());
	assert.equal(again.code, 0, again.err);
	assert.match(again.out, /is there already: its settings stay/);
	assert.doesNotMatch(again.out, /CREATE ROLE "?init_/);
	assert.equal(readFileSync(config, "utf8"), text);
});

test("init: what cannot be is said, and nothing stays", () => {
	const config = join(temporary(), "guichet.conf");
	for (const [more, code, says] of [
		[["--set", "server.web_wrokers=1"], 64, /no setting server\.web_wrokers/],
		[["--set", "nonsense"], 64, /--set is SECTION\.KEY=VALUE/],
		[["--source", "=x"], 64, /--source is NAME=URL/],
		[["--set", "server.listen=nowhere"], 78, /error E108.*listen/]]) {
		const r = guichet("init", ...flags(config), ...more);
		assert.equal(r.code, code);
		assert.match(r.err, says);
		assert.ok(!existsSync(config));
	}
	const wrong = guichet("init", "--config", config, "--name", "A",
		"--contact", "a@b", "--public-url", "http://example.org",
		"--database", own);
	assert.equal(wrong.code, 78);
	assert.match(wrong.err, /error E108: \[server\] public_url/);
	assert.ok(!existsSync(config));
	const some = guichet("init", "--config", config, "--name", "A");
	assert.equal(some.code, 64);
	assert.match(some.err, /--contact is missing/);
	const nobody = guichet("init", ...flags(config), "--admin",
		"postgresql:///x?host=/nonexistent");
	assert.equal(nobody.code, 69);
	assert.match(nobody.err, /error E310[^]*cure: give --admin/);
});

test("init asks on a terminal, and offers", () => {
	const config = join(temporary(), "guichet.conf");
	const r = spawnSync("script", ["-qec",
		`${program} init --config ${config} --database '${own}'`, "/dev/null"],
		{ input: "Essai\ndpo@example.org\n\nhttps://localhost:8443\n",
		  encoding: "utf8", timeout: 20000 });
	assert.match(r.stdout, /Name of the organisation[^]*data protection officer[^]*Ready\. Next:/);
	assert.match(readFileSync(config, "utf8"), /^public_url = https:\/\/localhost:8443$/m);
});

test("doctor: all well; then a key, a certificate, a queue, a database",
	async () => {
	const g = await prepareGateway();
	const ask = () => {
		const r = guichet("doctor", "--json", "--config", g.config);
		return { code: r.code, list: JSON.parse(r.out),
			of: (p) => JSON.parse(r.out).find((x) => x.part === p) };
	};
	let r = ask();
	// the tests' own cluster does not wait for its disk, and doctor sees it
	assert.deepEqual(r.list.filter((x) => x.verdict === "error")
		.map((x) => x.says), ["fsync is off"]);
	assert.equal(r.of("database").verdict, "ok");
	assert.match(r.of("certificate").says, /valid for [012] days/);
	assert.equal(r.of("certificate").verdict, "warning");

	chmodSync(join(g.dir, "keys/ticket.key"), 0o644);
	r = ask();
	assert.equal(r.code, 78);
	assert.match(r.of("keys").says, /^E122: .*can be read by other users/);
	chmodSync(join(g.dir, "keys/ticket.key"), 0o600);

	g.change({ database: { url: "postgresql:///x?host=/nonexistent" } });
	r = ask();
	assert.equal(r.code, 78);
	assert.match(r.of("database").says, /^E301/);
	const text = guichet("doctor", "--config", g.config).out;
	assert.match(text, /^error +database +E301[^\n]*\n +cure: look at/m);
	g.change({});
	const one = await startGateway({ ground: g });
	assert.equal(await one.stop(), 0);
});
