// SPDX-License-Identifier: Apache-2.0
// A receipt proves by itself that what it tells stands in the journal: jose takes
// the signature, Go's checksum database the proof. And the page that tells a person
// what a receipt proves: genuine, altered, another's, in the clear, ended.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as jose from "jose";
import { judge } from "../support/judge.mjs";
import { temporary } from "../support/ground.mjs";
import { b64, keyPair, jws, startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

let counter, alpha, camille, tokens, vkey, token;

before(async () => {
	counter = await startCounter({ settings: { log: { level: "info" },
		journal: { interval_ms: 50 } } });
	alpha = counter.register("alpha");
	camille = await counter.customer(0);
	tokens = await alpha.connect(camille);
	await counter.until(async () => (token = await receipt(),
		claims(token).events.every((e) => e.proof)), "places");
	const dir = join(temporary(), "export");
	const r = counter.cli("journal", "export", dir, "--log", "consent-admin");
	assert.equal(r.code, 0, r.err);
	vkey = readFileSync(join(dir, "vkey"), "utf8").trim();
});
after(() => counter?.stop());

const receipt = async () =>
	(await camille.ask(`/me/receipt/${tokens.grant_id}`)).text;
const claims = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url"));

// The event's proof as c2sp.org/tlog-proof writes it, judged by Go.
function judged(r, e, leaf = e.leaf) {
	const dir = temporary();
	writeFileSync(join(dir, "proof"), ["c2sp.org/tlog-proof@v1",
		`index ${e.place}`, ...e.proof].join("\n") + "\n\n" + r.integrity.note);
	writeFileSync(join(dir, "leaf"), leaf);
	return judge("proof", join(dir, "proof"), vkey, join(dir, "leaf"));
}

test("every event is proven, with nothing but the receipt and our keys",
	async () => {
	const keys = jose.createLocalJWKSet((await counter.ask("/oauth/jwks")).json);
	const { payload } = await jose.compactVerify(token, keys);
	const r = JSON.parse(Buffer.from(payload));
	assert.ok(r.events.length >= 1);
	for (const e of r.events) {
		assert.ok(judged(r, e).good, judged(r, e).said);
		assert.equal(judged(r, e, e.leaf.replace("given", "taken")).good, false);
		const line = JSON.parse(e.leaf);
		assert.deepEqual([line.ev, line.id], [`consent.${e.type}`, e.line]);
	}
});

// As a browser sends the form.
async function show(text, { by = "file" } = {}) {
	const form = new FormData();
	form.append("file", by === "file" ? new File([text], "r.jwt") :
		new File([], ""));
	form.append("text", by === "text" ? text : "");
	const r = new Response(form);
	return camille.ask("/verify", { method: "POST",
		raw: Buffer.from(await r.arrayBuffer()),
		headers: { "content-type": r.headers.get("content-type") } });
}

test("a person is told what it proves, in her language", async () => {
	for (const by of ["file", "text"]) {
		const r = await show(by === "text" ? ` ${token.slice(0, 90)}\r\n${
			token.slice(90)}\n` : token, { by });
		assert.equal(r.status, 200);
		assert.match(r.text, /Ce reçu est authentique/);
		assert.match(r.text, /<dd>ALPHA<\/dd>/);
		assert.match(r.text, /Contrat de fourniture/);
		assert.match(r.text, /Il est valable, jusqu’au/);
		assert.match(r.text, /sont dans le journal, à partir de la place/);
	}
	const english = await counter.ask("/verify?lang=en");
	assert.match(english.text, /Whoever holds a receipt/);
});

test("altered, by another, in the clear, no receipt: each is said", async () => {
	const [h, p, s] = token.split(".");
	const forged = claims(token);
	forged.authorization.expires_at = "2099-01-01T00:00:00Z";
	const other = keyPair();
	const cases = [
		[[h, b64(JSON.stringify(forged)), s].join("."), /ne prouve rien : ce guichet/],
		[[h, p, s.slice(0, -4) + "AAAA"].join("."), /ne prouve rien : ce guichet/],
		[jws({ typ: "JWT", alg: "ES256", kid: "x" }, claims(token), other),
			/ne prouve rien : ce guichet/],
		[jws({ typ: "JWT", alg: "none" }, claims(token), other, "none"),
			/Ce n’est pas un reçu/],
		[JSON.stringify(claims(token)), /copie en clair/],
		["hello <script>", /Ce n’est pas un reçu/],
		["", /Ce n’est pas un reçu/],
		[`${h}.${p}`, /Ce n’est pas un reçu/]];
	for (const [text, said] of cases) {
		const r = await show(text);
		assert.equal(r.status, 200);
		assert.match(r.text, said, text.slice(0, 40));
		assert.ok(!/authentique/.test(r.text));
		assert.ok(!r.text.includes("<script>"));
	}
	assert.equal((await show("x".repeat(600000))).status, 413);
});

test("one taken before its end says that it holds no more", async () => {
	await camille.withdraw(tokens.grant_id);
	assert.match((await show(token)).text, /a été arrêté le/);
	const db = counter.db.url;
	sql(db, `DELETE FROM guichet.letter; DELETE FROM guichet.access_token;
		DELETE FROM guichet.code; DELETE FROM guichet.grants`);
	assert.match((await show(token)).text, /On ne sait plus rien/);
});

test("so many a second of one address; odd bodies are no receipts", async () => {
	const odd = async (type, raw) => (await camille.ask("/verify", {
		method: "POST", raw: Buffer.from(raw),
		headers: { "content-type": type } })).status;
	const type = "multipart/form-data; boundary=x";
	for (const [t, raw] of [[type, "--x\r\n"], [type, ""], [type, "--x\r\n" +
		"Content-Disposition: form-data; name=\"file\"\r\n\r\n"],
	[type + "x".repeat(80), "--x"], ["multipart/form-data; boundary=", "--"],
	["text/plain", token]])
		assert.ok([200, 415].includes(await odd(t, raw)), `${t} ${raw}`);
	let last;
	for (let i = 0; i < 40 && last !== 429; i++)
		last = (await show("x")).status;
	assert.equal(last, 429);
});
