// SPDX-License-Identifier: Apache-2.0
// What is easily done without being told: a notice that is shown, a withdrawal that
// has taken effect, a record that is held back, a request that is refused, settings
// that were changed, and how long a change took to arrive.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";
import { startPushing } from "../support/pushing.mjs";

let p, counter, beta, camille;

before(async () => {
	[p, counter] = await Promise.all([startPushing({ adapt: ({ adapter }) => {
		// a contract that cannot be written: lists that differ in length
		const file = join(adapter, "energy.contract.sql");
		writeFileSync(file, readFileSync(file, "utf8")
			.replace("s.names ", "ARRAY['a','b','c']::text[] ")
			.replace("s.starts ", "ARRAY[date '2020-01-01'] "));
	} }), startCounter({ settings: { pull: { calls_per_minute: 3 } } })]);
	beta = counter.register("beta");
	camille = await counter.customer(0);
});
after(async () => {
	await p?.stop();
	await counter?.stop();
});

const told = (url, ev) => sql(url, `SELECT json_build_object('line',
	convert_from(leaf, 'UTF8')::json, 'side', convert_from(side, 'UTF8')::json)
	FROM guichet.journal_line WHERE convert_from(leaf, 'UTF8') LIKE '%"ev":"${ev}"%'
	ORDER BY id`).split("\n").filter(Boolean).map((l) => JSON.parse(l));
const here = (ev) => told(p.ground.db.url, ev);
const there = (ev) => told(counter.db.url, ev);

test("a wrong password", async () => {
	const b = p.browser();
	const page = await b.go("/login?next=%2Fme");
	await b.go("/login", [...p.Browser.hidden(page.text),
		["login", p.logins[0].login], ["password", "not hers"]]);
	await p.until(() => here("customer.login_failed").length === 1, "told");
});

test("a cloud that her owner refused us", async () => {
	const next = await p.connect(["energy.contract"]);
	const link = new URL(/href="(https:[^"]*\/auth\/authorize[^"]*)"/
		.exec(next.text)[1].replaceAll("&amp;", "&"));
	const back = new URL(link.searchParams.get("redirect_uri"));
	back.search = new URLSearchParams({ error: "access_denied",
		state: link.searchParams.get("state") });
	await p.me.go(back.href);
	await p.until(() => here("destination.refused").length === 1, "told");
});

test("a record that is held back, once; a change's way, timed at both ends",
	async () => {
	await p.approve(await p.connect(["energy.contract", "energy.load-curve"]));
	await p.until(() => here("record.rejected").length > 0, "held back");
	const { line, side } = here("record.rejected")[0];
	assert.equal(line.ds, "energy.contract@1");
	assert.ok(line.n >= 1 && line.tag);
	assert.match(side.reason, /lists differ in length/);
	await p.until(() => p.cozy.couch.count("fr.enedis.api.meteringdata.loadcurve")
		=== p.expected("energy.load-curve"), "the history");
	// the history is older than the consent: it counts from there
	const since = Date.parse(p.sql(`SELECT changed AT TIME ZONE 'UTC' || 'Z'
		FROM guichet.grants ORDER BY created DESC LIMIT 1`).replace(" ", "T"));
	for (const { line } of here("delivery.acked"))
		assert.ok(Math.abs(Date.parse(line.t) - line.lag - since) < 50,
			`${line.lag} ms before ${line.t}`);
	const many = here("delivery.acked").length;
	const day = p.touchOneDay();
	const changed = Number(sql(p.source, `SELECT max(extract(epoch FROM date_maj))
		* 1000 FROM si.courbe_jour WHERE jour = '${day}' AND courante`));
	await p.until(() => here("delivery.acked").length > many, "received");
	const { line: acked } = here("delivery.acked").at(-1);
	assert.ok(Math.abs(Date.parse(acked.t) - acked.lag - changed) < 5,
		`${acked.lag} ms since the source, ${Date.parse(acked.t) - changed} by us`);
	assert.equal(here("record.rejected").length, 1, "told once");
});

test("what is run: told when it is another, and then only", async () => {
	const first = here("admin.configured");
	assert.deepEqual(first.map((e) => e.line.oc).sort(),
		["data sets", "program", "settings"]);
	p.ground.change({ log: { level: "info" } });
	const ready = p.gateway.said("ready");
	p.gateway.signal("SIGHUP");
	await p.until(() => here("admin.configured").length === 4, "told");
	const last = here("admin.configured").at(-1);
	assert.equal(last.line.oc, "settings");
	assert.match(last.side.digest, /^[0-9a-f]{64}$/);
	assert.notEqual(last.side.digest, first.find((e) => e.line.oc === "settings")
		.side.digest);
	assert.ok(p.gateway.said("ready") >= ready);
});

test("shown, once in each language, with the notice that was shown", async () => {
	const t = await beta.connect(camille, { scope: "energy.load-curve" });
	const shown = there("consent.shown");
	assert.equal(shown.length, 1);
	assert.equal(shown[0].line.oc, "fr");
	assert.equal(shown[0].line.to, "beta");
	assert.equal(sql(counter.db.url, `SELECT count(*) FROM guichet.notice
		WHERE sha256 = '\\x${shown[0].side.digest}'`), "1");
	assert.equal(sql(counter.db.url, `SELECT encode(notice_sha256, 'hex')
		FROM guichet.grants WHERE id = '${t.grant_id}'`), shown[0].side.digest,
		"what was shown is what was allowed");
});

test("refusals, by the rule the recipient read", async () => {
	const t = await beta.connect(camille, { scope: "energy.load-curve" });
	for (const [path, status] of [["/v1/datasets/energy.invoice", 403],
		["/v1/datasets/nonsense", 404], ["/v1/datasets/energy.load-curve?limit=0",
		400], ["/v1/datasets/energy.load-curve", 429]])
		assert.equal((await beta.get(path, t.access_token)).status, status, path);
	await counter.until(() => there("pull.refused").length === 4, "told");
	assert.deepEqual(there("pull.refused").map((e) => [e.line.ds, e.line.oc,
		e.side.reason]), [["energy.invoice@1", "4xx", "no_grant"],
		[undefined, "4xx", "no_such_dataset"],
		["energy.load-curve@1", "4xx", "bad_limit"],
		["energy.load-curve@1", "4xx", "too_many_calls"]]);
	assert.ok(there("pull.refused").every((e) => e.side.grant === t.grant_id));
	const r = await beta.refresh("A".repeat(43));
	assert.equal(r.status, 400);
	await counter.until(() => there("token.refused").length === 1, "told");
	assert.equal(there("token.refused")[0].side.reason, "invalid_grant");
	assert.equal(there("token.refused")[0].line.to, "beta");
});

test("whoever asks in vain without end leaves some lines, not all", async () => {
	const t = await beta.connect(camille, { scope: "energy.load-curve" });
	const many = there("pull.refused").length;
	await Promise.all(Array.from({ length: 60 }, () => beta.get(
		"/v1/datasets/nonsense", t.access_token)));
	await counter.until(() => there("pull.refused").length >= many + 10, "some");
	assert.ok(there("pull.refused").length < many + 40);
});

test("a withdrawal that took effect everywhere", async () => {
	await p.withdraw();
	const { side, line } = here("consent.withdrawn").at(-1);
	const of = (ev) => here(ev).filter((e) => e.side.grant === side.grant);
	await p.until(() => of("consent.effective").length === 1, "told", 15000);
	assert.ok(of("destination.left")[0].line.t <= of("consent.effective")[0].line.t,
		"our keys were given back first");
	assert.ok(of("consent.effective")[0].line.t >= line.t);
	// and then there is peace: nobody claims it again and again
	assert.match(p.sql(`SELECT bool_and(due IS NULL) || ' ' || sum(attempt)
		FROM guichet.subscription WHERE grant_id = '${side.grant}'`),
		/^true 1?\d$/);
	assert.equal(p.sql(`SELECT effective IS NOT NULL FROM guichet.grants
		WHERE id = '${side.grant}'`), "t");
});
