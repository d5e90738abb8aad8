// SPDX-License-Identifier: Apache-2.0
// The client's assertion, and the other ways in that are closed.
import assert from "node:assert/strict";
import { now, pause } from "../../support/oauth.mjs";
import { counter, alpha, beta, rsa, edwards, twins, camille, LIST, row,
	refused, ok, noToken, stranger } from "./ground.mjs";

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
	[43, "a key of its own in the header", () => ({ key: stranger,
		header: { jwk: stranger.jwk } })],
	[43, "an address of keys in the header", () => ({ header:
		{ jku: "https://evil.example/jwks" } })],
	[43, "a client_id of another kind than text", () => ({ claims:
		{ sub: ["alpha"] } })],
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
