// SPDX-License-Identifier: Apache-2.0
// A cloud that was left half-way is taken up again from /me, at the same address
// and under the same consent; and one that others hold with her sends nothing
// before both her cloud and they have said yes, whichever comes first.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { sql } from "../support/postgres.mjs";
import { startPushing } from "../support/pushing.mjs";

let p, other;

before(async () => {
	p = await startPushing({ people: 2, sets: ["energy.contract"],
		adapt: ({ source, adapter }) => {
			sql(source, `CREATE SCHEMA life;
				CREATE TABLE life.held (customer text, list jsonb);
				GRANT USAGE ON SCHEMA life TO PUBLIC;
				GRANT SELECT ON life.held TO PUBLIC`);
			writeFileSync(`${adapter}/customers.sql`, `SELECT
				NULL::text AS reason, (SELECT h.list FROM life.held AS h
					WHERE h.customer = i.id_client) AS coholders
				FROM crm.client AS i WHERE i.id_client = :customer`);
		} });
	other = p.browser(p.logins[1]);
	await other.signIn();
});
after(() => p.stop());

const newest = () => p.sql("SELECT id FROM guichet.grants "
	+ "ORDER BY created DESC LIMIT 1");
const state = (id) => p.sql(`SELECT concat_ws(' ', state, opened, awaits)
	FROM guichet.grants WHERE id = '${id}'`);
const lines = (id) => p.sql(`SELECT string_agg(convert_from(leaf, 'UTF8')::json
	->> 'ev', ' ' ORDER BY n) FROM guichet.journal_line
	WHERE grant_id = '${id}' AND log = 1`);
const sent = (id) => Number(p.sql(`SELECT count(*) FROM guichet.journal_line
	WHERE grant_id = '${id}' AND log = 0
	AND convert_from(leaf, 'UTF8') LIKE '%delivery.acked%'`));
async function goOn(id, browser = p.me) {
	const me = await browser.go("/me");
	const csrf = p.Browser.hidden(me.text).find(([k]) => k === "csrf");
	return browser.go(`/me/connect/${id}`, [csrf ?? ["csrf", "x"]]);
}
async function agree(id) {
	const page = await other.go(`/me/shared/${id}`);
	return other.go(`/me/shared/${id}`, [...p.Browser.hidden(page.text),
		["decision", "allow"]]);
}

test("left half-way, taken up again: the same consent, the same cloud",
	async () => {
	const first = await p.connect(["energy.contract"]);
	assert.equal(first.status, 200);
	const id = newest();
	assert.equal(state(id), "pending f 0");
	const next = await goOn(id);
	assert.equal(next.status, 200, next.text);
	assert.match(next.text, new RegExp(new URL(p.cozy.origin).host));
	assert.equal(newest(), id, "no second consent");

	// what she was sent to before is of no use any more
	const stale = /state=([^&"]*)/.exec(first.text)[1];
	assert.equal((await p.me.go(`/connect/callback/${id}?code=x&state=${stale}`))
		.status, 403);
	assert.equal(state(id), "pending f 0");
	assert.equal((await p.approve(next)).headers.location, "/me");
	assert.equal(state(id), "active t 0");
	await p.until(() => sent(id) > 0, "records");
	assert.equal(lines(id), "consent.given destination.linked");
	assert.equal((await goOn(id)).headers.location, "/me", "nothing is left");
	await p.withdraw({ grant: id });
});

test("another's is not hers, and a form from elsewhere is none", async () => {
	await p.connect(["energy.contract"]);
	const id = newest();
	assert.equal((await goOn(id, other)).status, 404);
	assert.equal((await p.me.go(`/me/connect/${id}`, [["csrf", "x"]])).status,
		403);
	await p.withdraw({ grant: id });
	assert.equal((await goOn(id)).headers.location, "/me");
});

const hold = (agree) => sql(p.source, `INSERT INTO life.held VALUES
	('${p.customer}', '${JSON.stringify([{ agree,
		customer: p.logins[1].reference }])}')`);

test("her cloud opens first, he agrees then: only then it sends", async () => {
	hold("all");
	await p.approve(await p.connect(["energy.contract"]));
	const id = newest();
	assert.equal(state(id), "pending t 1");
	assert.match((await p.me.go("/me")).text, /pas encore répondu|not answered/);
	await new Promise((done) => setTimeout(done, 1500));
	assert.equal(sent(id), 0);
	await agree(id);
	assert.equal(state(id), "active t 0");
	await p.until(() => sent(id) > 0, "records");
	assert.equal(lines(id), "consent.awaiting destination.linked "
		+ "consent.agreed consent.given");
	await p.withdraw({ grant: id });
});

test("he agrees first, her cloud opens then", async () => {
	const next = await p.connect(["energy.contract"]);
	const id = newest();
	await agree(id);
	assert.equal(state(id), "pending f 0");
	await p.approve(next);
	assert.equal(state(id), "active t 0");
	await p.until(() => sent(id) > 0, "records");
});
