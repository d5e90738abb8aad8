// SPDX-License-Identifier: Apache-2.0
// The consent form, and what she narrows.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { b64, now } from "../../support/oauth.mjs";
import { sql } from "../../support/postgres.mjs";
import { counter, db, alpha, beta, camille, tokens, LIST, CURVE, row,
	refused, ok, noToken, api } from "./ground.mjs";

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
