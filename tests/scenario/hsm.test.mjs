// SPDX-License-Identifier: Apache-2.0
// The journal's keys in a token that never gives them away: SoftHSM, a real PKCS#11
// module, in which pkcs11-tool (OpenSC) makes the pairs. Go's sumdb judges.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { prepareGateway, startGateway, until } from "../support/gateway.mjs";
import { guichet, program, temporary } from "../support/ground.mjs";
import { judging } from "../support/judge.mjs";
import { LINES_WAITING, sql } from "../support/postgres.mjs";

const module = execFileSync("sh", ["-c",
	"find /usr/lib -name libsofthsm2.so | head -1"], { encoding: "utf8" }).trim();
const dir = temporary(), f = (name) => join(dir, name);
const env = { ...process.env, SOFTHSM2_CONF: f("softhsm2.conf") };
const uri = (token = "guichet", pin = f("pin")) =>
	`pkcs11:token=${token}?module-path=${module}&pin-source=file:${pin}`;
const tool = (...args) => execFileSync("pkcs11-tool", ["--module", module,
	"--token-label", "guichet", "--login", "--pin", "5678", ...args],
	{ env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const pair = (label, id) => tool("--keypairgen", "--key-type", "EC:edwards25519",
	"--label", label, "--id", id);

// Its exit and what it says, when it cannot start; or its socket.
async function signer(t, at, run = f("run")) {
	mkdirSync(f("notes"), { recursive: true, mode: 0o700 });
	mkdirSync(run, { recursive: true });
	const s = { socket: join(run, "socket"), logs: "" };
	const child = spawn(program, ["journal", "signer", "--hsm", at, "--notes",
		f("notes"), "--socket", s.socket, "--user", process.env.USER ?? "root"],
		{ env, stdio: ["ignore", "ignore", "pipe"] });
	child.stderr.setEncoding("utf8").on("data", (d) => s.logs += d);
	child.on("close", (code) => { s.code = code; });
	t.after(() => child.kill());
	await until(() => s.logs.includes("signer listens") || s.code !== undefined,
		"the signer");
	return s;
}

before(() => {
	mkdirSync(f("tokens"));
	writeFileSync(f("softhsm2.conf"), `directories.tokendir = ${f("tokens")}\n` +
		"objectstore.backend = file\nlog.level = ERROR\n");
	writeFileSync(f("pin"), "5678\n", { mode: 0o600 });
	execFileSync("softhsm2-util", ["--init-token", "--free", "--label", "guichet",
		"--so-pin", "1234", "--pin", "5678"], { env, stdio: "ignore" });
});

test("what is wrong with a token is told before anything starts", async (t) => {
	writeFileSync(f("wrong"), "0000\n", { mode: 0o600 });
	writeFileSync(f("open"), "5678\n");
	chmodSync(f("open"), 0o644);
	pair("journal-restitution", "01");
	for (const [at, why] of [
		["file:/etc/passwd", /E127.*is not a PKCS#11 URI/],
		["pkcs11:token=guichet?pin-value=5678", /E127.*shows the PIN/],
		["pkcs11:token=guichet", /E127.*module-path and pin-source/],
		[uri("guichet", f("open")), /E122.*other users/],
		[uri("guichet", f("none")), /E121.*cannot be read/],
		[uri("guichet").replace(module, "/nowhere.so"), /E127.*cannot be loaded/],
		[uri("another"), /E127.*token cannot be used/],
		[uri("guichet", f("wrong")), /E127.*token cannot be used.*PIN/],
		[uri(), /E127.*not exactly one key journal-consent-admin: there is none/],
	]) {
		const s = await signer(t, at);
		assert.equal(s.code, 78, `${at}: ${s.logs}`);
		assert.match(s.logs.replaceAll("\n", " "), why);
		assert.doesNotMatch(s.logs.replace(at, ""), /5678/);
	}
	const both = guichet("journal", "signer", "--hsm", uri(), "--keys", dir,
		"--notes", dir, "--socket", f("s"), "--user", "root");
	assert.equal(both.code, 64, both.err);
});

test("the token signs checkpoints that Go verifies; lost, it comes back", async (t) => {
	pair("journal-consent-admin", "02");
	const s = await signer(t, uri());
	assert.equal(s.code, undefined, s.logs);
	const g = await startGateway({ ground: await prepareGateway({ settings: {
		log: { level: "info" }, journal: { interval_ms: 100, signer: s.socket } } }) });
	t.after(() => g.stop());
	const note = () => sql(g.db.url, `SELECT note FROM guichet.journal_note
		WHERE log = 1 ORDER BY size DESC LIMIT 1`);
	const size = () => Number(note().split("\n")[1]);
	const line = async () => {
		sql(g.db.url, `INSERT INTO guichet.journal_line (id, log, leaf)
			VALUES (gen_random_uuid(), 1, '{"v":1}')`);
		await g.until(() => sql(g.db.url, LINES_WAITING) === "0", "ordered");
	};
	const signedAll = () => sql(g.db.url, `SELECT count(*) FROM guichet.journal_head
		AS h WHERE size > 0 AND NOT EXISTS (SELECT FROM guichet.journal_note AS n
		WHERE n.log = h.log AND n.size = h.size)`) === "0";

	await line();
	await g.until(signedAll, "signed");
	const vkey = guichet("journal", "vkey", "--log", "consent-admin", "--config",
		g.config).out.trim();
	process.env.JUDGE_CA = g.ca;
	const judged = async () => {
		const least = size();
		const said = await judging("fetch", `${g.issuer}/journal/consent-admin`,
			vkey, f("kept"));
		assert.equal(said.good, true, said.said);
		assert.ok(Number(said.said.slice(3)) >= least, said.said);
	};
	writeFileSync(f("kept"), note() + "\n");
	await judged();

	// every session of the token ends at once, as when an HSM restarts
	const before = note();
	renameSync(f("tokens"), f("away"));
	await line();
	await until(() => s.logs.includes("code=E128"), "it cannot sign");
	renameSync(f("away"), f("tokens"));
	await line();
	await g.until(signedAll, "signed again");
	assert.notEqual(note(), before);
	await judged();

	// the secret half was never to be had
	assert.match(tool("--list-objects", "--type", "privkey"),
		/journal-restitution[^]*never extractable/);
	const r = guichet("journal", "verify", "--log", "consent-admin", "--config",
		g.config);
	assert.equal(r.code, 0, r.out + r.err);
});
