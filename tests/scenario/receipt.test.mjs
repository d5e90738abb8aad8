// SPDX-License-Identifier: Apache-2.0
// What the customer keeps: a receipt that anybody can verify with our public
// keys (jose, not us), that names no customer and tells what was allowed. And
// the operator's view of the same grants: listed, shown, revoked, expired.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import formats from "ajv-formats";
import * as jose from "jose";
import jsonld from "jsonld";
import { pause, startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

let counter, alpha, camille, tokens, keys;

before(async () => {
	counter = await startCounter({ settings: { organisation: {
		name: "Énergie du Rhône", address: "12 quai Sarrail, Lyon",
		privacy_url: "https://energie.example/privacy" } } });
	alpha = counter.register("alpha");
	camille = await counter.customer(0);
	tokens = await alpha.connect(camille, { scope: undefined,
		authorization_details: JSON.stringify([{ type: "restitution",
			datasets: ["energy.contract", "energy.load-curve"],
			from: "2024-01-01", recurrence: "P1D" }]) });
	keys = jose.createLocalJWKSet((await counter.ask("/oauth/jwks")).json);
});
after(() => counter?.stop());

const receipt = (who = camille, more = "") =>
	who.ask(`/me/receipt/${tokens.grant_id}${more}`);

test("a receipt verifies by the public keys, and only as it is", async () => {
	const r = await receipt();
	assert.equal(r.status, 200, r.text);
	const { protectedHeader, payload } = await jose.compactVerify(r.text, keys);
	assert.equal(protectedHeader.alg, "ES256");
	assert.equal(protectedHeader.typ, "JWT");
	const [h, p, s] = r.text.split(".");
	const forged = JSON.parse(Buffer.from(p, "base64url"));
	forged.authorization.expires_at = "2099-01-01T00:00:00Z";
	await assert.rejects(jose.compactVerify([h,
		Buffer.from(JSON.stringify(forged)).toString("base64url"), s]
		.join("."), keys));
	assert.ok(JSON.parse(Buffer.from(payload)));
});

test("it tells who, what, why, until when and how to stop", async () => {
	const r = (await receipt(camille, "?form=json")).json;
	const [controller, recipient] = r.parties;
	assert.equal(r.iss, counter.issuer);
	assert.equal(r.record_id, tokens.grant_id);
	assert.equal(controller.name, "Énergie du Rhône");
	assert.equal(controller.contact, "dpo@example.org");
	assert.equal(recipient.id, "alpha");
	assert.match(r.notice.sha256, /^[0-9a-f]{64}$/);
	assert.equal(r.processing.purpose, "Vous montrer votre énergie");
	assert.equal(r.processing.withdrawal_method.url,
		`${counter.issuer}/me/withdraw/${tokens.grant_id}`);
	assert.deepEqual(r.pii.map((p) => p.pii_type),
		["energy.contract", "energy.load-curve"]);
	assert.ok(r.pii.every((p) => p.label && p.version === 1));
	// a contract has no period: it is given whole
	assert.deepEqual(r.pii.map((p) => p.period.from),
		[undefined, "2024-01-01"]);
	assert.deepEqual(r.authorization.authorization_details,
		tokens.authorization_details);
	assert.equal(r.events[0].type, "given");
	assert.equal(r.state, "active");
	const text = JSON.stringify(r);
	for (const private_ of [counter.people[0].reference, counter.people[0].name])
		assert.ok(!text.includes(private_));
});

test("every field ISO/IEC TS 27560 makes mandatory is there (ajv), signed too",
	async () => {
	const schema = await counter.ask("/static/receipt.schema.json");
	assert.equal(schema.headers["content-type"], "application/schema+json");
	const ajv = new Ajv2020({ allErrors: true, strict: true,
		strictRequired: false });
	formats(ajv);
	const valid = ajv.compile(schema.json);
	const clear = (await receipt(camille, "?form=json")).json;
	assert.ok(valid(clear), JSON.stringify(valid.errors));
	assert.equal(clear.$schema,
		`${counter.issuer}/static/receipt.schema.json`);
	const { payload } = await jose.compactVerify((await receipt()).text, keys);
	const signed = JSON.parse(Buffer.from(payload));
	assert.ok(valid(signed), JSON.stringify(valid.errors));
	for (const moving of ["iat", "jti", "receipt_id"])
		delete signed[moving], delete clear[moving];
	for (const r of [signed, clear]) {	// proofs grow with the log
		delete r.integrity.note;
		for (const e of r.events)
			delete e.leaf, delete e.place, delete e.proof;
	}
	assert.deepEqual(signed, clear);
	delete clear.notice;
	assert.equal(valid(clear), false);	// the schema does ask
});

test("its events are lines of the journal, by their hash", async () => {
	const r = (await receipt(camille, "?form=json")).json;
	for (const e of r.events)
		assert.equal(sql(counter.db.url, `SELECT encode(sha256('\\x00'::bytea
			|| leaf), 'base64') FROM guichet.journal_line
			WHERE id = '${e.line}'`), e.leaf_hash);
	assert.equal((await counter.ask(new URL(r.notice.url).pathname)).status,
		200);
});

test("Kantara's shape holds what 1.1.0 asks", async () => {
	const k = (await receipt(camille, "?form=kantara")).json;
	assert.equal(k.version, "KI-CR-v1.1.0");
	for (const name of ["jurisdiction", "consentTimestamp", "collectionMethod",
		"consentReceiptID", "piiPrincipalId", "piiControllers", "policyUrl",
		"services", "sensitive"])
		assert.ok(name in k, name);
	assert.equal(k.piiControllers[0].piiController, "Énergie du Rhône");
	assert.ok(Math.abs(k.consentTimestamp - Date.now() / 1000) < 600);
	const [purpose] = k.services[0].purposes;
	assert.equal(purpose.purpose, "Vous montrer votre énergie");
	assert.equal(purpose.consentType, "EXPLICIT");
	assert.equal(purpose.piiCategory.length, 2);
	assert.equal(purpose.thirdPartyName, "ALPHA");
});

test("DPV's shape expands (jsonld), and loses nothing on the way", async () => {
	const answer = await receipt(camille, "?form=dpv");
	assert.equal(answer.headers["content-type"], "application/ld+json");
	const none = () => { throw new Error("no context is fetched"); };
	const [r] = await jsonld.expand(answer.json, { documentLoader: none });
	const dpv = "https://w3id.org/dpv#";
	assert.deepEqual(r["@type"], [`${dpv}ConsentReceipt`]);
	const [p] = r[`${dpv}hasProcess`];
	assert.equal(p[`${dpv}hasLegalBasis`][0]["@id"],
		"https://w3id.org/dpv/legal/eu/gdpr#A6-1-a");
	assert.equal(p[`${dpv}hasDataController`][0][`${dpv}hasName`][0]["@value"],
		"Énergie du Rhône");
	assert.equal(p[`${dpv}hasPersonalData`].length, 2);
	const clear = (await receipt(camille, "?form=json")).json;
	assert.equal(r[`${dpv}hasEvent`].length, clear.events.length);
	const said = JSON.stringify(r);
	for (const text of [clear.record_id, clear.principal.id, clear.notice.sha256,
		clear.processing.purpose, clear.processing.withdrawal_method.url,
		clear.processing.retention_period, ...clear.pii.map((x) => x.pii_type),
		...clear.parties.map((x) => x.id)])
		assert.ok(said.includes(JSON.stringify(text).slice(1, -1)), text);
});

test("nobody else reads it", async () => {
	assert.equal((await receipt(await counter.customer(1))).status, 404);
	assert.equal((await counter.ask(`/me/receipt/${tokens.grant_id}`)).status,
		303);
});

test("an operator lists, shows and revokes; the customer sees by whom",
	async () => {
		const out = (...args) => {
			const r = counter.cli("grant", ...args);
			assert.equal(r.code, 0, r.err);
			return r.out;
		};
		const [g] = JSON.parse(out("list", "--client", "alpha", "--json"));
		assert.equal(g.grant_id, tokens.grant_id);
		assert.equal(JSON.parse(out("show", g.grant_id)).state, "active");
		assert.ok(!out("list").includes(counter.people[0].reference));
		assert.equal(counter.cli("grant", "revoke", g.grant_id).code, 64);
		assert.equal((await alpha.get("/v1/datasets", tokens.access_token))
			.status, 200);
		out("revoke", g.grant_id, "--reason", "a trial");
		await pause(900);
		assert.equal((await alpha.get("/v1/datasets", tokens.access_token))
			.status, 401);
		assert.equal(counter.cli("grant", "revoke", g.grant_id, "--reason",
			"again").code, 65);
		const r = (await receipt(camille, "?form=json")).json;
		assert.equal(r.state, "withdrawn");
		assert.deepEqual([r.events[1].type, r.events[1].by],
			["withdrawn", "operator"]);
	});

test("a grant whose time has come ends by itself, with its line", async () => {
	const db = counter.db.url;
	const t = await alpha.connect(camille);
	assert.equal((await alpha.get("/v1/datasets", t.access_token)).status, 200);
	sql(db, `UPDATE guichet.grants SET expires = now() - interval '1 s'
		WHERE id = '${t.grant_id}'`);
	await pause(900);
	assert.equal((await alpha.get("/v1/datasets", t.access_token)).status, 401);
	assert.equal((await alpha.refresh(t.refresh_token)).status, 400);
	await counter.until(() => sql(db, `SELECT state || ended_by
		FROM guichet.grants WHERE id = '${t.grant_id}'`) === "expiredtime",
	"the sweep");
	assert.equal(sql(db, `SELECT count(*) FROM guichet.journal_line
		WHERE grant_id = '${t.grant_id}' AND
		convert_from(leaf, 'UTF8')::jsonb ->> 'ev' = 'consent.expired'`), "1");
});

test("what an operator mistypes is told with the way out", () => {
	const why = ["--purpose-en", "p", "--purpose-fr", "p"];
	for (const [args, said] of [
		[["client", "add", "x1y", "--name", "X"], /--purpose-en/],
		[["client", "add", "x1y", "--name", "X", ...why],
			/--redirect-uri is needed/],
		[["client", "add", "X Y", "--name", "X"], /small letters/],
		[["client", "add", "x1y", "--name", "X", ...why, "--redirect-uri",
			"https://x.example/cb", "--jwks", "/nowhere"], /nowhere/],
		[["client", "add", "cloud9", "--kind", "cozy", "--name", "C",
			"--datasets", "energy.contrat"], /perhaps 'energy.contract'/],
		[["client", "suspend", "nobody", "--reason", "r"], /no client 'nobody'/],
		[["client", "suspend", "alpha"], /--reason/],
		[["grant", "show", "1"], /no grant id/],
		[["client", "lst"], /add, list, suspend/]]) {
		const r = counter.cli(...args);
		assert.ok(r.code === 64 || r.code === 65, `${args}: ${r.code} ${r.err}`);
		assert.match(r.err, said);
	}
	const twice = counter.cli("client", "add", "alpha", "--kind", "solid",
		"--name", "A");
	assert.match(twice.err, /already/);
	const listed = JSON.parse(counter.cli("client", "list", "--json").out);
	assert.ok(listed.some((c) => c.client_id === "alpha" &&
		c.redirect_uris.length === 1));
});
