// SPDX-License-Identifier: Apache-2.0
// The acceptance list of FAPI 2.0 as this counter reads it, row by row, by raw
// requests against a real gateway over TLS. Where a specification tolerates
// several answers, the row expects ours. The numbers are those of the list the
// project keeps, 1 to 109; the next, signed requests, waits for somebody who
// wants them. The cases are in rows/, told in the order of the flow.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../support/postgres.mjs";
import { counter, db, told, tokens } from "./rows/ground.mjs";
import "./rows/flow.mjs";
import "./rows/par.mjs";
import "./rows/assertion.mjs";
import "./rows/code.mjs";
import "./rows/proof.mjs";
import "./rows/token.mjs";
import "./rows/consent.mjs";
import "./rows/mtls.mjs";
import "./rows/bounds.mjs";
import "./rows/nonces.mjs";
import "./rows/step_up.mjs";
import "./rows/registration.mjs";
import "./rows/keys.mjs";

const LAST = 109;

test("every row of the list has a case, and no case another number", () => {
	assert.deepEqual([...told].sort((a, b) => a - b),
		Array.from({ length: LAST }, (_, i) => i + 1));
});

test("every decision and token has its line, and the books agree", () => {
	const lines = Object.fromEntries(sql(db, `SELECT convert_from(leaf, 'UTF8')
		::jsonb ->> 'ev' AS ev, count(*)
		FROM guichet.journal_line GROUP BY 1`)
		.split("\n").map((l) => l.split("|")).map(([k, n]) => [k, Number(n)]));
	const count = (what) => Number(sql(db, `SELECT count(*) FROM ${what}`));

	assert.equal(lines["consent.given"], count("guichet.grants"));
	assert.equal(lines["consent.withdrawn"], count(
		"guichet.grants WHERE state = 'withdrawn'"));
	assert.equal(lines["consent.requested"], count("guichet.pushed_request"));
	assert.equal(lines["consent.refused"], 1);
	assert.equal(lines["token.issued"], count(
		"guichet.code WHERE spent IS NOT NULL"));
	assert.equal(lines["token.revoked"], 1);
	assert.equal(lines["client.registered"], count(
		"guichet.client WHERE kind = 'oauth'"));
	assert.equal(lines["client.suspended"], 1);
	assert.equal(lines["client.admitted"], 1);
	assert.ok(lines["client.refused"] >= 1);
	assert.ok(lines["token.refreshed"] >= 10);
});

test("neither logs nor database hold a token or a person", () => {
	const dump = sql(db, `SELECT convert_from(leaf, 'UTF8') ||
		coalesce(convert_from(side, 'UTF8'), '')
		FROM guichet.journal_line`);
	for (const secret of [tokens.access_token, tokens.refresh_token,
		counter.people[0].reference, counter.people[0].name]) {
		assert.ok(!counter.logs.includes(secret));
		assert.ok(!dump.includes(secret));
	}
	assert.equal(sql(db, `SELECT count(*) FROM guichet.access_token WHERE
		encode(hash, 'escape') LIKE '%${tokens.access_token}%'`), "0");
});
