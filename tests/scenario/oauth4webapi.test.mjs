// SPDX-License-Identifier: Apache-2.0
// A certified client that knows nothing of us (oauth4webapi, jose) takes the
// whole way: discovery, PAR, consent, code, tokens, records, refresh,
// introspection, revocation; by DPoP, and by a certificate.
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { after, before, test } from "node:test";
import * as jose from "jose";
import * as oauth from "oauth4webapi";
import { fetchBy } from "../support/fetch.mjs";
import { clientCertificate, pause, startCounter } from "../support/oauth.mjs";

const LIST = "/v1/datasets", CONTRACT = "/v1/datasets/energy.contract";
let counter, camille, as;

before(async () => {
	counter = await startCounter();
	camille = await counter.customer(0);
	const issuer = new URL(counter.issuer);
	as = await oauth.processDiscoveryResponse(issuer,
		await oauth.discoveryRequest(issuer, { algorithm: "oauth2",
			[oauth.customFetch]: fetchBy(counter.ca_pem) }));
});
after(() => counter?.stop());

// A client of that library, registered with us.
async function newcomer(id, { tls, alg = "ES256", flags } = {}) {
	const keys = await oauth.generateKeyPair(alg, { extractable: true });
	const jwk = { ...await jose.exportJWK(keys.publicKey), kid: "one", alg };
	const pims = counter.register(id, { flags, jwks: { keys: [jwk] } });
	const client = { client_id: id };
	const dpopKeys = await oauth.generateKeyPair(alg);
	const options = { [oauth.customFetch]: fetchBy(counter.ca_pem, tls) };
	if (tls) {
		client.use_mtls_endpoint_aliases = true;
		options.signal = undefined;
	} else
		options.DPoP = oauth.DPoP(client, dpopKeys);
	return { id, client, options, redirect: pims.redirect, dpopKeys,
		auth: flags?.includes("--certificate") ? oauth.TlsClientAuth() :
			oauth.PrivateKeyJwt({ key: keys.privateKey, kid: "one" }) };
}

// PAR, the customer's decision, the code: token response.
async function connect(me, details) {
	const verifier = oauth.generateRandomCodeVerifier();
	const state = oauth.generateRandomState();
	const pushed = await oauth.processPushedAuthorizationResponse(as, me.client,
		await oauth.pushedAuthorizationRequest(as, me.client, me.auth, {
			response_type: "code", redirect_uri: me.redirect, state,
			code_challenge_method: "S256",
			code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
			authorization_details: JSON.stringify(details) }, me.options));
	const r = await camille.decide({ id: me.id }, pushed.request_uri);
	const params = oauth.validateAuthResponse(as, me.client,
		new URL(r.headers.location), state);
	return oauth.processAuthorizationCodeResponse(as, me.client,
		await oauth.authorizationCodeGrantRequest(as, me.client, me.auth,
			params, me.redirect, verifier, me.options));
}

const details = [{ type: "restitution", datasets: ["energy.contract"],
	recurrence: "P1D" }];
const pull = (me, token, path = CONTRACT, base = counter.issuer) =>
	oauth.protectedResourceRequest(token, "GET", new URL(base + path),
		new Headers(), null, me.options);

async function wholeWay(me, base) {
	const t = await connect(me, details);
	assert.equal(t.scope, "energy.contract");
	assert.deepEqual(t.authorization_details[0].datasets, ["energy.contract"]);

	const page = await (await pull(me, t.access_token, CONTRACT, base)).json();
	assert.equal(page.records.length > 0, true);

	const again = await oauth.processRefreshTokenResponse(as, me.client,
		await oauth.refreshTokenGrantRequest(as, me.client, me.auth,
			t.refresh_token, me.options));
	assert.notEqual(again.access_token, t.access_token);
	assert.equal((await pull(me, again.access_token, LIST, base)).status, 200);

	const seen = await oauth.processIntrospectionResponse(as, me.client,
		await oauth.introspectionRequest(as, me.client, me.auth,
			again.access_token, me.options));
	assert.equal(seen.active, true);
	assert.equal(seen.client_id, me.id);

	await oauth.processRevocationResponse(await oauth.revocationRequest(as,
		me.client, me.auth, again.access_token, me.options));
	await pause(300);
	await assert.rejects(pull(me, again.access_token, LIST, base),
		oauth.WWWAuthenticateChallengeError);
	assert.equal((await pull(me, t.access_token, LIST, base)).status, 200);
	return t;
}

for (const alg of ["ES256", "PS256", "Ed25519"])
	test(`the whole way with private_key_jwt and DPoP by ${alg}`, async () => {
		const me = await newcomer("dpop-" + alg.toLowerCase(), { alg });
		const t = await wholeWay(me, counter.issuer);
		assert.equal(t.token_type, "dpop");	// it folds the case
		await camille.withdraw(t.grant_id);
		await pause(900);
		await assert.rejects(pull(me, t.access_token, LIST), (e) =>
			e.cause.some((c) => c.scheme === "dpop" &&
				c.parameters.error === "invalid_token"));
		await assert.rejects(oauth.refreshTokenGrantRequest(as, me.client,
			me.auth, t.refresh_token, me.options).then((r) =>
			oauth.processRefreshTokenResponse(as, me.client, r)),
		(e) => e.error === "invalid_grant");
	});

for (const [name, more] of [["a certificate alone", ["--certificate"]],
	["private_key_jwt", ["--binding", "mtls"]]])
	test(`the whole way bound to a certificate, proving by ${name}`, async () => {
		const id = `mtls-${more[0].slice(2)}`;
		const tls = clientCertificate(counter.dir, id);
		const flags = more[0] === "--certificate" ?
			["--certificate", tls.file] : more;
		const me = await newcomer(id, { tls, flags });
		const t = await wholeWay(me, counter.mtls_url);
		assert.equal(t.token_type, "bearer");
		const bare = { ...me, options: { [oauth.customFetch]:
			fetchBy(counter.ca_pem) } };
		await assert.rejects(pull(bare, t.access_token, LIST),
			oauth.WWWAuthenticateChallengeError);
	});

test("the resource tells where to get tokens (RFC 9728)", async () => {
	const url = new URL(counter.issuer);
	const rs = await oauth.processResourceDiscoveryResponse(url,
		await oauth.resourceDiscoveryRequest(url, { [oauth.customFetch]:
			fetchBy(counter.ca_pem) }));
	assert.deepEqual(rs.authorization_servers, [counter.issuer]);
});

test("our public keys are what jose reads", async () => {
	const { keys } = (await counter.ask("/oauth/jwks")).json;
	for (const jwk of keys) {
		createPublicKey({ key: jwk, format: "jwk" });
		assert.equal(jwk.kid, await jose.calculateJwkThumbprint(jwk));
	}
});
