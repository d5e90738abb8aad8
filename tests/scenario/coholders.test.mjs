// SPDX-License-Identifier: Apache-2.0
// A consent about what several people hold: where all must agree nothing leaves
// before the last of them did, each is told and answers on a page of his own; a
// refusal, an objection or silence ends it.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Customer, pause, startCounter } from "../support/oauth.mjs";
import { addCustomer, energySource } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";

let counter, alpha, db, source, refs;
const scope = "energy.contract energy.invoice";

before(async () => {
	const catalogue = energySource({ customers: 60, days: 3 });
	const dir = `${catalogue.adapters}/energy`;
	source = /^url = (.*)$/m.exec(readFileSync(`${dir}/source.conf`,
		"utf8"))[1];
	refs = sql(source, `SELECT id_client FROM crm.contrat
		WHERE id_client > 'SYN-00000002' GROUP BY 1
		HAVING count(DISTINCT pdl) = 1 ORDER BY 1`).split("\n");
	sql(source, `CREATE SCHEMA life;
		CREATE TABLE life.held (customer text, list jsonb);
		GRANT USAGE ON SCHEMA life TO PUBLIC;
		GRANT SELECT ON life.held TO PUBLIC;
		UPDATE crm.client SET top_opposition = 'N', top_tutelle = 'N'`);
	writeFileSync(`${dir}/customers.sql`, `SELECT i.id_client AS customer,
		CASE WHEN i.top_tutelle = 'O' THEN 'guardianship' END AS reason,
		(SELECT h.list FROM life.held AS h WHERE h.customer = i.id_client)
			AS coholders,
		123456789012345678901234567890 AS compte	-- no number of C
		FROM crm.client AS i WHERE i.id_client = :customer`);
	counter = await startCounter({ settings: { catalogue,
		consent: { lives_interval_ms: 500 } } });
	db = counter.db.url;
	alpha = counter.register("alpha");
});
after(() => counter?.stop());

let taken = 0;
// The first of these people holds with the others.
async function holders(agree, n = 2, more = {}) {
	const mine = refs.slice(taken, taken += n);
	const list = mine.slice(1).map((customer) => ({ customer, agree, ...more }));
	sql(source, `INSERT INTO life.held VALUES ('${mine[0]}',
		'${JSON.stringify(list)}')`);
	return Promise.all(mine.map(async (ref) => {
		addCustomer(db, ref, ref, ref);
		const c = new Customer(counter, { login: ref, password: ref });
		await c.signIn();
		return Object.assign(c, { ref });
	}));
}
const state = (t) => sql(db, `SELECT concat_ws(' ', state, ended_by, awaits)
	FROM guichet.grants WHERE id = '${t.grant_id}'`);
const records = (t) => alpha.get("/v1/datasets/energy.contract",
	t.access_token);
const lines = (t) => sql(db, `SELECT string_agg(convert_from(leaf, 'UTF8')::json
	->> 'ev', ' ' ORDER BY n) FROM guichet.journal_line WHERE grant_id =
	'${t.grant_id}' AND convert_from(leaf, 'UTF8') LIKE '%"ev":"consent.%'
	AND convert_from(leaf, 'UTF8') NOT LIKE '%consent.effective%'`);
const left = (t) => sql(db, `SELECT count(*) FROM guichet.journal_line WHERE
	grant_id = '${t.grant_id}' AND log = 0
	AND convert_from(leaf, 'UTF8') LIKE '%begun%'`);
const letters = (t) => sql(db, `SELECT string_agg(l.kind || ':' || s.customer,
	' ' ORDER BY l.kind, s.customer) FROM guichet.letter AS l
	JOIN guichet.subject AS s ON s.id = l.subject_id
	WHERE l.grant_id = '${t.grant_id}'`);
async function answer(person, t, decision) {
	const page = await person.ask(`/me/shared/${t.grant_id}`);
	return person.ask(`/me/shared/${t.grant_id}`, { method: "POST", form: {
		csrf: /name="csrf" value="([^"]*)"/.exec(page.text)?.[1], decision } });
}

test("all must agree: it waits, and nothing leaves before the last", async () => {
	const [ann, bob, cid] = await holders("all", 3);
	const pushed = await alpha.par({ scope });
	const page = await ann.open(alpha, pushed.json.request_uri);
	assert.match(page.text, /dont l’accord est nécessaire aussi/);
	assert.match(page.text, /nous leur écrivons/);
	const t = await alpha.connect(ann, { scope });

	// the PIMS has its tokens, and is told why they open nothing yet
	assert.equal(state(t), "pending 2");
	let r = await records(t);
	assert.equal(r.status, 403, r.text);
	assert.equal(r.json.code, "awaiting_coholder");
	assert.equal((await alpha.get("/v1/feed", t.access_token)).status, 403);
	const told = await alpha.get("/v1/grant", t.access_token);
	assert.equal(told.json.status, "pending");
	const looked = await alpha.post("/oauth/introspect",
		{ token: t.access_token });
	assert.equal(looked.json.active, true);
	assert.equal(looked.json.grant_status, "pending");
	assert.equal((await alpha.get(`/oauth/grants/${t.grant_id}`,
		t.access_token)).json.status, "pending");
	assert.equal((await alpha.refresh(t.refresh_token)).status, 200);
	assert.equal(letters(t), `asked:${bob.ref} asked:${cid.ref}`);

	// each sees it
	assert.match((await ann.ask("/me")).text, /2 personnes[^<]*pas encore répondu/);
	for (const one of [bob, cid])
		assert.match((await one.ask("/me")).text, /Votre réponse est attendue/);

	r = await answer(bob, t, "allow");
	assert.match(r.headers.location, /done=agree/);
	assert.match((await bob.ask(r.headers.location)).text, /vous avez accepté/);
	assert.equal(state(t), "pending 1");
	assert.equal((await records(t)).status, 403);
	await answer(bob, t, "allow");		// twice counts once
	assert.equal(state(t), "pending 1");
	assert.equal(left(t), "0");

	await answer(cid, t, "allow");
	assert.equal(state(t), "active 0");
	await counter.until(async () => (await records(t)).status === 200, "records");
	assert.equal(lines(t), "consent.awaiting consent.agreed consent.agreed "
		+ "consent.given");
	assert.match(letters(t), new RegExp(`given:${ann.ref}`));
	assert.match((await ann.ask("/me")).text, /Tous ont accepté/);

	// and whoever agreed may end it
	await answer(bob, t, "refuse");
	assert.equal(state(t), "withdrawn coholder 0");
	await pause(300);
	assert.equal((await records(t)).status, 401);
	assert.match(letters(t), new RegExp(`ended:${ann.ref}`));
	assert.match(letters(t), new RegExp(`shared_ended:${cid.ref}`));
	assert.ok(!letters(t).includes(`shared_ended:${bob.ref}`));
	assert.match((await ann.ask("/me")).text, /Un cotitulaire a refusé/);
});

test("two who agree at the same moment are both counted", async () => {
	for (let i = 0; i < 2; i++) {
		const [ann, bob, cid] = await holders("all", 3);
		const t = await alpha.connect(ann, { scope });
		await Promise.all([bob, cid].map((one) => answer(one, t, "allow")));
		assert.equal(state(t), "active 0");
		assert.equal(lines(t).match(/consent.given/g).length, 1);
	}
});

test("a refusal ends it; the code that was issued opens nothing", async () => {
	const [ann, bob] = await holders("all");
	const r = await ann.allow(alpha, { scope });
	const grant_id = sql(db, "SELECT id FROM guichet.grants "
		+ "ORDER BY created DESC LIMIT 1");
	await answer(bob, { grant_id }, "refuse");
	assert.equal(state({ grant_id }), "withdrawn coholder 1");
	assert.equal((await alpha.exchange(r.code)).json.error, "invalid_grant");
	assert.equal(lines({ grant_id }),
		"consent.awaiting consent.objected consent.withdrawn");
	assert.match(letters({ grant_id }), new RegExp(`ended:${ann.ref}`));
});

test("without an answer it lapses, and that is written", async () => {
	const [ann, bob] = await holders("all");
	const t = await alpha.connect(ann, { scope });
	sql(db, `UPDATE guichet.grants SET awaits_until = now() - interval '1 s'
		WHERE id = '${t.grant_id}'`);
	await counter.until(() => state(t) === "expired time 1", "lapsed");
	assert.equal(lines(t), "consent.awaiting consent.expired");
	assert.match(letters(t), new RegExp(
		`ended:${ann.ref}.*shared_ended:${bob.ref}`));
	assert.equal((await answer(bob, t, "allow")).headers.location, "/me");
	assert.equal(state(t), "expired time 1");
});

test("one is enough: it begins, the other is told and may object", async () => {
	const [ann, bob] = await holders("any");
	const page = await ann.open(alpha, (await alpha.par({ scope })).json
		.request_uri);
	assert.match(page.text, /pourra s’y opposer/);
	const t = await alpha.connect(ann, { scope });
	assert.equal(state(t), "active 0");
	assert.equal((await records(t)).status, 200);
	assert.match(letters(t), new RegExp(`shared:${bob.ref}`));
	const his = (await bob.ask(`/me/shared/${t.grant_id}`)).text;
	assert.match(his, /cela suffit/);
	assert.ok(!his.includes('value="allow"'), "nothing to agree to");
	assert.match((await bob.ask("/me")).text, /enregistrement/, "what left");
	await answer(bob, t, "refuse");
	assert.equal(state(t), "withdrawn coholder 0");
	await pause(300);
	assert.equal((await records(t)).status, 401);
});

test("only what is held together concerns the other", async () => {
	const [ann, bob] = await holders("all", 2,
		{ datasets: ["energy.load-curve"] });
	const t = await alpha.connect(ann, { scope });
	assert.equal(state(t), "active 0");
	assert.ok(!(await bob.ask("/me")).text.includes(t.grant_id));
	const more = await alpha.connect(ann, { scope: `${scope} energy.load-curve` });
	assert.equal(state(more), "pending 1");
});

test("one meter of two: the other one is given without asking", async () => {
	const [ann, bob] = await holders("all", 2);
	const own = sql(source, `SELECT min(pdl) FROM crm.contrat
		WHERE id_client = '${ann.ref}'`);
	sql(source, `UPDATE life.held SET list = '${JSON.stringify([{ agree: "all",
		customer: bob.ref, account: "another" }])}'
		WHERE customer = '${ann.ref}'`);
	const details = (datasets, accounts) => ({ scope: undefined,
		authorization_details: JSON.stringify([{ type: "restitution", datasets,
			...(accounts ? { accounts } : {}) }]) });
	assert.equal(state(await alpha.connect(ann, details(["energy.contract"],
		[own]))), "active 0");
	assert.equal(state(await alpha.connect(ann, details(["energy.contract"]))),
		"pending 1");
	assert.equal(state(await alpha.connect(ann, details(["energy.invoice"]))),
		"pending 1", "not divided by meter: it concerns him whatever the meter");
});

test("a consent that is widened to what is shared waits again", async () => {
	const [ann, bob] = await holders("all", 2,
		{ datasets: ["energy.invoice"] });
	const t = await alpha.connect(ann, { scope: "energy.contract" });
	assert.equal(state(t), "active 0");
	// it is pushed, too, and all that there was has been given
	sql(db, `INSERT INTO guichet.destination (grant_id, kind, address, host, state)
		VALUES ('${t.grant_id}', 'webhook', 'https://x.example/', 'x.example', '{}');
		INSERT INTO guichet.subscription (id, grant_id, dataset, host, given, cursor,
		due) VALUES (gen_random_uuid(), '${t.grant_id}', 'energy.contract',
		'x.example', now(), 'so far', NULL)`);
	const more = await alpha.connect(ann, { scope: "energy.invoice",
		grant_id: t.grant_id, grant_management_action: "merge" });
	assert.equal(more.grant_id, t.grant_id);
	assert.equal(state(t), "pending 1");
	assert.equal((await records(more)).status, 403);
	// what is new will be pushed from the beginning, but nobody takes it up yet
	assert.equal(sql(db, `SELECT dataset, cursor, due IS NOT NULL, owner
		FROM guichet.subscription WHERE grant_id = '${t.grant_id}' ORDER BY 1`),
	"energy.contract||t|\nenergy.invoice||t|");
	await answer(bob, t, "allow");
	assert.equal(state(t), "active 0");
});

test("others cannot look at it, answer it, or be made to", async () => {
	const [ann, bob, eve] = await holders("all", 3);
	sql(source, `UPDATE life.held SET list = '${JSON.stringify([{ agree: "all",
		customer: bob.ref }])}' WHERE customer = '${ann.ref}'`);
	const t = await alpha.connect(ann, { scope });
	for (const one of [eve, ann]) {
		assert.equal((await one.ask(`/me/shared/${t.grant_id}`)).status, 404);
		assert.equal((await one.ask(`/me/shared/${t.grant_id}`, {
			method: "POST", form: { decision: "allow", csrf: /name="csrf" value="([^"]*)"/
				.exec((await one.ask("/me")).text)?.[1] } })).status,
			one === eve ? 404 : 404);
	}
	const forged = await bob.ask(`/me/shared/${t.grant_id}`, { method: "POST",
		form: { decision: "allow", csrf: "x" } });
	assert.equal(forged.status, 403);
	assert.equal(state(t), "pending 1");
	const stranger = new Customer(counter, { login: "x", password: "x" });
	assert.equal((await stranger.ask(`/me/shared/${t.grant_id}`)).status, 303);
});

test("who may not decide cannot agree, but may refuse", async () => {
	const [ann, bob] = await holders("all");
	const t = await alpha.connect(ann, { scope });
	sql(source, `UPDATE crm.client SET top_tutelle = 'O'
		WHERE id_client = '${bob.ref}'`);
	assert.match((await bob.ask(`/me/shared/${t.grant_id}`)).text,
		/Une autre personne agit pour vous/);
	await answer(bob, t, "allow");
	assert.equal(state(t), "pending 1");
	await answer(bob, t, "refuse");
	assert.match(state(t), /^withdrawn/);
});

test("a declaration that cannot be read closes what it is about", async () => {
	const [ann] = await holders("perhaps");
	const closed = async () => {
		const page = await ann.open(alpha, (await alpha.par({ scope })).json
			.request_uri);
		assert.match(page.text, /qui d’autre doit donner son accord/);
		assert.ok(!page.text.includes('name="dataset"'));
	};
	await closed();
	// nor one that no JSON reader takes, by what it says beside
	sql(source, `UPDATE life.held SET list = '[{"customer": "x", "agree": "all",
		"share": 1e400}]' WHERE customer = '${ann.ref}'`);
	await closed();
});

const seen = async (one, t) => (await one.ask("/me")).text.includes(t.grant_id);
const hold = (ann, others) => sql(source, `UPDATE life.held SET list =
	'${JSON.stringify(others)}' WHERE customer = '${ann.ref}'`);

test("a holder who comes later is told; one who holds no longer sees no more",
	async () => {
	const [ann, bob, cid] = await holders("any", 3);
	hold(ann, [{ customer: bob.ref, agree: "any" }]);
	const t = await alpha.connect(ann, { scope });
	assert.equal(await seen(cid, t), false);
	hold(ann, [{ customer: cid.ref, agree: "all" }]);
	await counter.until(() => seen(cid, t), "the new one sees it");
	assert.match(letters(t), new RegExp(`shared:${cid.ref}`));
	assert.equal(await seen(bob, t), false);
	assert.equal((await bob.ask(`/me/shared/${t.grant_id}`)).status, 404);
	assert.equal(state(t), "active 0");
	assert.equal(lines(t), "consent.given consent.coholders");
});

test("one who is awaited and holds no longer is not waited for", async () => {
	const [ann, bob] = await holders("all");
	const t = await alpha.connect(ann, { scope });
	assert.equal(state(t), "pending 1");
	hold(ann, []);
	await counter.until(() => state(t) === "active 0", "begun");
	assert.equal(lines(t), "consent.awaiting consent.coholders consent.given");
	assert.equal(await seen(bob, t), false);
});
