// SPDX-License-Identifier: Apache-2.0
// The quick start, run as it is printed: every command of /developers, and the
// small PIMS of docs/examples, against a counter with synthetic people.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync,
	writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { program, root, guichet } from "../support/ground.mjs";
import { startCounter } from "../support/oauth.mjs";
import { passwordHash } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";

let counter, dir, bin, page, env;

before(async () => {
	counter = await startCounter();
	dir = join(counter.dir, "developer");
	bin = join(dir, "bin");
	mkdirSync(bin, { recursive: true });
	symlinkSync(program, join(bin, "guichet"));
	// a developer's machine trusts our certificate, as it would a real one
	writeFileSync(join(dir, "curlrc"), `cacert = "${counter.ca}"\n`);
	mkdirSync(join(dir, ".curl"));
	writeFileSync(join(dir, ".curlrc"), `cacert = "${counter.ca}"\n`);
	env = { ...process.env, HOME: dir, PATH: `${bin}:${process.env.PATH}`,
		SSL_CERT_FILE: counter.ca, CURL_CA_BUNDLE: counter.ca };
	page = (await counter.ask("/developers")).text;
	const who = counter.people[0].customer ?? sql(counter.db.url,
		"SELECT customer FROM guichet.demo_customer ORDER BY 1 LIMIT 1");
	sql(counter.db.url, `DELETE FROM guichet.demo_customer
		WHERE customer = '${who}'; INSERT INTO guichet.demo_customer
		(login, password_hash, customer, name) VALUES ('camille',
		'\\x${passwordHash("camille").toString("hex")}', '${who}', 'Camille')`);
}, { timeout: 90000 });
after(async () => {
	await counter?.stop();
});

const plain = (html) => html.replaceAll("&quot;", '"').replaceAll("&#39;", "'")
	.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const commands = () => [...page.matchAll(
	/<figcaption>(In a terminal|Dans un terminal)<\/figcaption>\s*<pre[^>]*>([^]*?)<\/pre>/g)]
	.map((m) => plain(m[2]));
const shell = (command, more = {}) => spawnSync("sh", ["-c", command],
	{ cwd: dir, env: { ...env, ...more }, encoding: "utf8", timeout: 60000 });

test("the commands of the quick start, in order, as printed", () => {
	const all = commands();
	assert.equal(all.length, 5, page.slice(0, 3000));
	const [schema, metadata, key, flow, call] = all;
	let r = shell(schema);
	assert.equal(JSON.parse(r.stdout)["x-id"], "energy.load-curve", r.stderr);
	r = shell(metadata);
	assert.equal(JSON.parse(r.stdout).issuer, counter.issuer);
	r = shell(key);
	assert.equal(r.status, 0, r.stderr);
	const set = JSON.parse(r.stdout);
	assert.equal(set.keys[0].d, undefined, "the private half stays");
	assert.equal(statSync(join(dir, "pims.pem")).mode & 0o777, 0o600);
	assert.notEqual(shell(key).status, 0, "a key is never written over");
	// what the people of the counter do with it
	const jwks = join(dir, "pims.jwks");
	writeFileSync(jwks, r.stdout);
	const added = guichet("client", "add", "my-pims", "--name", "Mine",
		"--jwks", jwks, "--redirect-uri", "https://localhost/cb", "--datasets",
		"energy.contract energy.load-curve", "--purpose-en", "Try",
		"--purpose-fr", "Essayer", "--config", counter.config);
	assert.equal(added.code, 0, added.err);
	r = shell(flow);
	assert.equal(r.status, 0, r.stderr + counter.logs.slice(-1500));
	const got = JSON.parse(r.stdout);
	assert.equal(got.pages["energy.load-curve"].records.length, 1);
	assert.match(r.stderr, /POST .*\/oauth\/par {2}201/);
	r = shell(call, { TOKEN: got.access_token });
	assert.deepEqual(JSON.parse(r.stdout).records,
		got.pages["energy.load-curve"].records, r.stderr);
});

test("the small PIMS of docs/examples reads everything", async () => {
	// beside its libraries, as npm would put them
	const where = join(dir, "example");
	mkdirSync(where);
	writeFileSync(join(where, "pims.mjs"),
		readFileSync(join(root, "docs/examples/pims.mjs")));
	symlinkSync(join(root, "tests/node_modules"), join(where, "node_modules"));
	const child = spawn(process.execPath, ["pims.mjs", counter.issuer, "my-pims",
		join(dir, "pims.pem"), "https://localhost/cb",
		"energy.contract energy.load-curve"], { cwd: where,
		env: { ...process.env, NODE_EXTRA_CA_CERTS: counter.ca } });
	let out = "", err = "", sent = false;
	const { Customer } = await import("../support/oauth.mjs");
	const camille = new Customer(counter, { login: "camille",
		password: "camille" });
	await camille.signIn();
	child.stdout.on("data", (d) => out += d);
	child.stderr.on("data", async (d) => {
		err += d;
		const to = /https:\S+\/oauth\/authorize\S+/.exec(err);
		if (!to || sent)
			return;
		sent = true;
		const r = await camille.decide({ id: "my-pims" },
			new URL(to[0]).searchParams.get("request_uri"));
		child.stdin.end(r.headers.location + "\n");
	});
	const code = await new Promise((done) => child.on("close", done));
	assert.equal(code, 0, err);
	const got = JSON.parse(out);
	assert.equal(got["energy.contract"].records.length >= 1, true);
	assert.ok(got["energy.load-curve"].records.length > 1);
	assert.ok(got["energy.load-curve"].next);
});

test("what is wrong is said, with an exit code", () => {
	for (const [args, code, said] of [
		[["try"], 64, /--key FILE is needed/],
		[["try", "--key", "/nowhere"], 66, /no P-256 private key/],
		[["try", "nonsense"], 64, /no such thing/],
		[["try", "key"], 64, /--out FILE/],
		[["try", "proof", "--key", join(dir, "pims.pem")], 64, /--url URL/],
		[["try", "--key", join(dir, "pims.pem")], 64, /--at, --client/],
		[["try", "--key", join(dir, "pims.pem"), "--at",
			"https://localhost:1", "--client", "x", "--datasets", "x", "--login",
			"x", "--password", "x"], 69, /localhost/],
	]) {
		const r = guichet(...args);
		assert.equal(r.code, code, r.err);
		assert.match(r.err, said);
	}
	assert.ok(existsSync(join(dir, "pims.pem")));
	chmodSync(join(dir, "pims.pem"), 0o600);
});

test("the list of errors is that of the routes a PIMS meets", async () => {
	const listed = new Set([...readFileSync(join(root,
		"gateway/pages/developers_page.c"), "utf8")
		.matchAll(/\{ \d+, "([a-z_]+)" \}/g)].map((m) => m[1]));
	const dir = join(root, "gateway/routes");
	const met = readdirSync(dir).filter((f) =>
		/^(pull|datasets|grant|history|quota|feedback|version|limits|oauth_).*\.c$/
			.test(f)).flatMap((f) => [...readFileSync(join(dir, f), "utf8")
		.matchAll(/call_refuse\(\s*\w+,\s*\d+,\s*"([a-z_]+)"/g)]
		.map((m) => m[1]));
	assert.ok(met.length > 20);
	assert.deepEqual([...new Set(met)].filter((code) => !listed.has(code)), []);
	const { text } = await counter.ask("/developers/errors");
	for (const code of listed)
		assert.ok(text.includes(`id="${code}"`), code);
});
