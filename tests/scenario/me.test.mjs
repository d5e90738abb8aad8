// SPDX-License-Identifier: Apache-2.0
// What a customer may do with what she allowed: pause, resume, extend, begin
// again; and what happened, told by the day.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pause, startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

let counter, alpha, camille, tokens, db;

before(async () => {
	counter = await startCounter();
	db = counter.db.url;
	alpha = counter.register("alpha", { flags: ["--uri",
		"https://alpha.example/"] });
	camille = await counter.customer(0);
	tokens = await alpha.connect(camille);
});
after(() => counter?.stop());

const csrf = (page) => /name="csrf" value="([^"]+)"/.exec(page)[1];
async function act(form, who = camille, grant = tokens.grant_id) {
	const me = await who.ask("/me");
	return who.ask(`/me/grant/${grant}`, { method: "POST",
		form: { csrf: csrf(me.text), ...form } });
}
const pull = () => alpha.get("/v1/datasets/energy.contract",
	tokens.access_token);
const grant = (columns) => sql(db, `SELECT ${columns} FROM guichet.grants
	WHERE id = '${tokens.grant_id}'`);

test("paused, nothing leaves within a second; resumed, it does again",
	async () => {
	assert.equal((await pull()).status, 200);
	const r = await act({ do: "pause" });
	assert.equal(r.status, 303);
	assert.equal(grant("state"), "paused");
	await pause(900);
	// the PIMS is told that it waits, and loses nothing meanwhile
	const closed = await pull();
	assert.equal(closed.status, 403);
	assert.equal(closed.json.code, "consent_paused", closed.text);
	const again = await alpha.refresh(tokens.refresh_token);
	assert.equal(again.status, 200, again.text);
	const token = again.json.access_token;
	assert.equal((await alpha.get("/v1/datasets", token)).status, 403);
	const told = await alpha.get(`/oauth/grants/${tokens.grant_id}`, token);
	assert.equal(told.json.status, "paused");
	assert.equal((await alpha.get("/v1/grant", token)).json.status, "paused");
	const seen = await alpha.post("/oauth/introspect", { token });
	assert.equal(seen.json.active, true);
	assert.equal(seen.json.grant_status, "paused");
	const page = await camille.ask(r.headers.location);
	assert.match(page.text, /role="status"[^>]*>C’est fait : plus rien/);
	assert.match(page.text, /class="state paused">En pause/);
	assert.match(page.text, /value="resume"/);
	assert.equal((await act({ do: "resume" })).status, 303);
	await pause(900);
	assert.equal((await pull()).status, 200);
});

test("each is a line of the journal; twice is once", async () => {
	await act({ do: "resume" });
	await act({ do: "resume" });
	assert.equal(sql(db, `SELECT string_agg(e, ' ' ORDER BY id) FROM (
		SELECT id, convert_from(leaf, 'UTF8')::jsonb ->> 'ev' AS e
		FROM guichet.journal_line WHERE grant_id = '${tokens.grant_id}') AS l
		WHERE e IN ('consent.paused', 'consent.resumed')`),
	"consent.paused consent.resumed");
});

test("extended from today, never beyond the maximum, never shorter",
	async () => {
	assert.equal((await act({ do: "extend", days: "30" })).status, 303);
	assert.equal(grant("expires > now() + interval '300 days'"), "t");
	assert.equal((await act({ do: "extend", days: "4000" })).status, 400);
	assert.equal((await act({ do: "extend" })).status, 400);
	assert.equal((await act({ do: "extend", days: "1095" })).status, 303);
	assert.equal(grant(`expires > now() + interval '1094 days' AND
		(details -> 0 ->> 'until')::timestamptz > now() + interval '1094 days'`),
	"t");
	assert.equal((await pull()).status, 200);
});

test("only hers, and only by her own form", async () => {
	const other = await counter.customer(1);
	assert.equal((await act({ do: "pause" }, other)).status, 404);
	assert.equal((await camille.ask(`/me/grant/${tokens.grant_id}`, {
		method: "POST", form: { do: "pause" } })).status, 403);
	assert.equal((await act({ do: "burn" })).status, 400);
	assert.equal(grant("state"), "active");
});

test("what left is told by the day: how many, how often, to whom", async () => {
	for (let i = 0; i < 3; i++)
		assert.equal((await pull()).status, 200);
	await counter.until(() => Number(sql(db, `SELECT count(*)
		FROM guichet.journal_line WHERE grant_id = '${tokens.grant_id}' AND
		convert_from(leaf, 'UTF8') LIKE '%"pull.begun"%'`)) >= 6, "lines");
	const me = (await camille.ask("/me")).text;
	const lines = me.match(/ALPHA · [^<]*enregistrement[^<]*/g);
	assert.equal(lines.length, 1, String(lines));
	assert.match(lines[0], /\d+ fois/);
	assert.match(me, /Vous avez mis en pause/);
});

test("ended, it stays two years, with the way to begin again", async () => {
	await camille.withdraw(tokens.grant_id);
	const me = (await camille.ask("/me")).text;
	assert.match(me, /href="https:\/\/alpha\.example\/"[^>]*>Recommencer chez ALPHA/);
	sql(db, `UPDATE guichet.grants SET ended = now() - interval '25 months',
		expires = now() - interval '25 months'
		WHERE id = '${tokens.grant_id}'`);
	assert.ok(!(await camille.ask("/me")).text.includes("Recommencer chez"));
});

test("which dates were received is told, by the day and in all", async () => {
	const t = await alpha.connect(camille, { scope: "energy.load-curve" });
	const days = [];
	let cursor = "", pages = 0;
	for (let more = true; more; pages++) {
		const r = await alpha.get("/v1/datasets/energy.load-curve?limit=2"
			+ cursor, t.access_token);
		days.push(...r.json.records.map((x) => x.day));
		({ more } = r.json);
		cursor = `&cursor=${r.json.next}`;
	}
	days.sort();
	assert.ok(pages > 1 && days.length > 2);
	const say = (d) => new Intl.DateTimeFormat("fr", { day: "numeric",
		month: "short", year: "numeric" }).format(new Date(`${d}T12:00:00`));
	const said = `du ${say(days[0])} au ${say(days.at(-1))}`;
	const me = (await camille.ask("/me")).text;
	assert.ok(me.includes(`<dt>Dates reçues</dt>\n<dd>${said}</dd>`), said);
	const told = [...me.matchAll(/ALPHA · [^<]*demi-heure[^<]*/g)]
		.filter((m) => m[0].includes(said));
	assert.equal(told.length, 1, "one line for the day");
	assert.match(told[0][0], new RegExp(`${pages} fois`));
	// a person's dates stand where they can be erased, not in the leaf
	assert.equal(sql(db, `SELECT count(*) FILTER (WHERE convert_from(side,
			'UTF8') LIKE '%"covers":"${days[0].slice(0, 4)}%') || ' ' ||
		count(*) FILTER (WHERE convert_from(leaf, 'UTF8') LIKE '%covers%')
		FROM guichet.journal_line WHERE grant_id = '${t.grant_id}'`),
		`${pages} 0`);
});

test("the dates it covers are told; a cloud left half-way is given up", async () => {
	const t = await alpha.connect(camille, { scope: undefined,
		authorization_details: JSON.stringify([{ type: "restitution",
			datasets: ["energy.load-curve"], from: "2024-01-01",
			to: "2025-01-01" }]) });
	assert.match((await camille.ask("/me")).text, /du 1 janv. 2024 au 1 janv. 2025/);
	sql(db, `INSERT INTO guichet.client (id, kind, name)
			VALUES ('cozy', 'cozy', 'Cozy');
		UPDATE guichet.grants SET state = 'pending', opened = false,
			client_id = 'cozy'
		WHERE id = '${t.grant_id}'`);
	const me = (await camille.ask("/me")).text;
	assert.match(me, new RegExp(`action="/me/connect/${t.grant_id}"`));
	assert.match(me, /Terminer la connexion<\/button>/);
	assert.match(me, /Renoncer à relier/);
	await camille.withdraw(t.grant_id);
	assert.equal(sql(db, `SELECT state || ended_by FROM guichet.grants
		WHERE id = '${t.grant_id}'`), "withdrawncustomer");
});
