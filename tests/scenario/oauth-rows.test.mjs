// SPDX-License-Identifier: Apache-2.0
// The acceptance list of FAPI 2.0 as this counter reads it, row by row, by raw
// requests against a real gateway over TLS. Where a specification tolerates
// several answers, the row expects ours. The numbers are those of the list the
// project keeps; rows about features it does not have (OpenID nonces, DPoP
// nonces, dynamic registration, signed requests) are not here.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Agent } from "node:https";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { asJwt, b64, clientCertificate, jws, keyPair, now, pause, Pims,
	sha256, startCounter, thumbprint } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

let counter, db, alpha, beta, rsa, edwards, twins, camille;
let tokens;		// of alpha: energy.contract and energy.load-curve
const LIST = "/v1/datasets", CURVE = "/v1/datasets/energy.load-curve";
const TWO = "energy.contract energy.load-curve";

before(async () => {
	counter = await startCounter();
	db = counter.db.url;
	alpha = counter.register("alpha");
	beta = counter.register("beta", { redirect: "https://beta.example/cb?a=1" });
	rsa = counter.register("rsa", { keys: [keyPair("PS256")] });
	edwards = counter.register("edwards", { keys: [keyPair("EdDSA")] });
	twins = counter.register("twins",
		{ keys: [keyPair("ES256", "same"), keyPair("EdDSA", "same")] });
	camille = await counter.customer(0);
	tokens = await alpha.connect(camille, { scope: TWO });
});

after(async () => {
	const deaths = counter?.said(/died role=/) ?? 0;
	await counter?.stop();
	assert.equal(deaths, 0, "no process of the gateway died");
});

const row = (n, what, fn) => test(`${n}: ${what}`, fn);

function refused(r, status, error) {
	assert.equal(r.status, status, r.text);
	assert.equal(r.json.error, error, r.text);
	assert.match(r.headers["content-type"], /^application\/json/);
	assert.equal(r.headers["cache-control"], "no-store");
	assert.match(r.json.error_description, /^[\x20-\x7e]+$/);
}
const ok = (r, status = 200) => assert.equal(r.status, status, r.text);
function noToken(r, error = "invalid_token") {
	ok(r, 401);
	assert.match(r.headers["www-authenticate"], new RegExp(`error="${error}"`));
}
const api = (options) => alpha.get(LIST, tokens.access_token, options);

// ---- metadata, the whole flow ----

row(1, "metadata", async () => {
	const r = await counter.ask("/.well-known/oauth-authorization-server");
	const m = r.json;
	ok(r);
	assert.match(r.headers["content-type"], /^application\/json/);
	assert.equal(m.issuer, counter.issuer);
	assert.deepEqual(m.response_types_supported, ["code"]);
	assert.deepEqual(m.code_challenge_methods_supported, ["S256"]);
	assert.equal(m.authorization_response_iss_parameter_supported, true);
	assert.equal(m.require_pushed_authorization_requests, true);
	assert.equal(m.pushed_authorization_request_endpoint,
		counter.issuer + "/oauth/par");
	assert.deepEqual(m.token_endpoint_auth_methods_supported,
		["private_key_jwt", "self_signed_tls_client_auth"]);
	assert.deepEqual(m.dpop_signing_alg_values_supported,
		["ES256", "PS256", "EdDSA", "Ed25519"]);
	assert.equal(m.mtls_endpoint_aliases.token_endpoint,
		counter.mtls_url + "/oauth/token");
	const resource = (await counter.ask(
		"/.well-known/oauth-protected-resource")).json;
	assert.equal(resource.resource, counter.issuer);
	assert.deepEqual(resource.authorization_servers, [counter.issuer]);
	const jwks = (await counter.ask("/oauth/jwks")).json;
	assert.ok(jwks.keys.length > 0 && jwks.keys.every((k) => !("d" in k)));
});

row(2, "two clients, the whole flow, a redirect URI with a query", async () => {
	for (const pims of [alpha, beta]) {
		const r = await camille.allow(pims);
		assert.equal(r.location.href.startsWith(pims.redirect), true);
		const t = await pims.exchange(r.code);
		ok(t);
		assert.equal(t.json.token_type, "DPoP");
		assert.ok(t.json.expires_in > 0 && t.json.expires_in <= 600);
		assert.equal(t.json.scope, "energy.contract");
		assert.match(t.json.access_token, /^[\w-]{43}$/);
		ok(await pims.get(LIST, t.json.access_token));
	}
	assert.equal((await camille.allow(beta)).answer.get("a"), "1");
});

row(3, "the customer refuses", async () => {
	const params = alpha.request({ state: "refused" });
	const pushed = await alpha.post("/oauth/par", params);
	const r = await camille.decide(alpha, pushed.json.request_uri,
		{ decision: "refuse" });
	const to = new URL(r.headers.location);
	ok(r, 303);
	assert.equal(to.origin + to.pathname, alpha.redirect);
	assert.equal(to.searchParams.get("error"), "access_denied");
	assert.equal(to.searchParams.get("state"), "refused");
	assert.equal(to.searchParams.get("iss"), counter.issuer);
	assert.equal(to.searchParams.get("code"), null);
});

row(4, "no state, none returned", async () => {
	const r = await camille.allow(alpha, { state: undefined });
	assert.equal(r.answer.has("state"), false);
	assert.equal(r.answer.get("iss"), counter.issuer);
	ok(await alpha.exchange(r.code));
});

row(5, "a nonce of OpenID Connect is no matter", async () => {
	ok(await alpha.par({ nonce: "n".repeat(64) }), 201);
});

row(8, "a long state comes back whole, a huge one is refused", async () => {
	const state = b64(randomBytes(1500)) + "&=é %";
	const r = await camille.allow(alpha, { state });
	assert.equal(r.answer.get("state"), state);
	refused(await alpha.par({ state: "x".repeat(5000) }), 400,
		"invalid_request");
});

row(9, "data sets in another order", async () => {
	ok(await alpha.par({ scope: "energy.load-curve energy.contract" }), 201);
});

row(10, "the scheme in any letter case", async () => {
	for (const scheme of ["dpop", "DPOP", "dPoP"])
		ok(await api({ scheme }));
});

row(11, "only client_id and request_uri on the address", async () => {
	const { json } = await alpha.par();
	ok(await camille.open(alpha, json.request_uri));
});

row("12, 13", "a state outside the pushed request is ignored", async () => {
	const { json } = await alpha.post("/oauth/par",
		alpha.request({ state: "pushed" }));
	const page = await camille.open(alpha, json.request_uri,
		{ state: "another", scope: "energy.invoice" });
	const r = await camille.ask("/oauth/authorize", { method: "POST",
		form: camille.form(page.text) });
	const to = new URL(r.headers.location).searchParams;
	assert.equal(to.get("state"), "pushed");
	const t = await alpha.exchange(to.get("code"));
	assert.equal(t.json.scope, "energy.contract");
	const bare = await alpha.post("/oauth/par",
		alpha.request({ state: undefined }));
	const second = await camille.open(alpha, bare.json.request_uri,
		{ state: "only here" });
	const r2 = await camille.ask("/oauth/authorize", { method: "POST",
		form: camille.form(second.text) });
	assert.equal(new URL(r2.headers.location).searchParams.has("state"), false);
});

// ---- what PAR refuses ----

for (const [n, what, params, error = "invalid_request"] of [
	[14, "an unregistered redirect URI",
		{ redirect_uri: "https://alpha.example/other" }],
	[14, "a registered one and more",
		{ redirect_uri: "https://alpha.example/cb/" }],
	[15, "no redirect URI", { redirect_uri: undefined }],
	[16, "an http redirect URI", { redirect_uri: "http://alpha.example/cb" }],
	[18, "response_type code id_token", { response_type: "code id_token" },
		"unsupported_response_type"],
	[19, "response_type token", { response_type: "token" },
		"unsupported_response_type"],
	[19, "no response_type", { response_type: undefined }],
	[20, "no code_challenge", { code_challenge: undefined }],
	[20, "a short code_challenge", { code_challenge: "abc" }],
	[21, "plain", { code_challenge_method: "plain" }],
	[21, "no method, which would mean plain",
		{ code_challenge_method: undefined }],
	[22, "request_uri as a parameter",
		{ request_uri: "urn:ietf:params:oauth:request_uri:x" }],
	[22, "request as a parameter", { request: "e30.e30." },
		"request_not_supported"],
	[57, "a dpop_jkt that is not the proof's",
		{ dpop_jkt: thumbprint(keyPair()) }],
	["83a", "no data set at all", { scope: undefined }, "invalid_scope"],
	["83b", "an unknown data set", { scope: "energy.gossip" }, "invalid_scope"],
	[102, "details of an unknown type", { scope: undefined,
		authorization_details: '[{"type":"payment"}]' },
		"invalid_authorization_details"],
	[102, "details with an unknown member", { authorization_details:
		'[{"type":"restitution","datasets":["energy.contract"],"x":1}]' },
		"invalid_authorization_details"],
	[102, "details that are no JSON", { authorization_details: "[{" },
		"invalid_authorization_details"],
	[102, "details that are no list", { authorization_details:
		'{"type":"restitution","datasets":["energy.contract"]}' },
		"invalid_authorization_details"],
	[102, "details with a member twice", { authorization_details:
		'[{"type":"restitution","type":"restitution","datasets":["energy.contract"]}]' },
		"invalid_authorization_details"],
	[102, "details without data sets", { authorization_details:
		'[{"type":"restitution"}]' }, "invalid_authorization_details"],
	[102, "details naming an unknown data set", { authorization_details:
		'[{"type":"restitution","datasets":["energy.gossip"]}]' },
		"invalid_authorization_details"],
	[102, "details from after to", { authorization_details: JSON.stringify(
		[{ type: "restitution", datasets: ["energy.contract"],
			from: "2026-01-02", to: "2026-01-01" }]) },
		"invalid_authorization_details"],
	[102, "details that end in the past", { authorization_details:
		JSON.stringify([{ type: "restitution", datasets: ["energy.contract"],
			until: "2020-01-01" }]) }, "invalid_authorization_details"],
	[102, "details of two purposes", { authorization_details: JSON.stringify(
		["a", "b"].map((purpose, i) => ({ type: "restitution", purpose,
			datasets: [["energy.contract"], ["energy.invoice"]][i] }))) },
		"invalid_authorization_details"],
	[108, "deep JSON", { authorization_details:
		"[".repeat(3000) + "]".repeat(3000) }, "invalid_authorization_details"],
])
	row(n, `PAR refuses ${what}`, async () =>
		refused(await alpha.par(params), 400, error));

row(14, "a client may not ask beyond its registration", async () => {
	const small = counter.register("small", { datasets: "energy.contract" });
	refused(await small.par({ scope: "energy.load-curve" }), 400,
		"invalid_scope");
	ok(await small.par({ scope: "energy.contract" }), 201);
});

row(16, "registration refuses what is no redirect URI", () => {
	for (const url of ["http://alpha.example/cb", "https://a.example/#f",
		"https://user@a.example/", "custom://x", "https:///x"])
		assert.throws(() => counter.register("bad", { redirect: url }),
			/client add: 65/, url);
});

row(17, "authorising without PAR shows an error, never a sign-in", async () => {
	const r = await camille.ask("/oauth/authorize?" +
		new URLSearchParams(alpha.request()));
	ok(r, 400);
	assert.equal(r.headers.location, undefined);
	const stranger = await counter.ask("/oauth/authorize?" +
		new URLSearchParams(alpha.request()));
	ok(stranger, 400);
	assert.equal(stranger.headers.location, undefined);
});

row(23, "PAR by another method: 405 and Allow", async () => {
	for (const method of ["PUT", "GET", "DELETE"]) {
		const r = await counter.ask("/oauth/par", { method });
		ok(r, 405);
		assert.equal(r.headers.allow, "POST");
	}
});

row(24, "PAR without client authentication", async () =>
	refused(await alpha.par({}, { assertion: false }), 401, "invalid_client"));

// ---- the life of a pushed request ----

row(25, "a request_uri after its life", async () => {
	const { json } = await alpha.par();
	sql(db, `UPDATE guichet.pushed_request SET due = now() - interval '1 s'
		WHERE opened IS NULL`);
	const r = await camille.open(alpha, json.request_uri);
	ok(r, 400);
	assert.equal(r.headers.location, undefined);
});

row("25b", "once opened it leaves time to read, not for ever", async () => {
	const { json } = await alpha.par();
	ok(await camille.open(alpha, json.request_uri));
	sql(db, `UPDATE guichet.pushed_request SET due = now() - interval '5 min'
		WHERE NOT used AND opened IS NOT NULL`);
	const page = await camille.open(alpha, json.request_uri);
	ok(page);
	sql(db, `UPDATE guichet.pushed_request SET expires = now() -
		interval '1 s' WHERE NOT used AND opened IS NOT NULL`);
	const r = await camille.ask("/oauth/authorize", { method: "POST",
		form: camille.form(page.text) });
	ok(r, 400);
});

row(26, "a request_uri after the decision", async () => {
	const r = await camille.allow(alpha);
	ok(await camille.open(alpha, r.request_uri), 400);
});

row(27, "opened twice, decided the second time", async () => {
	const { json } = await alpha.par();
	ok(await camille.open(alpha, json.request_uri));
	ok(await camille.open(alpha, json.request_uri));
	ok(await camille.decide(alpha, json.request_uri), 303);
});

row(28, "a request_uri with another client's id", async () => {
	const { json } = await alpha.par();
	ok(await camille.open(beta, json.request_uri), 400);
	const page = await camille.open(alpha, json.request_uri);
	ok(await camille.ask("/oauth/authorize", { method: "POST",
		form: camille.form(page.text, { client_id: "beta" }) }), 400);
});

row(29, "expires_in", async () => {
	const r = await alpha.par();
	ok(r, 201);
	assert.equal(r.json.expires_in, 90);
	assert.match(r.json.request_uri, /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/);
});

// ---- the client's assertion ----

const stranger = keyPair();
for (const [n, what, assertion] of [
	[30, "aud = the token endpoint", () => ({ claims:
		{ aud: counter.issuer + "/oauth/token" } })],
	[31, "aud = the PAR endpoint", () => ({ claims:
		{ aud: counter.issuer + "/oauth/par" } })],
	[32, "aud = a list", () => ({ claims: { aud: [counter.issuer] } })],
	[33, "aud = another server", () => ({ claims:
		{ aud: "https://other.example" } })],
	[33, "no aud", () => ({ claims: { aud: undefined } })],
	[34, "no sub", () => ({ claims: { sub: undefined } })],
	[35, "iss is not sub", () => ({ claims: { iss: "beta" } })],
	[35, "sub is another client", () => ({ claims: { sub: "beta" } })],
	[36, "exp five minutes ago", () => ({ claims: { exp: now() - 300 } })],
	[36, "exp an hour ahead", () => ({ claims: { exp: now() + 3600 } })],
	[37, "no exp", () => ({ claims: { exp: undefined } })],
	[37, "exp as a text", () => ({ claims: { exp: String(now() + 60) } })],
	[37, "no jti", () => ({ claims: { jti: undefined } })],
	[39, "iat 70 s ahead", () => ({ claims: { iat: now() + 70 } })],
	[39, "nbf 70 s ahead", () => ({ claims: { nbf: now() + 70 } })],
	[41, "alg none", () => ({ header: { alg: "none" } })],
	[41, "alg HS256, keyed with the public PEM",
		() => ({ header: { alg: "HS256" } })],
	[43, "an unregistered key", () => ({ key: { ...stranger, kid: "k9" } })],
	[43, "the right kid, another key", () => ({ key: stranger })],
	[43, "the right key, an unknown kid", () => ({ header: { kid: "k9" } })],
	[43, "typ dpop+jwt", () => ({ header: { typ: "dpop+jwt" } })],
	[43, "a critical extension", () => ({ header: { crit: ["exp"] } })],
])
	row(n, `an assertion refused: ${what}`, async () =>
		refused(await alpha.par({}, { assertion: assertion() }), 401,
			"invalid_client"));

row(38, "iat and nbf 8 s ahead are fine", async () => {
	ok(await alpha.par({}, { assertion: { claims: { iat: now() + 8,
		nbf: now() + 8 } } }), 201);
});

row(40, "PS256 is fine, RS256 by the same key is not", async () => {
	ok(await rsa.par(), 201);
	refused(await rsa.par({}, { assertion: { header: { alg: "RS256" } } }),
		401, "invalid_client");
});

row("40b", "EdDSA is fine", async () => ok(await edwards.par(), 201));

row(42, "the same jti twice, in any worker, at once", async () => {
	const one = alpha.assertion();
	ok(await alpha.par({}, { assertion: one }), 201);
	for (let i = 0; i < 4; i++)
		refused(await alpha.par({}, { assertion: one }), 401,
			"invalid_client");
	const two = alpha.assertion();
	const all = await Promise.all(Array.from({ length: 12 }, () =>
		alpha.par({}, { assertion: two })));
	assert.equal(all.filter((r) => r.status === 201).length, 1);
});

row(44, "two keys of one kid, chosen by their kind", async () => {
	for (const key of twins.keys)
		ok(await twins.par({}, { assertion: { key } }), 201);
});

row(45, "no assertion at the token endpoint", async () =>
	refused(await alpha.exchange("x", {}, { assertion: false }), 401,
		"invalid_client"));

row(46, "another's client_id with one's own assertion", async () =>
	refused(await alpha.par({ client_id: "beta" }), 401, "invalid_client"));

row(47, "shared secrets and nothing at all", async () => {
	const basic = { authorization: "Basic " +
		Buffer.from("alpha:secret").toString("base64") };
	refused(await alpha.par({}, { assertion: false, headers: basic }), 401,
		"invalid_client");
	refused(await alpha.par({}, { headers: basic }), 401, "invalid_client");
	refused(await alpha.par({ client_secret: "secret" },
		{ assertion: false }), 401, "invalid_client");
	refused(await alpha.par({ client_id: "nobody" }, { assertion: false }),
		401, "invalid_client");
	const type = await alpha.post("/oauth/par", { client_assertion_type: "x",
		client_assertion: alpha.assertion() }, { assertion: false });
	refused(type, 401, "invalid_client");
});

row("47b", "a suspended client is out within a second, and back", async () => {
	const pims = counter.register("suspended");
	const t = await pims.connect(camille);
	ok(await pims.get(LIST, t.access_token));
	assert.equal(counter.cli("client", "suspend", "suspended", "--reason",
		"a trial").code, 0);
	await pause(900);
	for (let i = 0; i < 6; i++)
		noToken(await pims.get(LIST, t.access_token));
	refused(await pims.par(), 401, "invalid_client");
	refused(await pims.refresh(t.refresh_token), 401, "invalid_client");
	assert.equal(counter.cli("client", "admit", "suspended").code, 0);
	await pause(900);
	ok(await pims.get(LIST, t.access_token));
	ok(await pims.refresh(t.refresh_token));
});

row(48, "other grant types", async () => {
	for (const grant_type of ["password", "client_credentials", "implicit", ""])
		refused(await alpha.post("/oauth/token", { grant_type, username: "u",
			password: "p" }), 400, "unsupported_grant_type");
	refused(await alpha.post("/oauth/token", {}), 400, "invalid_request");
});

// ---- the code ----

for (const [n, what, params, error = "invalid_grant"] of [
	[49, "no code_verifier", { code_verifier: undefined }],
	[50, "a wrong code_verifier", { code_verifier: "x".repeat(43) }],
	[50, "the challenge as verifier", "challenge"],
	[55, "another redirect URI", { redirect_uri: "https://alpha.example/" }],
	[55, "no redirect URI", { redirect_uri: undefined }, "invalid_request"],
])
	row(n, `a code is not exchanged with ${what}, then is`, async () => {
		const r = await camille.allow(alpha);
		refused(await alpha.exchange(r.code, params === "challenge" ?
			{ code_verifier: b64(sha256(alpha.verifier)) } : params), 400,
			error);
		ok(await alpha.exchange(r.code));
	});

row(51, "a code replayed later takes back what it gave", async () => {
	const r = await camille.allow(alpha);
	const t = (await alpha.exchange(r.code)).json;
	ok(await alpha.get(LIST, t.access_token));
	await pause(1000);
	refused(await alpha.exchange(r.code), 400, "invalid_grant");
	await pause(200);
	noToken(await alpha.get(LIST, t.access_token));
	refused(await alpha.refresh(t.refresh_token), 400, "invalid_grant");
	assert.equal(sql(db, `SELECT state || ' ' || ended_by FROM guichet.grants
		WHERE id = '${t.grant_id}'`), "withdrawn system");
});

row(52, "a code first used after its minute", async () => {
	const r = await camille.allow(alpha);
	sql(db, `UPDATE guichet.code SET expires = now() - interval '2 s'
		WHERE spent IS NULL`);
	refused(await alpha.exchange(r.code), 400, "invalid_grant");
	const life = sql(db, `SELECT max(extract(epoch FROM expires - now()))::int
		FROM guichet.code`);
	assert.ok(Number(life) <= 60);
});

row(53, "a code presented by another client", async () => {
	const r = await camille.allow(alpha);
	refused(await beta.exchange(r.code, { redirect_uri: alpha.redirect,
		code_verifier: alpha.verifier }), 400, "invalid_grant");
	ok(await alpha.exchange(r.code));
	refused(await alpha.exchange(b64(randomBytes(32))), 400, "invalid_grant");
});

row(54, "many exchanges of one code at once: one success", async () => {
	for (let round = 0; round < 5; round++) {
		const r = await camille.allow(alpha);
		const all = await Promise.all(Array.from({ length: 8 }, () =>
			alpha.exchange(r.code)));
		const won = all.filter((a) => a.status === 200);
		assert.equal(won.length, 1);
		for (const a of all)
			if (a !== won[0])
				refused(a, 400, "invalid_grant");
		ok(await alpha.get(LIST, won[0].json.access_token));
	}
});

row(56, "no proof at the token endpoint", async () => {
	const r = await camille.allow(alpha);
	refused(await alpha.exchange(r.code, {}, { proof: false }), 400,
		"invalid_dpop_proof");
	ok(await alpha.exchange(r.code));
});

row(58, "dpop_jkt in the request, another key at the token", async () => {
	const key = keyPair();
	const r = await camille.allow(alpha, { dpop_jkt: thumbprint(alpha.dpop) });
	refused(await alpha.exchange(r.code, {}, { proof: { key } }), 400,
		"invalid_grant");
	ok(await alpha.exchange(r.code));
});

row(59, "a proof with PAR, another key at the token", async () => {
	const key = keyPair();
	const r = await camille.allow(alpha);
	refused(await alpha.exchange(r.code, {}, { proof: { key } }), 400,
		"invalid_grant");
	ok(await alpha.exchange(r.code));
});

row(60, "neither at PAR: any key at the token", async () => {
	const params = alpha.request();
	const pushed = await alpha.post("/oauth/par", params, { proof: false });
	const r = await camille.decide(alpha, pushed.json.request_uri);
	const code = new URL(r.headers.location).searchParams.get("code");
	const key = keyPair("EdDSA");
	const t = await alpha.exchange(code, {}, { proof: { key } });
	ok(t);
	ok(await alpha.get(LIST, t.json.access_token, { proof: { key } }));
});

// ---- the proof ----

row(61, "iat ten seconds ahead or ago, at PAR, token and API", async () => {
	for (const skew of [9, -10]) {
		const proof = () => ({ claims: { iat: now() + skew } });
		const pushed = await alpha.post("/oauth/par", alpha.request(),
			{ proof: proof() });
		ok(pushed, 201);
		const r = await camille.decide(alpha, pushed.json.request_uri);
		const t = await alpha.exchange(new URL(r.headers.location)
			.searchParams.get("code"), {}, { proof: proof() });
		ok(t);
		ok(await alpha.get(LIST, t.json.access_token, { proof: proof() }));
	}
});

row(62, "nbf and exp in a proof", () => api({ proof: { claims:
	{ nbf: now() - 5, exp: now() + 60 } } }).then((r) => ok(r)));

row(64, "DPOP in capitals", () => api({ proof: false, headers: { DPOP:
	alpha.proof("GET", counter.issuer + LIST, { token: tokens.access_token }) } })
	.then((r) => ok(r)));

row(65, "two DPoP fields", async () => {
	const make = () => alpha.proof("GET", counter.issuer + LIST,
		{ token: tokens.access_token });
	noToken(await api({ proof: false, headers: { DPoP: [make(), make()] } }),
		"invalid_dpop_proof");
	refused(await alpha.par({}, { proof: false,
		headers: { DPoP: [make(), make()] } }), 400, "invalid_dpop_proof");
});

const text = (s) => () => s;
const changed = (more) => (method, url, o) =>
	alpha.proof(method, url, { ...o, ...more,
		claims: { ...o.claims, ...more.claims } });
const privately = (m, url, o) => alpha.proof(m, url, { ...o,
	header: { jwk: alpha.dpop.private_jwk } });
for (const [n, what, make] of [
	[66, "no JWT", text("nonsense")],
	[66, "two parts", text("e30.e30")],
	[66, "bytes over 8 KiB", text(`${"A".repeat(9000)}.e30.AA`)],
	[67, "typ missing", changed({ header: { typ: undefined } })],
	[67, "typ JWT", changed({ header: { typ: "JWT" } })],
	[68, "alg missing", changed({ header: { alg: undefined }, alg: "ES256" })],
	[68, "alg none", changed({ header: { alg: "none" } })],
	[68, "alg RS256", changed({ key: keyPair("PS256"),
		header: { alg: "RS256" } })],
	[68, "alg of another kind than the key",
		changed({ header: { alg: "EdDSA" }, alg: "ES256" })],
	[69, "jwk missing", changed({ header: { jwk: undefined } })],
	[69, "jwk with its private part", privately],
	[70, "jti missing", changed({ claims: { jti: undefined } })],
	[70, "htm missing", changed({ claims: { htm: undefined } })],
	[70, "htu missing", changed({ claims: { htu: undefined } })],
	[70, "iat missing", changed({ claims: { iat: undefined } })],
	[71, "a bad signature", (...a) => alpha.proof(...a).slice(0, -4) + "AAAA"],
	[71, "another key's signature", (m, u, o) => {
		const [h, c] = alpha.proof(m, u, o).split(".");
		return `${h}.${c}.${jws({}, {}, stranger, "ES256").split(".")[2]}`;
	}],
	[72, "another htm", changed({ claims: { htm: "DELETE" } })],
	[72, "htm in small letters", changed({ claims: { htm: "get" } })],
	[73, "another path", changed({ claims: { htu: "https://localhost/x" } })],
	[73, "another host", (m, url, o) => alpha.proof(m,
		url.replace("localhost", "localhost.example"), o)],
	[73, "another scheme", (m, url, o) => alpha.proof(m,
		url.replace("https", "http"), o)],
	[73, "user information before the host", (m, url, o) => alpha.proof(m,
		url.replace("localhost", "x@localhost"), o)],
	[76, "iat an hour ago", changed({ claims: { iat: now() - 3600 } })],
	[76, "iat an hour ahead", changed({ claims: { iat: now() + 3600 } })],
])
	row(n, `a proof refused at API and PAR: ${what}`, async () => {
		noToken(await api({ proof: make("GET", counter.issuer + LIST,
			{ token: tokens.access_token }) }), "invalid_dpop_proof");
		refused(await alpha.par({}, { proof:
			make("POST", counter.issuer + "/oauth/par", {}) }), 400,
			"invalid_dpop_proof");
	});

row(70, "ath missing", async () => noToken(await api({ proof: { claims:
	{ ath: undefined } } }), "invalid_dpop_proof"));

row(74, "htu with a query or a fragment, and without", async () => {
	for (const more of ["?x=1", "#f", ""])
		ok(await api({ proof: { claims: { htu: counter.issuer + LIST + more } } }));
	ok(await alpha.get(CURVE + "?limit=1", tokens.access_token));
});

row(75, "htu with its host in capitals, an escaped letter", async () => {
	for (const htu of [counter.issuer.replace("localhost", "LOCALHOST") + LIST,
		counter.issuer.replace("https", "HTTPS") + LIST,
		counter.issuer + LIST.replace("d", "%64")])
		ok(await api({ proof: { claims: { htu } } }));
});

row(77, "a proof used twice, in any worker, at once", async () => {
	const url = counter.issuer + LIST, token = tokens.access_token;
	const proof = alpha.proof("GET", url, { token });
	ok(await api({ proof }));
	for (let i = 0; i < 4; i++)
		noToken(await api({ proof }), "invalid_dpop_proof");
	const jti = b64(randomBytes(8));
	const again = () => alpha.proof("GET", url, { token, claims: { jti } });
	const all = await Promise.all(Array.from({ length: 16 }, () =>
		api({ proof: again() })));
	assert.equal(all.filter((r) => r.status === 200).length, 1);
	// another key may use the same jti
	ok(await alpha.par({}, { proof: { key: keyPair(), claims: { jti } } }), 201);
});

row(78, "another token's ath; another key than the token's", async () => {
	noToken(await api({ proof: { claims: { ath: b64(sha256("x")) } } }),
		"invalid_dpop_proof");
	noToken(await api({ proof: { key: keyPair() } }));
});

row(79, "more in header and claims", async () =>
	ok(await api({ proof: { header: { extra: 1 }, claims: { more: [2] } } })));

row(80, "no proof, and no proof with Bearer", async () => {
	noToken(await api({ proof: false }), "invalid_dpop_proof");
	noToken(await api({ proof: false, scheme: "Bearer" }));
	noToken(await api({ scheme: "Bearer" }));
});

row(81, "after all this a right proof", async () => ok(await api()));

// ---- the access token ----

row(82, "a token in the address or the body", async () => {
	for (const o of [{}, { proof: false }])
		ok(await alpha.get(`${LIST}?access_token=${tokens.access_token}`,
			undefined, o), 400);
	ok(await alpha.get(`${LIST}?access_token=${tokens.access_token}`,
		tokens.access_token), 400);
});

row(83, "a data set that was not granted", async () => {
	const r = await alpha.get("/v1/datasets/energy.invoice",
		tokens.access_token);
	ok(r, 403);
	assert.match(r.headers["www-authenticate"] ?? "", /insufficient_scope/);
});

row(84, "an expired token", async () => {
	const { access_token } = await alpha.connect(camille);
	sql(db, `UPDATE guichet.access_token SET expires = now() - interval '1 s'
		WHERE hash = '\\x${sha256(access_token).toString("hex")}'`);
	noToken(await alpha.get(LIST, access_token));
});

row("84b", "a withdrawal: everywhere, within one second", async () => {
	const t = await alpha.connect(camille);
	const many = (want) => Promise.all(Array.from({ length: 16 }, () =>
		alpha.get(LIST, t.access_token).then((r) => r.status === want)));
	assert.ok((await many(200)).every(Boolean));
	ok(await camille.withdraw(t.grant_id), 303);
	await pause(900);
	assert.ok((await many(401)).every(Boolean));
	noToken(await alpha.get(LIST, t.access_token));
	refused(await alpha.refresh(t.refresh_token), 400, "invalid_grant");
});

row(85, "WWW-Authenticate", async () => {
	const r = await api({ proof: false });
	assert.match(r.headers["www-authenticate"],
		/^DPoP error="[a-z_]+", error_description="[^"]+", algs="ES256 PS256 EdDSA Ed25519"/);
	const nothing = await counter.ask(LIST);
	ok(nothing, 401);
	assert.match(nothing.headers["www-authenticate"], /DPoP algs=.*Bearer/s);
	assert.doesNotMatch(nothing.headers["www-authenticate"], /error=/);
	for (const token of ["x", "", "x".repeat(43), "é".repeat(43)])
		ok(await alpha.get(LIST, undefined, { headers:
			{ authorization: `DPoP ${encodeURI(token)}` } }), 401);
});

// ---- refreshing ----

row("86, 87", "refreshing, again and again, by the same token", async () => {
	const t = await alpha.connect(camille, { scope: TWO });
	for (let i = 0; i < 3; i++) {
		const r = await alpha.refresh(t.refresh_token);
		ok(r);
		assert.equal(r.json.scope, TWO);
		assert.ok([undefined, t.refresh_token].includes(r.json.refresh_token));
		ok(await alpha.get(LIST, r.json.access_token));
	}
	ok(await alpha.get(LIST, t.access_token));
});

row(88, "refreshing without client authentication", async () =>
	refused(await alpha.refresh(tokens.refresh_token, {},
		{ assertion: false }), 401, "invalid_client"));

row(89, "refreshing without a proof", async () =>
	refused(await alpha.refresh(tokens.refresh_token, {}, { proof: false }),
		400, "invalid_dpop_proof"));

row(90, "refreshing by another client", async () => {
	refused(await beta.refresh(tokens.refresh_token), 400, "invalid_grant");
	ok(await alpha.refresh(tokens.refresh_token));
});

row(91, "refreshing with another key binds to that key", async () => {
	const key = keyPair();
	const r = await alpha.refresh(tokens.refresh_token, {}, { proof: { key } });
	ok(r);
	ok(await alpha.get(LIST, r.json.access_token, { proof: { key } }));
	noToken(await alpha.get(LIST, r.json.access_token));
});

row(92, "a wider scope is refused, a narrower one obeyed", async () => {
	refused(await alpha.refresh(tokens.refresh_token,
		{ scope: TWO + " energy.invoice" }), 400, "invalid_scope");
	const r = await alpha.refresh(tokens.refresh_token,
		{ scope: "energy.contract" });
	assert.equal(r.json.scope, "energy.contract");
	ok(await alpha.get(CURVE + "?limit=1", r.json.access_token), 403);
	ok(await alpha.get("/v1/datasets/energy.contract", r.json.access_token));
	ok(await alpha.get(CURVE + "?limit=1", tokens.access_token));
});

row("92b", "refreshes racing a withdrawal give nothing that lives", async () => {
	const t = await alpha.connect(camille);
	const racing = Array.from({ length: 10 }, () =>
		alpha.refresh(t.refresh_token));
	const gone = camille.withdraw(t.grant_id);
	const given = (await Promise.all(racing)).filter((r) => r.status === 200);
	await gone;
	await pause(900);
	for (const r of given)
		noToken(await alpha.get(LIST, r.json.access_token));
	refused(await alpha.refresh(t.refresh_token), 400, "invalid_grant");
});

// ---- revocation, introspection ----

row(93, "revoking one's own, an unknown, another's token", async () => {
	const t = await alpha.connect(camille);
	ok(await alpha.get(LIST, t.access_token));
	refused(await beta.post("/oauth/revoke", { token: t.access_token }), 400,
		"invalid_grant");
	ok(await alpha.get(LIST, t.access_token));
	ok(await alpha.post("/oauth/revoke", { token: t.access_token }));
	await pause(300);
	for (let i = 0; i < 6; i++)
		noToken(await alpha.get(LIST, t.access_token));
	ok(await alpha.post("/oauth/revoke", { token: "unknown" }));
	const again = (await alpha.refresh(t.refresh_token)).json;
	ok(await alpha.get(LIST, again.access_token));
	ok(await alpha.post("/oauth/revoke", { token: t.refresh_token,
		token_type_hint: "refresh_token" }));
	await pause(300);
	noToken(await alpha.get(LIST, again.access_token));
	refused(await alpha.refresh(t.refresh_token), 400, "invalid_grant");
	refused(await alpha.post("/oauth/revoke", {}), 400, "invalid_request");
	assert.equal(sql(db, `SELECT ended_by FROM guichet.grants
		WHERE id = '${t.grant_id}'`), "recipient");
});

row(94, "introspecting one's own, an unknown, another's token", async () => {
	const own = (await alpha.post("/oauth/introspect",
		{ token: tokens.access_token })).json;
	assert.equal(own.active, true);
	assert.equal(own.cnf.jkt, thumbprint(alpha.dpop));
	assert.equal(own.client_id, "alpha");
	assert.equal(own.scope, TWO);
	assert.equal(own.grant_id, tokens.grant_id);
	assert.deepEqual((await alpha.post("/oauth/introspect",
		{ token: "unknown" })).json, { active: false });
	assert.deepEqual((await beta.post("/oauth/introspect",
		{ token: tokens.access_token })).json, { active: false });
});

row("94b", "a subject has another name with each PIMS", async () => {
	const sub = async (pims) => (await pims.post("/oauth/introspect",
		{ token: (await pims.connect(camille)).access_token })).json.sub;
	const one = await sub(alpha);
	assert.equal(one, await sub(alpha));
	assert.notEqual(one, await sub(beta));
	assert.ok(!one.includes(counter.people[0].reference));
});

// ---- the consent form ----

row(95, "a form that is not ours", async () => {
	const other = await counter.customer(1);
	const { json } = await alpha.par();
	const page = await camille.open(alpha, json.request_uri);
	const post = (form, headers, who = camille) => who.ask("/oauth/authorize",
		{ method: "POST", form, headers });
	ok(await post(camille.form(page.text, { csrf: undefined })), 403);
	ok(await post(camille.form(page.text, { csrf: "x".repeat(43) })), 403);
	ok(await post(camille.form(page.text),
		{ origin: "https://evil.example" }), 403);
	ok(await post(camille.form(page.text), { origin: "null" }), 403);
	ok(await post(camille.form(page.text),
		{ "sec-fetch-site": "cross-site" }), 403);
	ok(await post(camille.form(page.text), {}, other), 403);
	ok(await post(camille.form(page.text)), 303);
	ok(await post(camille.form(page.text)), 400);	// replayed
});

row("96, 97, 98", "no frames, no 307, no CORS", async () => {
	const { json } = await alpha.par();
	const page = await camille.open(alpha, json.request_uri);
	assert.equal(page.headers["x-frame-options"], "DENY");
	assert.match(page.headers["content-security-policy"],
		/frame-ancestors 'none'/);
	const r = await camille.ask("/oauth/authorize", { method: "POST",
		form: camille.form(page.text) });
	ok(r, 303);
	const cors = await counter.ask("/oauth/authorize", { method: "OPTIONS",
		headers: { origin: "https://evil.example",
			"access-control-request-method": "GET" } });
	for (const h of [page.headers, r.headers, cors.headers])
		assert.equal(Object.keys(h).some((k) =>
			k.startsWith("access-control")), false);
	assert.match(page.headers["strict-transport-security"], /max-age=/);
});

row(99, "TLS 1.0, 1.1 and CBC suites", async () => {
	const shakes = (options) => new Promise((done) => {
		const s = connect({ port: counter.port, host: "127.0.0.1",
			servername: "localhost", ca: counter.ca_pem, ...options },
			() => { done(true); s.destroy(); });
		s.on("error", () => done(false));
	});
	const old = { ciphers: "ALL:@SECLEVEL=0" };
	assert.equal(await shakes({ ...old, minVersion: "TLSv1",
		maxVersion: "TLSv1" }), false);
	assert.equal(await shakes({ ...old, minVersion: "TLSv1.1",
		maxVersion: "TLSv1.1" }), false);
	assert.equal(await shakes({ maxVersion: "TLSv1.2",
		ciphers: "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA" }), false);
	assert.equal(await shakes({ maxVersion: "TLSv1.2",
		ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }), true);
	assert.equal(await shakes({ minVersion: "TLSv1.3" }), true);
});

row(100, "a parameter given twice", async () => {
	refused(await alpha.par({}, { more: [["redirect_uri", alpha.redirect]] }),
		400, "invalid_request");
	refused(await alpha.post("/oauth/token", { grant_type: "refresh_token" },
		{ more: [["refresh_token", "a"], ["refresh_token", "b"]] }), 400,
		"invalid_request");
});

row(101, "a random request_uri leads nowhere", async () => {
	for (const uri of ["urn:ietf:params:oauth:request_uri:" +
		b64(randomBytes(32)), "https://evil.example/request.jwt", "x"]) {
		const r = await camille.open(alpha, uri);
		ok(r, 400);
		assert.equal(r.headers.location, undefined);
	}
	ok(await camille.ask(`/oauth/authorize?client_id=alpha`), 400);
	ok(await camille.open({ id: "nobody" }, "x"), 400);
});

row(103, "the customer narrows: tokens and introspection say so", async () => {
	const details = [{ type: "restitution", datasets: ["energy.contract",
		"energy.load-curve"], from: "2020-01-01", purpose: "To see",
		recurrence: "P1D" }];
	const r = await camille.allow(alpha, { scope: undefined,
		authorization_details: JSON.stringify(details) },
		{ keep: ["energy.load-curve"], days: "30" });
	const t = (await alpha.exchange(r.code)).json;
	const [granted] = t.authorization_details;
	assert.equal(t.authorization_details.length, 1);
	assert.deepEqual(granted.datasets, ["energy.load-curve"]);
	assert.equal(granted.from, "2020-01-01");
	assert.equal(granted.recurrence, "P1D");
	assert.equal(t.scope, "energy.load-curve");
	const days = (Date.parse(granted.until) - Date.now()) / 86400e3;
	assert.ok(days > 28 && days < 31, granted.until);
	const seen = (await alpha.post("/oauth/introspect",
		{ token: t.access_token })).json;
	assert.deepEqual(seen.authorization_details, t.authorization_details);
	ok(await alpha.get("/v1/datasets/energy.contract", t.access_token), 403);
	ok(await alpha.get(CURVE + "?limit=1", t.access_token));
});

row("103b", "from and to bound what is read", async () => {
	const day = (r) => r.json.records.map((x) => x.day);
	const all = day(await alpha.get(CURVE, tokens.access_token));
	assert.ok(all.length > 2);
	const [from, to] = [all[1], all[2]];
	const t = await alpha.connect(camille, { scope: undefined,
		authorization_details: JSON.stringify([{ type: "restitution",
			datasets: ["energy.load-curve"], from, to }]) });
	assert.deepEqual(day(await alpha.get(CURVE, t.access_token)), [from]);
});

const detailed = (more) => ({ scope: undefined, authorization_details:
	JSON.stringify([{ type: "restitution",
		datasets: ["energy.load-curve"], ...more }]) });

row("103c", "history becomes a from; granularity and accounts bound", async () => {
	const all = (await alpha.get(CURVE, tokens.access_token)).json.records;
	const meter = all[0].usage_point;
	const r = await camille.allow(alpha, detailed({ history: "P10Y",
		granularity: "P1D", accounts: [meter] }));
	const t = (await alpha.exchange(r.code)).json;
	const [granted] = t.authorization_details;
	const ten = new Date();
	ten.setFullYear(ten.getFullYear() - 10);
	assert.ok(Math.abs(Date.parse(granted.from) - ten) < 3 * 86400e3,
		granted.from);
	assert.equal(granted.history, undefined);
	assert.equal(granted.granularity, "P1D");
	assert.deepEqual(granted.accounts, [meter]);
	const { records } = (await alpha.get(CURVE, t.access_token)).json;
	assert.equal(records.length, all.filter((x) =>
		x.usage_point === meter).length);
	for (const x of records)
		assert.deepEqual(Object.keys(x).sort(),
			["changed", "day", "total", "usage_point"]);
	const [listed] = (await alpha.get(LIST, t.access_token)).json.datasets;
	assert.equal(listed.granularity, "P1D");
	assert.deepEqual(listed.accounts, [meter]);
	// not hers, or nobody's: nothing
	const none = await alpha.connect(camille, detailed({ accounts: ["0"] }));
	assert.deepEqual((await alpha.get(CURVE, none.access_token)).json.records,
		[]);
});

for (const [what, more, says] of [
	["a granularity not offered", { granularity: "PT10S" }, /PT30M, P1D/],
	["history beside from", { history: "P1Y", from: "2024-01-01" },
		/one of them/],
	["a history of hours", { history: "PT5H" }, /P36M/],
	["no account", { accounts: [] }, /1 to 32/],
	["33 accounts", { accounts: [...Array(33).keys()].map(String) }, /1 to 32/],
	["accounts of a data set that has none", { datasets: ["energy.invoice"],
		accounts: ["1"] }, /energy.invoice/],
	["a period of a data set that has none", { datasets: ["energy.contract"],
		from: "2024-01-01" }, /none of these/],
])
	row(102, `details: ${what}`, async () => {
		const r = await alpha.par(detailed(more));
		refused(r, 400, "invalid_authorization_details");
		assert.match(r.json.error_description, says);
	});

row(104, "a grant of another client is nobody's", async () => {
	const t = await beta.connect(camille);
	assert.deepEqual((await alpha.post("/oauth/introspect",
		{ token: t.refresh_token })).json, { active: false });
	noToken(await alpha.get(LIST, t.access_token));
});

row(108, "a body of ten megabytes", async () => {
	const r = await alpha.post("/oauth/par", { state: "x".repeat(10e6) })
		.catch((e) => e);
	assert.ok(r.status === 413 || /EPIPE|ECONNRESET/.test(r.code), String(r));
	ok(await alpha.par(), 201);
});

row("108b", "one client that never stops is held back, not the others", async () => {
	const wild = counter.register("wild");
	wild.agent = new Agent({ keepAlive: true, maxSockets: 32 });
	const seen = {};
	const one = async () => {
		const r = await wild.par();
		seen[r.status] = (seen[r.status] ?? 0) + 1;
		if (r.status === 429)
			assert.match(r.headers["retry-after"], /^\d+$/);
		return r.status;
	};
	const until = Date.now() + 20000;
	while (!seen[429] && Date.now() < until)
		await Promise.all(Array.from({ length: 64 }, one));
	wild.agent.destroy();
	assert.deepEqual(Object.keys(seen), ["201", "429"]);
	ok(await alpha.par(), 201);
});

row(109, "a proof is remembered beyond the window on both sides", async () => {
	const iat = now() - 55;
	const proof = alpha.proof("GET", counter.issuer + LIST,
		{ token: tokens.access_token, claims: { iat } });
	ok(await api({ proof }));
	noToken(await api({ proof }), "invalid_dpop_proof");
	// what is kept ends with an hour, and its partition two hours later
	assert.equal(sql(db, `SELECT count(*) FROM guichet.jti
		WHERE extract(epoch FROM until) < ${iat} + 75
		  AND until > now() - interval '1 hour'`), "0");
});

// ---- certificates instead of keys (RFC 8705) ----

row("2m", "mTLS: tokens bound to a certificate, two ways to prove", async () => {
	const tls = clientCertificate(counter.dir, "gamma");
	const other = clientCertificate(counter.dir, "other");
	const gamma = counter.register("gamma", { tls,
		auth: "self_signed_tls_client_auth",
		flags: ["--certificate", tls.file] });
	const delta = counter.register("delta", { tls,
		flags: ["--binding", "mtls"] });
	for (const pims of [gamma, delta]) {
		const t = await pims.connect(camille);
		const seen = (await pims.post("/oauth/introspect",
			{ token: t.access_token })).json;
		assert.equal(t.token_type, "Bearer");
		assert.match(seen.cnf["x5t#S256"], /^[\w-]{43}$/);
		for (let i = 0; i < 3; i++)
			ok(await pims.get(LIST, t.access_token));
		ok(await pims.get(LIST, t.access_token, { scheme: "bearer" }));
		// without a certificate, with another, as a DPoP token
		const bare = Object.assign(Object.create(pims), { tls: undefined,
			base: counter.issuer });
		noToken(await bare.get(LIST, t.access_token, { scheme: "Bearer",
			proof: false }));
		noToken(await bare.get(LIST, t.access_token));
		const thief = Object.assign(Object.create(pims), { tls: other });
		noToken(await thief.get(LIST, t.access_token));
		const r = await pims.refresh(t.refresh_token);
		ok(r);
		ok(await pims.get(LIST, r.json.access_token));
	}
	const forger = Object.assign(Object.create(gamma), { tls: other });
	refused(await forger.par(), 401, "invalid_client");
	const nothing = Object.assign(Object.create(delta), { tls: undefined,
		base: counter.issuer });
	const r = await camille.allow(delta);
	refused(await nothing.exchange(r.code, {}, { proof: false }), 400,
		"invalid_request");	// row 56
	ok(await delta.exchange(r.code));
});

// ---- what is left behind ----

test("every decision and token has its line, and the books agree", () => {
	const lines = Object.fromEntries(sql(db, `SELECT convert_from(leaf, 'UTF8')
		::jsonb ->> 'ev' AS ev, count(*)
		FROM guichet.journal_line GROUP BY 1`)
		.split("\n").map((l) => l.split("|")).map(([k, n]) => [k, Number(n)]));
	const count = (what) => Number(sql(db, `SELECT count(*) FROM ${what}`));

	assert.equal(lines["consent.given"], count("guichet.grants"));
	assert.equal(lines["consent.withdrawn"], count(
		"guichet.grants WHERE state = 'withdrawn'"));
	assert.equal(lines["consent.requested"], count("guichet.pushed_request"));
	assert.equal(lines["consent.refused"], 1);
	assert.equal(lines["token.issued"], count(
		"guichet.code WHERE spent IS NOT NULL"));
	assert.equal(lines["token.revoked"], 1);
	assert.equal(lines["client.registered"], count(
		"guichet.client WHERE kind = 'oauth'"));
	assert.equal(lines["client.suspended"], 1);
	assert.equal(lines["client.admitted"], 1);
	assert.ok(lines["client.refused"] >= 1);
	assert.ok(lines["token.refreshed"] >= 10);
});

test("neither logs nor database hold a token or a person", () => {
	const dump = sql(db, `SELECT convert_from(leaf, 'UTF8') ||
		coalesce(convert_from(side, 'UTF8'), '')
		FROM guichet.journal_line`);
	for (const secret of [tokens.access_token, tokens.refresh_token,
		counter.people[0].reference, counter.people[0].name]) {
		assert.ok(!counter.logs.includes(secret));
		assert.ok(!dump.includes(secret));
	}
	assert.equal(sql(db, `SELECT count(*) FROM guichet.access_token WHERE
		encode(hash, 'escape') LIKE '%${tokens.access_token}%'`), "0");
});
