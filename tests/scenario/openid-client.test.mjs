// SPDX-License-Identifier: Apache-2.0
// A second client that knows nothing of us, openid-client, at the level where a
// PIMS developer works: it registers by itself, discovers, pushes, comes back
// with a code, refreshes, looks at records, asks about its token and gives it
// back; by DPoP with nonces of ours, which it must learn by being refused, and
// bound to a certificate.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as jose from "jose";
import * as client from "openid-client";
import { fetchBy } from "../support/fetch.mjs";
import { clientCertificate, pause, startCounter } from "../support/oauth.mjs";

let counter, camille;
const LIST = "/v1/datasets", CONTRACT = "/v1/datasets/energy.contract";
const redirect = "https://mavie.example/cb";

before(async () => {
	counter = await startCounter({ settings: {
		consent: { dpop_nonce: "yes" }, registration: { mode: "invited" } } });
	camille = await counter.customer(0);
});
after(async () => {
	const deaths = counter?.said(/died role=/) ?? 0;
	await counter?.stop();
	assert.equal(deaths, 0, "no process of the gateway died");
});

// { config, options: what each call is given, base }
async function newcomer({ alg = "ES256", tls, method } = {}) {
	const { publicKey, privateKey } = await jose.generateKeyPair(alg,
		{ extractable: true });
	const jwk = { ...await jose.exportJWK(publicKey), kid: "one", alg };
	const by = { [client.customFetch]: fetchBy(counter.ca_pem, tls),
		algorithm: "oauth2" };
	const auth = method === "self_signed_tls_client_auth" ?
		client.TlsClientAuth() :
		client.PrivateKeyJwt({ key: privateKey, kid: "one" });
	const once = counter.cli("client", "invite", "--name", "x", "--admit")
		.out.trim();
	const x5c = tls && [String(tls.cert).replace(/-----[^-]+-----|\s/g, "")];
	const made = await client.dynamicClientRegistration(
		new URL(counter.issuer), { client_name: "Ma Vie",
			"purpose#en": "Show you", "purpose#fr": "Vous montrer",
			redirect_uris: [redirect], scope: "energy.contract",
			jwks: { keys: [method ? { ...await jose.exportJWK(
				await jose.importX509(String(tls.cert), "ES256")), x5c } :
				jwk] },
			token_endpoint_auth_method: method ?? "private_key_jwt",
			tls_client_certificate_bound_access_tokens: tls !== undefined },
		auth, { ...by, initialAccessToken: once });
	const config = await client.discovery(new URL(counter.issuer),
		made.clientMetadata().client_id,
		{ use_mtls_endpoint_aliases: tls !== undefined }, auth, by);
	return { config, base: tls ? counter.mtls_url : counter.issuer,
		options: tls ? {} : { DPoP: client.getDPoPHandle(config,
			await client.randomDPoPKeyPair(alg)) } };
}

async function connect({ config, options }, change = (url) => url) {
	const pkceCodeVerifier = client.randomPKCECodeVerifier();
	const state = client.randomState();
	const to = await client.buildAuthorizationUrlWithPAR(config, {
		redirect_uri: redirect, state, code_challenge_method: "S256",
		code_challenge: await client.calculatePKCECodeChallenge(
			pkceCodeVerifier),
		authorization_details: JSON.stringify([{ type: "restitution",
			datasets: ["energy.contract"], recurrence: "P1D" }]) }, options);
	assert.equal(to.origin + to.pathname, counter.issuer + "/oauth/authorize");
	assert.deepEqual([...to.searchParams.keys()].sort(),
		["client_id", "request_uri"]);
	const r = await camille.decide({ id: to.searchParams.get("client_id") },
		to.searchParams.get("request_uri"));
	return client.authorizationCodeGrant(config,
		change(new URL(r.headers.location)),
		{ pkceCodeVerifier, expectedState: state }, {}, options);
}

async function wholeWay(me) {
	const { config, options, base } = me;
	const pull = (token, path) => client.fetchProtectedResource(config, token,
		new URL(base + path), "GET", null, new Headers(), options);
	const t = await connect(me);
	assert.equal(t.scope, "energy.contract");
	assert.deepEqual(t.authorization_details[0].datasets, ["energy.contract"]);
	const page = await (await pull(t.access_token, CONTRACT)).json();
	assert.ok(page.records.length > 0);

	const again = await client.refreshTokenGrant(config, t.refresh_token, {},
		options);
	assert.notEqual(again.access_token, t.access_token);
	const third = await client.refreshTokenGrant(config, t.refresh_token, {},
		options);		// it does not rotate
	assert.equal((await pull(third.access_token, LIST)).status, 200);
	const seen = await client.tokenIntrospection(config, again.access_token);
	assert.equal(seen.active, true);

	await client.tokenRevocation(config, again.access_token);
	await pause(300);
	await assert.rejects(pull(again.access_token, LIST),
		client.WWWAuthenticateChallengeError);
	assert.equal((await pull(t.access_token, LIST)).status, 200);
	await client.tokenRevocation(config, t.refresh_token);
	await pause(300);
	await assert.rejects(pull(t.access_token, LIST),
		client.WWWAuthenticateChallengeError);
	await assert.rejects(client.refreshTokenGrant(config, t.refresh_token, {},
		options), (e) => e.error === "invalid_grant");
	assert.equal((await client.tokenIntrospection(config, t.access_token))
		.active, false);
	return t;
}

for (const alg of ["ES256", "PS256", "Ed25519"])
	test(`the whole way by DPoP, ${alg}, with nonces`, async () => {
		const t = await wholeWay(await newcomer({ alg }));
		assert.equal(t.token_type, "dpop");	// it folds the case
	});

for (const method of ["self_signed_tls_client_auth", undefined])
	test(`the whole way bound to a certificate, by ${method ??
		"private_key_jwt"}`, async () => {
		const tls = clientCertificate(counter.dir, `of-${method}`);
		const t = await wholeWay(await newcomer({ tls, method }));
		assert.equal(t.token_type, "bearer");
	});

test("its own checks of what comes back hold: iss and state", async () => {
	const me = await newcomer();
	for (const [name, value] of [["iss", "https://evil.example"],
		["state", "another"]])
		await assert.rejects(connect(me, (url) => {
			url.searchParams.set(name, value);
			return url;
		}), (e) => /iss|state/.test(e.message + e.cause?.message));
});
