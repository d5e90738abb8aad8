// SPDX-License-Identifier: Apache-2.0
// Keys and certificates are replaced while the gateway serves: the key that signs
// receipts is announced, then signs, and what its former signed still verifies
// (jose); the TLS certificate and the key of TLS tickets are read by a reload.
// No call fails meanwhile.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync }
	from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import * as jose from "jose";
import { ask } from "../support/gateway.mjs";
import { certificates } from "../support/ground.mjs";
import { startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

let counter, camille, tokens, asked = 0, over = false, load;
const failures = [];
const at = (name) => join(counter.dir, "keys", name);
const keys = async () => (await counter.ask("/oauth/jwks")).json.keys;
const receipt = async () =>
	(await camille.ask(`/me/receipt/${tokens.grant_id}`)).text;
const kid = (token) => jose.decodeProtectedHeader(token).kid;
// As a browser sends it to our page.
async function verified(token) {
	const form = new FormData();
	form.append("text", token);
	const r = new Response(form);
	return (await camille.ask("/verify", { method: "POST",
		raw: Buffer.from(await r.arrayBuffer()),
		headers: { "content-type": r.headers.get("content-type") } })).text;
}

before(async () => {
	counter = await startCounter();
	camille = await counter.customer(0);
	tokens = await counter.register("alpha").connect(camille, { scope: undefined,
		authorization_details: JSON.stringify([{ type: "restitution",
			datasets: ["energy.contract"] }]) });
	const trusted = [readFileSync(counter.ca)];
	counter.trust = (pem) => trusted.push(pem);
	load = (async () => {
		while (!over) {
			const r = await ask(`${counter.issuer}/oauth/jwks`,
				{ ca: trusted }).catch((e) => e);
			asked++;
			if (r.status !== 200)
				failures.push(r.message ?? r.status);
		}
	})();
});
after(() => counter?.stop());

test("a signing key is announced, then signs; the former's receipts verify",
	async () => {
	const old = await receipt(), [first] = await keys();
	assert.equal(kid(old), first.kid);

	const none = counter.cli("key", "switch");
	assert.equal(none.code, 78);
	assert.match(none.err, /E121[^]*key announce/);

	assert.equal(counter.cli("key", "announce").code, 0);
	assert.equal(statSync(at("sign-es256-next.pem")).mode & 0o777, 0o600);
	const twice = counter.cli("key", "announce");
	assert.equal(twice.code, 78);
	assert.match(twice.err, /E120[^]*is there already[^]*key switch/);
	await counter.reload();
	const announced = await keys();
	assert.equal(announced.length, 2);
	assert.equal(kid(await receipt()), first.kid, "it signs nothing yet");

	const kept = jose.createLocalJWKSet({ keys: announced });	// by a PIMS
	assert.equal(counter.cli("key", "switch").code, 0);
	assert.ok(!existsSync(at("sign-es256-next.pem")));
	await counter.reload();
	const now = await receipt(), set = await keys();
	assert.equal(kid(now), announced[1].kid);
	await jose.compactVerify(now, kept);
	assert.deepEqual(set.map((k) => k.kid), [announced[1].kid, first.kid]);
	await jose.compactVerify(old, jose.createLocalJWKSet({ keys: set }));
	assert.ok(!JSON.stringify(set).includes('"d"'));
	assert.match(await verified(old), /authentique/);
	// only the public half of the former is left
	assert.deepEqual(readdirSync(join(counter.dir, "keys")).filter((f) =>
		f.startsWith("sign-")).sort(), [`sign-${first.kid}.pub`,
		"sign-es256.pem"].sort());
	assert.match(counter.cli("key", "list").out, /sign-es256\.pem[^\n]*signs receipts/);
	assert.equal(sql(counter.db.url, `SELECT count(*) FROM guichet.journal_line
		WHERE convert_from(leaf, 'UTF8') LIKE '%admin.key_rotated%'`), "2");
});

test("a damaged one is told, and the gateway stays as it was", async () => {
	writeFileSync(at("sign-x.pub"), "no key\n");
	const r = counter.cli("key", "list");
	assert.equal(r.code, 78);
	assert.match(r.err, /sign-x\.pub: error E123: is not a P-256/);
	counter.signal("SIGHUP");
	await counter.until(() => counter.said("code=E123") > 0 ||
		/E123/.test(counter.logs), "refused");
	assert.equal((await keys()).length, 2);
	rmSync(at("sign-x.pub"));
});

// What a handshake shows, resumed by that session if the server agrees.
const shake = (ca, session) => new Promise((done, fail) => {
	const s = connect({ port: new URL(counter.issuer).port, host: "localhost", ca,
		servername: "localhost", session, maxVersion: "TLSv1.2" }, () => {
		done({ serial: s.getPeerCertificate().serialNumber,
			reused: s.isSessionReused(), session: s.getSession() });
		s.end();
	});
	s.on("error", fail);
});

test("a renewed certificate and a new key of tickets serve after a reload",
	async () => {
	const was = await shake([readFileSync(counter.ca)]);
	assert.equal((await shake([readFileSync(counter.ca)], was.session)).reused, true);
	mkdirSync(join(counter.dir, "renewed"));
	const next = certificates(join(counter.dir, "renewed"));
	const { tls_certificate, tls_key } = counter.settings.server;
	counter.trust(readFileSync(next.ca));
	writeFileSync(tls_key, readFileSync(next.key));
	writeFileSync(tls_certificate, readFileSync(next.certificate));
	rmSync(at("ticket.key"));
	assert.equal(counter.cli("key", "new").code, 0);
	await counter.reload();
	const now = await shake([readFileSync(next.ca)], was.session);
	assert.notEqual(now.serial, was.serial);
	assert.equal(now.reused, false);
});

test("no call failed meanwhile", async () => {
	over = true;
	await load;
	assert.deepEqual(failures, [], `of ${asked}`);
	assert.ok(asked > 20, `${asked}`);
});
