// SPDX-License-Identifier: Apache-2.0
// What the rows of the acceptance list stand on: one counter with its clients,
// how a row is written down, and what an answer must look like.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { keyPair, startCounter } from "../../support/oauth.mjs";

export let counter, db, alpha, beta, rsa, edwards, twins, camille;
export let tokens;	// of alpha: energy.contract and energy.load-curve
export const LIST = "/v1/datasets", CURVE = "/v1/datasets/energy.load-curve";
export const TWO = "energy.contract energy.load-curve";
export const stranger = keyPair();

before(async () => {
	counter = await startCounter({ settings: {
		consent: { token_calls_per_second: 40 } } });
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

// The table: which numbers of the list have a case. A letter behind a number
// tells cases apart; "12, 13" is a case of both.
export const told = new Set();
export function row(n, what, fn) {
	for (const [number] of String(n).matchAll(/\d+/g))
		told.add(Number(number));
	return test(`${n}: ${what}`, fn);
}

export function refused(r, status, error) {
	assert.equal(r.status, status, r.text);
	assert.equal(r.json.error, error, r.text);
	assert.match(r.headers["content-type"], /^application\/json/);
	assert.equal(r.headers["cache-control"], "no-store");
	assert.match(r.json.error_description, /^[\x20-\x7e]+$/);
}
export const ok = (r, status = 200) => assert.equal(r.status, status, r.text);
export function noToken(r, error = "invalid_token") {
	ok(r, 401);
	assert.match(r.headers["www-authenticate"], new RegExp(`error="${error}"`));
}
export const api = (options) => alpha.get(LIST, tokens.access_token, options);
