// SPDX-License-Identifier: Apache-2.0
// What a pushed request may not say, and how long it lives.
import assert from "node:assert/strict";
import { keyPair, now, thumbprint } from "../../support/oauth.mjs";
import { sql } from "../../support/postgres.mjs";
import { counter, db, alpha, beta, camille, row, refused, ok, stranger }
	from "./ground.mjs";

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
