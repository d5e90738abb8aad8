// SPDX-License-Identifier: Apache-2.0
// Access tokens, refreshing, revocation, introspection.
import assert from "node:assert/strict";
import { keyPair, now, pause, sha256, thumbprint }
	from "../../support/oauth.mjs";
import { sql } from "../../support/postgres.mjs";
import { counter, db, alpha, beta, camille, tokens, LIST, CURVE, TWO, row,
	refused, ok, noToken, api } from "./ground.mjs";

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
