// SPDX-License-Identifier: Apache-2.0
// The whole flow, and what a client may leave out or put elsewhere.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { b64 } from "../../support/oauth.mjs";
import { counter, alpha, beta, camille, LIST, row, refused, ok, api }
	from "./ground.mjs";

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

// No id_token is made here: a nonce has nowhere to come back, and is neither
// cut nor a reason to refuse.
for (const [n, what, nonce] of [[5, "no nonce"],
	[6, "a nonce of 64 characters", "n".repeat(64)],
	[7, "a nonce of 384", "n".repeat(384)]])
	row(n, `${what}, none returned`, async () => {
		const r = await camille.allow(alpha, { nonce });
		assert.equal(r.answer.has("nonce"), false);
		const t = await alpha.exchange(r.code);
		ok(t);
		assert.equal("id_token" in t.json || "nonce" in t.json, false);
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
