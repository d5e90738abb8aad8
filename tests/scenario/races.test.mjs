// SPDX-License-Identifier: Apache-2.0
// What may happen once happens once, whoever asks whom: two hosts of two workers
// each on one database, the same thing sent to both at the same moment. Each
// test has its control: with what remembers taken away, the second one passes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import pg from "pg";
import { secondHost, startGateway } from "../support/gateway.mjs";
import { b64, pause, sha256, startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

const LIST = "/v1/datasets", TOKEN = "/oauth/token", PAR = "/oauth/par";
let one, two, db, alpha, far, camille;

before(async () => {
	one = await startCounter();
	two = await startGateway({ ground: await secondHost(one) });
	db = one.db.url;
	alpha = one.register("alpha");
	// the same client, asking the other host: what it signs names the one
	// issuer that both serve
	far = Object.create(alpha);
	far.send = (path, options) => two.ask(path, { ca: readFileSync(two.ca),
		...options });
	Object.defineProperty(far, "verifier", { get: () => alpha.verifier,
		set: (v) => { alpha.verifier = v; } });
	camille = await one.customer(0);
});
after(async () => {
	const deaths = [one, two].map((g) => g?.said(/died role=/) ?? 0);
	await two?.stop();
	await one?.stop();
	assert.deepEqual(deaths, [0, 0], "no process of the gateways died");
});

const won = (all) => all.filter((r) => r.status < 300).length;
// n times on each host, at once
const both = (n, send) => Promise.all(Array.from({ length: 2 * n },
	(_, i) => send(i % 2 ? far : alpha)));
const hash = (text) => `'\\x${sha256(text).toString("hex")}'`;

test("the second host serves the same issuer", async () => {
	const t = await alpha.connect(camille);
	assert.equal((await far.get(LIST, t.access_token)).status, 200);
	assert.equal((await far.par()).status, 201);
});

test("an assertion is taken once by all hosts and workers", async () => {
	for (let round = 0; round < 5; round++) {
		const assertion = alpha.assertion();
		assert.equal(won(await both(6, (p) => p.par({}, { assertion }))), 1);
	}
	const assertion = alpha.assertion();
	assert.equal((await alpha.par({}, { assertion })).status, 201);
	assert.equal((await far.par({}, { assertion })).status, 401);
	sql(db, "DELETE FROM guichet.jti");
	assert.equal((await far.par({}, { assertion })).status, 201, "the control");
});

test("a proof is taken once by all hosts and workers", async () => {
	const { access_token: token } = await alpha.connect(camille);
	const url = one.issuer + LIST;
	for (let round = 0; round < 5; round++) {
		const proof = alpha.proof("GET", url, { token });
		assert.equal(won(await both(6, (p) => p.get(LIST, token,
			{ proof }))), 1);
	}
	const proof = alpha.proof("GET", url, { token });
	assert.equal((await alpha.get(LIST, token, { proof })).status, 200);
	assert.equal((await far.get(LIST, token, { proof })).status, 401);
	sql(db, "DELETE FROM guichet.jti");
	assert.equal((await far.get(LIST, token, { proof })).status, 200,
		"the control");
});

test("a code is exchanged once by all hosts and workers", async () => {
	for (let round = 0; round < 5; round++) {
		const { code } = await camille.allow(alpha);
		const all = await both(6, (p) => p.exchange(code));
		assert.equal(won(all), 1);
		const { access_token } = all.find((r) => r.status === 200).json;
		assert.equal((await far.get(LIST, access_token)).status, 200);
		assert.equal((await alpha.get(LIST, access_token)).status, 200);
	}
	const { code } = await camille.allow(alpha);
	assert.equal((await alpha.exchange(code)).status, 200);
	sql(db, `UPDATE guichet.code SET spent = NULL WHERE hash = ${hash(code)}`);
	const again = await far.exchange(code);
	assert.equal(again.status, 200, "the control: " + again.text);
});

test("a code that comes back takes back what it gave, on every host",
	async () => {
	const { code } = await camille.allow(alpha);
	const t = (await alpha.exchange(code)).json;
	for (const p of [alpha, far])
		assert.equal((await p.get(LIST, t.access_token)).status, 200);
	await pause(600);
	assert.equal((await far.exchange(code)).status, 400);
	await pause(900);
	for (const p of [alpha, far]) {
		assert.equal((await p.get(LIST, t.access_token)).status, 401);
		assert.equal((await p.refresh(t.refresh_token)).status, 400);
	}
});

test("a request is decided once, whichever host hears the decision", async () => {
	const { json } = await alpha.par();
	const page = await camille.open(alpha, json.request_uri);
	const body = String(camille.form(page.text));
	const decide = (g) => g.ask("/oauth/authorize", { method: "POST", body,
		headers: { "content-type": "application/x-www-form-urlencoded",
			origin: one.issuer, cookie: Object.entries(camille.jar)
				.map(([k, v]) => `${k}=${v}`).join("; ") } });
	const all = await Promise.all(Array.from({ length: 8 }, (_, i) =>
		decide(i % 2 ? two : one)));
	assert.equal(all.filter((r) => r.status === 303).length, 1);
	assert.equal(all.filter((r) => r.status === 400).length, 7);
});

// They are committed together: a stranger's token among them gives nothing. The
// one whose grant somebody is just changing waits for that, then is answered.
test("refreshes that come together each get their own answer", async () => {
	const beta = one.register("beta");
	const [open, held, ended] = [await alpha.connect(camille),
		await alpha.connect(camille), await alpha.connect(camille)];
	await camille.withdraw(ended.grant_id);
	const lock = new pg.Client(db);
	await lock.connect();
	await lock.query("BEGIN");
	await lock.query("SELECT FROM guichet.grants WHERE id = $1 FOR UPDATE",
		[held.grant_id]);
	let answered = false;
	const waiting = alpha.refresh(held.refresh_token)
		.finally(() => { answered = true; });
	await one.until(() => sql(db, `SELECT count(*) FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND query LIKE '%refresh_use%'`) > 0,
	"it waits for who changes its grant");
	assert.equal(answered, false);
	await lock.query("COMMIT");
	await lock.end();
	assert.equal((await waiting).status, 200);
	const all = await Promise.all(Array.from({ length: 60 }, (_, i) =>
		i % 3 === 0 ? alpha.refresh(ended.refresh_token) :
			(i === 31 ? beta : alpha).refresh(open.refresh_token)));
	all.forEach((r, i) => assert.equal(r.status,
		i % 3 === 0 || i === 31 ? 400 : 200, `${i}: ${r.text}`));
	const fresh = all.filter((r) => r.status === 200)
		.map((r) => hash(r.json.access_token));
	assert.equal(new Set(fresh).size, 39);
	assert.equal(sql(db, `SELECT count(*) FROM guichet.access_token
		WHERE grant_id = '${open.grant_id}' AND hash IN (${fresh})`), "39");
	assert.equal(sql(db, `SELECT grant_id, count(*) FROM guichet.journal_line
		WHERE convert_from(leaf, 'UTF8') LIKE '%token.refreshed%'
		  AND grant_id IN ('${open.grant_id}', '${held.grant_id}',
			'${ended.grant_id}') GROUP BY 1 ORDER BY 2`),
	`${held.grant_id}|1\n${open.grant_id}|39`);
});

// Refreshes on both hosts race a withdrawal: whatever was given is dead a
// second later, and in the journal nothing of the grant stands behind its end.
test("a withdrawal wins over refreshes on any host", async () => {
	let given = 0;
	for (let round = 0; round < 6; round++) {
		const t = await alpha.connect(camille);
		const racing = both(5, async (p) => {
			await pause(Math.random() * 30);
			return p.refresh(t.refresh_token);
		});
		await camille.withdraw(t.grant_id);
		const fresh = (await racing).filter((r) => r.status === 200);
		given += fresh.length;
		await pause(900);
		for (const r of fresh)
			for (const p of [alpha, far])
				assert.equal((await p.get(LIST, r.json.access_token)).status,
					401);
		assert.equal((await far.refresh(t.refresh_token)).status, 400);
	}
	assert.ok(given > 0, "the race was run: some came first");
	await one.until(() => sql(db, `SELECT count(*) FROM guichet.journal_line AS l
		WHERE NOT EXISTS (SELECT FROM guichet.journal_fact AS f
			WHERE f.id = l.id) AND l.grant_id IS NOT NULL`) === "0",
	"all lines have their place", 20000);
	// what says that nothing is under way any more, or that a refresh came too
	// late, comes after
	assert.equal(sql(db, `SELECT f.ev, f.seq - w.seq
		FROM guichet.journal_fact AS w
		JOIN guichet.journal_line AS wl ON wl.id = w.id
		JOIN guichet.journal_line AS l ON l.grant_id = wl.grant_id
		JOIN guichet.journal_fact AS f ON f.id = l.id AND f.log = w.log
		WHERE w.ev = 'consent.withdrawn' AND f.seq > w.seq
		  AND f.ev NOT IN ('consent.effective', 'token.refused')`), "");
	assert.ok(Number(sql(db, `SELECT count(*) FROM guichet.journal_fact
		WHERE ev = 'token.refreshed'`)) > 0, "the control");
});
