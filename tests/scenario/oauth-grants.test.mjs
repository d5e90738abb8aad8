// SPDX-License-Identifier: Apache-2.0
// Consents managed by the PIMS that holds them (Grant Management for OAuth 2.0):
// widened, replaced, looked at, given back. All over TLS, by raw requests.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pause, startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

let counter, alpha, beta, camille, other;

before(async () => {
	counter = await startCounter();
	alpha = counter.register("alpha");
	beta = counter.register("beta");
	camille = await counter.customer(0);
	other = await counter.customer(1);
});
after(async () => {
	const deaths = counter?.said(/died role=/) ?? 0;
	await counter?.stop();
	assert.equal(deaths, 0, "no process of the gateway died");
});

const details = (datasets, more = {}) => ({ scope: undefined,
	authorization_details: JSON.stringify([{ type: "restitution", datasets,
		...more }]) });
const change = (action, grant_id, datasets, more) => ({
	...details(datasets, more), grant_management_action: action, grant_id });
const ok = (r, status = 200) => assert.equal(r.status, status, r.text);
const sets = (t) => t.authorization_details.flatMap((d) => d.datasets).sort();
function refused(r, status, error) {
	ok(r, status);
	assert.equal(r.json.error, error, r.text);
	assert.equal(r.headers["cache-control"], "no-store");
}
const query = (pims, t, id = t.grant_id) =>
	pims.get(`/oauth/grants/${id}`, t.access_token);
function revoke(pims, t, id = t.grant_id) {
	const path = `/oauth/grants/${id}`;
	return pims.get(path, t.access_token, { method: "DELETE",
		proof: { claims: { htm: "DELETE" } } });
}

// ---- Grant Management ----

test("the metadata says what can be done", async () => {
	const m = (await counter.ask("/.well-known/oauth-authorization-server"))
		.json;
	assert.equal(m.grant_management_endpoint, counter.issuer + "/oauth/grants");
	assert.deepEqual(m.grant_management_actions_supported,
		["create", "merge", "replace", "query", "revoke"]);
	assert.equal(m.grant_management_action_required, false);
});

test("merge: what was allowed stays, under one grant_id", async () => {
	const t = await alpha.connect(camille, details(["energy.contract"]));
	const more = await alpha.connect(camille,
		change("merge", t.grant_id, ["energy.load-curve"],
			{ granularity: "P1D" }));
	assert.equal(more.grant_id, t.grant_id);
	assert.deepEqual(sets(more), ["energy.contract", "energy.load-curve"]);
	ok(await alpha.get("/v1/datasets/energy.contract", more.access_token));
	ok(await alpha.get("/v1/datasets/energy.load-curve", more.access_token));
	assert.equal(sql(counter.db.url, `SELECT count(*) FROM guichet.grants
		WHERE id = '${t.grant_id}'`).trim(), "1");
});

test("replace: only what is said now, for older tokens too", async () => {
	const t = await alpha.connect(camille, details(["energy.contract",
		"energy.load-curve"]));
	const less = await alpha.connect(camille,
		change("replace", t.grant_id, ["energy.contract"]));
	assert.equal(less.grant_id, t.grant_id);
	assert.deepEqual(sets(less), ["energy.contract"]);
	for (let left = 10; ; left--) {
		const r = await alpha.get("/v1/datasets/energy.load-curve",
			t.access_token);
		if (r.status === 403)
			break;
		assert.ok(left > 0, "within a second");
		await pause(100);
	}
	// one refresh token: the last
	refused(await alpha.refresh(t.refresh_token), 400, "invalid_grant");
	ok(await alpha.refresh(less.refresh_token));
});

test("query: what is allowed, since when, until when", async () => {
	const t = await alpha.connect(camille, details(["energy.contract"]));
	const r = await query(alpha, t);
	ok(r);
	assert.equal(r.headers["cache-control"], "no-store");
	assert.equal(r.json.grant_id, t.grant_id);
	assert.deepEqual(r.json.scopes, [{ scope: "energy.contract" }]);
	assert.deepEqual(r.json.claims, []);
	assert.deepEqual(r.json.authorization_details, t.authorization_details);
	assert.ok(Date.parse(r.json.created_at) <= Date.now() + 1000);
	assert.ok(Date.parse(r.json.expires_at) > Date.now());
	await alpha.connect(camille,
		change("merge", t.grant_id, ["energy.invoice"]));
	const then = (await query(alpha, t)).json;
	assert.ok(then.last_updated_at > r.json.last_updated_at);
	assert.equal(then.created_at, r.json.created_at);
});

test("revoke: 204, then the token, the refresh and the grant are gone",
	async () => {
		const t = await alpha.connect(camille);
		ok(await revoke(alpha, t), 204);
		await pause(1000);
		ok(await query(alpha, t), 401);
		refused(await alpha.refresh(t.refresh_token), 400, "invalid_grant");
		assert.match(sql(counter.db.url, `SELECT state, ended_by FROM
			guichet.grants WHERE id = '${t.grant_id}'`),
			/withdrawn.recipient/);
	});

test("nobody else's, by no other token, and never without a proof",
	async () => {
		const t = await alpha.connect(camille);
		const b = await beta.connect(camille);
		ok(await query(beta, b, t.grant_id), 404);
		ok(await revoke(beta, b, t.grant_id), 404);
		ok(await query(beta, t), 401);
		ok(await query(alpha, t, "nonsense"), 404);
		ok(await alpha.get(`/oauth/grants/${t.grant_id}`, t.access_token,
			{ proof: false }), 401);
		ok(await alpha.get(`/oauth/grants/${t.grant_id}`), 401);
		ok(await query(alpha, t));
	});

test("PAR: what cannot be changed is refused there", async () => {
	const t = await alpha.connect(camille, details(["energy.contract"],
		{ purpose: "Compare" }));
	const b = await beta.connect(camille);
	const par = (p) => alpha.par(p);
	const set = ["energy.invoice"];
	refused(await par(change("widen", t.grant_id, set)), 400,
		"invalid_request");
	refused(await par(change("merge", undefined, set)), 400,
		"invalid_request");
	refused(await par(change("create", t.grant_id, set)), 400,
		"invalid_request");
	refused(await par({ ...details(set), grant_id: t.grant_id }), 400,
		"invalid_request");
	refused(await par(change("merge", "nonsense", set)), 400,
		"invalid_grant_id");
	refused(await par(change("merge", b.grant_id, set)), 400,
		"invalid_grant_id");
	refused(await par(change("merge", t.grant_id, set,
		{ purpose: "Sell" })), 400, "invalid_authorization_details");
	ok(await par(change("merge", t.grant_id, set, { purpose: "Compare" })),
		201);
	ok(await par(change("replace", t.grant_id, set, { purpose: "Sell" })),
		201);
	ok(await par({ ...details(set), grant_management_action: "create" }),
		201);
});

test("another customer cannot be brought to change it", async () => {
	const t = await alpha.connect(camille, details(["energy.contract"]));
	const { json } = await alpha.par(change("replace", t.grant_id,
		["energy.invoice"]));
	const r = await other.decide(alpha, json.request_uri);
	ok(r, 400);
	assert.equal(r.headers.location, undefined);
	assert.deepEqual((await query(alpha, t)).json.authorization_details,
		t.authorization_details);
});

test("one that ended meanwhile is not brought back", async () => {
	const t = await alpha.connect(camille, details(["energy.contract"]));
	const { json } = await alpha.par(change("merge", t.grant_id,
		["energy.invoice"]));
	const page = await camille.open(alpha, json.request_uri);
	await camille.withdraw(t.grant_id);
	const r = await camille.ask("/oauth/authorize", { method: "POST",
		form: camille.form(page.text) });
	ok(r, 400);
	assert.match(sql(counter.db.url, `SELECT state FROM guichet.grants
		WHERE id = '${t.grant_id}'`), /withdrawn/);
});
