// SPDX-License-Identifier: Apache-2.0
// A whole small PIMS, on oauth4webapi: it sends a customer to a counter, takes
// the permission that comes back, and reads all that was allowed. Copy it.
//
//   node pims.mjs COUNTER CLIENT_ID KEY.pem REDIRECT_URI "DATASET..."
//
// KEY.pem is the private key whose public half the counter registered
// (`guichet try key --out KEY.pem` makes one). NODE_EXTRA_CA_CERTS names one
// more authority to trust, for a counter on your own machine.
import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { calculateJwkThumbprint, importJWK } from "jose";
import * as oauth from "oauth4webapi";

const [counter, client_id, file, redirect_uri, wanted] = process.argv.slice(2);
if (!wanted) {
	console.error("usage: node pims.mjs COUNTER CLIENT_ID KEY.pem REDIRECT_URI" +
		' "DATASET..."');
	process.exit(64);
}

// ---- who we are: a key, never a shared secret ----

const pem = createPrivateKey(readFileSync(file));
const jwk = pem.export({ format: "jwk" });
const kid = await calculateJwkThumbprint(
	createPublicKey(pem).export({ format: "jwk" }));
const auth = oauth.PrivateKeyJwt({ key: await importJWK(jwk, "ES256"), kid });
const client = { client_id };

// ---- what the counter is ----

const issuer = new URL(counter);
const server = await oauth.processDiscoveryResponse(issuer,
	await oauth.discoveryRequest(issuer, { algorithm: "oauth2" }));

// ---- 1. push what we would like to ask (RFC 9126, 9396) ----

const keys = await oauth.generateKeyPair("ES256");
const DPoP = oauth.DPoP(client, keys);
const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();

// A server may want its nonce in our proofs: then once more, with it.
async function proved(ask) {
	try {
		return await ask();
	} catch (e) {
		if (!oauth.isDPoPNonceError(e))
			throw e;
		return ask();
	}
}

const pushed = await proved(async () =>
	oauth.processPushedAuthorizationResponse(server, client,
		await oauth.pushedAuthorizationRequest(server, client, auth, {
			response_type: "code", redirect_uri, state,
			code_challenge_method: "S256",
			code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
			authorization_details: JSON.stringify([{ type: "restitution",
				datasets: wanted.split(" "), recurrence: "P1D",
				purpose: "Show you your own data" }]),
		}, { DPoP })));

// ---- 2. the customer decides, at the counter, in her browser ----

const to = new URL(server.authorization_endpoint);
to.searchParams.set("client_id", client_id);
to.searchParams.set("request_uri", pushed.request_uri);
console.error("Open this, agree, and paste the address you come back to:");
console.error(String(to));
const lines = createInterface({ input: process.stdin });
const back = new URL((await lines[Symbol.asyncIterator]().next()).value);
lines.close();

// ---- 3. a code becomes tokens, bound to our key (RFC 9449) ----

const answer = oauth.validateAuthResponse(server, client, back, state);
const tokens = await proved(async () =>
	oauth.processAuthorizationCodeResponse(server, client,
		await oauth.authorizationCodeGrantRequest(server, client, auth, answer,
			redirect_uri, verifier, { DPoP })));
console.error(`permission ${tokens.grant_id}: ${tokens.scope}`);

// ---- 4. read, page by page; keep `next` and ask again tomorrow ----

async function read(dataset, cursor) {
	const url = new URL(`/v1/datasets/${dataset}`, counter);
	if (cursor)
		url.searchParams.set("cursor", cursor);
	const r = await proved(async () => {
		const said = await oauth.protectedResourceRequest(tokens.access_token,
			"GET", url, new Headers({ accept: "application/json" }), null,
			{ DPoP });
		if (!said.ok)
			throw new Error(`${dataset}: ${said.status} ${await said.text()}`);
		return said;
	});
	return r.json();
}

const got = {};
for (const dataset of tokens.scope.split(" ")) {
	const records = [];
	let page;
	do {
		page = await read(dataset, page?.next);
		records.push(...page.records);
		for (const m of page.missing ?? [])
			console.error(`${dataset}: ${m.name ?? m.what}: ${m.why.en}`);
	} while (page.more);
	console.error(`${dataset}: ${records.length} records`);
	got[dataset] = { records, next: page.next };
}
console.log(JSON.stringify(got));
