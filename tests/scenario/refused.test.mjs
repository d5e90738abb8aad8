// SPDX-License-Identifier: Apache-2.0
// Whoever is refused leaves a line with the rule it read: at the feed, an export,
// a pushed request, a download, under a consent that rests.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pause, startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

let counter, alpha, camille, tokens, db;

before(async () => {
	counter = await startCounter();
	db = counter.db.url;
	alpha = counter.register("alpha");
	camille = await counter.customer(0);
	tokens = await alpha.connect(camille);
});
after(() => counter?.stop());

// The rules told, of this event, oldest first.
const rules = (event) => sql(db, `SELECT string_agg(convert_from(side,
	'UTF8')::json ->> 'reason', ' ' ORDER BY n) FROM guichet.journal_line
	WHERE convert_from(leaf, 'UTF8')::json ->> 'ev' = '${event}'`);
async function told(event, rule, actor, ask) {
	const before = rules(event);
	const r = await ask();
	assert.ok(r.status >= 400, r.text);
	await counter.until(() => rules(event) === `${before} ${rule}`.trim(),
		`${event} ${rule}`);
	assert.equal(sql(db, `SELECT convert_from(leaf, 'UTF8')::json ->> 'act'
		FROM guichet.journal_line WHERE convert_from(leaf, 'UTF8')::json
		->> 'ev' = '${event}' ORDER BY n DESC LIMIT 1`), actor);
}
const get = (path) => () => alpha.get(path, tokens.access_token);

test("the feed and exports", async () => {
	await told("pull.refused", "bad_limit", "recipient",
		get("/v1/feed?limit=0"));
	await told("pull.refused", "bad_export", "recipient", () => alpha.send(
		"/v1/exports", { method: "POST", body: "{", headers: {
			authorization: `DPoP ${tokens.access_token}`,
			"content-type": "application/json", dpop: alpha.proof("POST",
				`${alpha.base}/v1/exports`, { token: tokens.access_token }) } }));
	const none = "00000000-0000-4000-8000-000000000000";
	await told("pull.refused", "no_such_export", "recipient",
		get(`/v1/exports/${none}`));
	await told("pull.refused", "no_such_export", "recipient",
		get(`/v1/exports/${none}/parts/1`));
});

test("a pushed request", async () => {
	await told("consent.request_refused", "invalid_scope", "recipient",
		() => alpha.par({ scope: "energy.nothing" }));
	await told("consent.request_refused", "invalid_request", "recipient",
		() => alpha.par({ redirect_uri: "https://evil.example/" }));
});

test("a customer's own download", async () => {
	await told("download.refused", "no_such_dataset", "customer",
		() => camille.ask("/me/data/energy.nothing"));
	assert.match((await camille.ask("/me")).text,
		/Vous avez demandé vos données/);
});

test("under a consent that rests", async () => {
	sql(db, `UPDATE guichet.grants SET state = 'paused'
		WHERE id = '${tokens.grant_id}'`);
	await pause(500);
	await told("pull.refused", "consent_paused", "recipient",
		get("/v1/datasets/energy.contract"));
});
