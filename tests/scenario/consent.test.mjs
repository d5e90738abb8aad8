// SPDX-License-Identifier: Apache-2.0
// What a customer may choose on the consent page: how fine, which meters; why
// something cannot be given; and that the notice she read is kept.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { startCounter } from "../support/oauth.mjs";
import { addCustomer } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";
import { Customer } from "../support/oauth.mjs";

let counter, alpha, camille, mover, meters, source;
const curve = "energy.load-curve";

before(async () => {
	counter = await startCounter({ customers: 12 });
	alpha = counter.register("alpha");
	camille = await counter.customer(0);
	source = /^url = (.*)$/m.exec((await import("node:fs")).readFileSync(
		`${counter.settings.catalogue.adapters}/energy/source.conf`, "utf8"))[1];
	// somebody with two meters: a second home
	const who = sql(source, `SELECT id_client FROM crm.contrat
		WHERE id_client NOT IN ('SYN-00000001', 'SYN-00000002')
		GROUP BY 1 HAVING count(DISTINCT pdl) = 1 ORDER BY 1 LIMIT 1`);
	const other = sql(source, `SELECT max(num_ctr) FROM crm.contrat
		WHERE id_client > '${who}' AND id_client NOT IN
		('SYN-00000001', 'SYN-00000002')`);
	sql(source, `UPDATE crm.contrat SET id_client = '${who}',
		date_maj = now() WHERE num_ctr = '${other}'`);
	meters = sql(source, `SELECT DISTINCT pdl FROM crm.contrat
		WHERE id_client = '${who}' ORDER BY 1`).split("\n");
	assert.equal(meters.length, 2);
	addCustomer(counter.db.url, "mover", "Mover", who);
	mover = new Customer(counter, { login: "mover", password: "mover" });
	await mover.signIn();
});
after(() => counter?.stop());

const asking = (more = {}) => ({ scope: undefined, authorization_details:
	JSON.stringify([{ type: "restitution", datasets: [curve], ...more }]) });
const detail = (tokens) => tokens.authorization_details
	.find((d) => d.datasets.includes(curve));

async function open(customer, params) {
	const pushed = await alpha.par(params);
	assert.equal(pushed.status, 201, pushed.text);
	const page = await customer.open(alpha, pushed.json.request_uri);
	assert.equal(page.status, 200, page.text);
	return { page: page.text, uri: pushed.json.request_uri };
}
const boxes = (page, name) => [...page.matchAll(new RegExp(
	`type="checkbox"[^>]*name="${name}" value="([^"]+)"[^>]*>`, "g"))];

async function decide(customer, { page }, fill) {
	const form = new URLSearchParams([...page.matchAll(
		/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map((m) =>
		[m[1], m[2].replaceAll("&amp;", "&")]));
	form.set("since", "asked");
	form.set("days", "365");
	form.set("decision", "allow");
	for (const [k, v] of fill)
		form.append(k, v);
	return customer.ask("/oauth/authorize", { method: "POST", form });
}
async function tokens(r) {
	assert.equal(r.status, 303, r.text);
	const t = await alpha.exchange(new URL(r.headers.location)
		.searchParams.get("code"));
	assert.equal(t.status, 200, t.text);
	return t.json;
}

test("half-hourly and daily stand apart, each with its own sentence",
	async () => {
	const o = await open(camille, asking());
	assert.deepEqual(boxes(o.page, "dataset").map((m) => m[1]),
		[curve, `${curve}:P1D`]);
	assert.ok(boxes(o.page, "dataset").every((m) => !m[0].includes("checked")));
	assert.match(o.page, /demi-heure par demi-heure.*un total par jour/s);
	assert.match(o.page, /absent plusieurs jours/);
	assert.ok(!/demi-heure par demi-heure, (demi|un)/.test(o.page));
	const t = await tokens(await decide(camille, o,
		[["dataset", `${curve}:P1D`]]));
	assert.equal(detail(t).granularity, "P1D");
	const r = await alpha.get(`/v1/datasets/${curve}`, t.access_token);
	assert.ok(r.json.records.length > 0);
	assert.ok(r.json.records.every((x) => !("readings" in x)));
});

test("the finer of two that were ticked counts", async () => {
	const o = await open(camille, asking());
	const t = await tokens(await decide(camille, o,
		[["dataset", `${curve}:P1D`], ["dataset", curve]]));
	assert.notEqual(detail(t).granularity, "P1D");
});

test("who asks for daily totals is never offered more", async () => {
	const o = await open(camille, asking({ granularity: "P1D" }));
	assert.deepEqual(boxes(o.page, "dataset").map((m) => m[1]),
		[curve]);
	assert.match(o.page, /un total par jour/);
	assert.ok(!o.page.includes(", demi-heure par demi-heure</label>"));
	const forged = await decide(camille, o, [["dataset", `${curve}:PT30M`]]);
	assert.equal(forged.status, 422);	// as if nothing was ticked
	const t = await tokens(await decide(camille,
		await open(camille, asking({ granularity: "P1D" })),
		[["dataset", curve]]));
	assert.equal(detail(t).granularity, "P1D");
});

test("who has two meters chooses; nothing is ticked in advance", async () => {
	const o = await open(mover, asking());
	const shown = boxes(o.page, "account");
	assert.deepEqual(shown.map((m) => m[1]).sort(),
		meters.map((m) => `energy/${m}`).sort());
	assert.ok(shown.every((m) => !m[0].includes("checked")));
	const none = await decide(mover, o, [["dataset", curve]]);
	assert.equal(none.status, 422);
	assert.match(none.text, /Aucun compteur/);
	assert.ok(boxes(none.text, "dataset")[0][0].includes("checked"));
	const t = await tokens(await decide(mover, o, [["dataset", curve],
		["account", `energy/${meters[1]}`], ["account", "energy/forged"]]));
	assert.deepEqual(detail(t).accounts, [meters[1]]);
	const r = await alpha.get(`/v1/datasets/${curve}`, t.access_token);
	assert.ok(r.json.records.every((x) => x.usage_point === meters[1]));
});

test("a meter that was not asked for cannot be chosen", async () => {
	const o = await open(mover, asking({ accounts: [meters[0]] }));
	assert.deepEqual(boxes(o.page, "account"), []);	// nothing to choose
	const t = await tokens(await decide(mover, o, [["dataset", curve],
		["account", `energy/${meters[1]}`]]));
	assert.deepEqual(detail(t).accounts, [meters[0]]);
});

test("the notice she read is kept, once, and hashes to its name", async () => {
	const db = counter.db.url;
	const { hash, n } = JSON.parse(sql(db, `SELECT json_build_object('hash',
		encode(notice_sha256, 'hex'), 'n', (SELECT count(*) FROM guichet.notice))
		FROM guichet.grants ORDER BY created LIMIT 1`));
	const r = await counter.ask(`/notice/${hash}`);
	assert.equal(r.status, 200);
	assert.equal(createHash("sha256").update(r.text).digest("hex"), hash);
	assert.match(r.text, /demande à recevoir vos données/);
	assert.match(r.text, /un total par jour/);
	assert.equal(r.headers["content-language"], "fr");
	assert.ok(!r.text.includes(counter.people[0].name));
	await tokens(await decide(camille, await open(camille, asking()),
		[["dataset", curve]]));
	assert.equal(sql(db, "SELECT count(*) FROM guichet.notice"), String(n));
	assert.equal((await counter.ask(`/notice/${"0".repeat(64)}`)).status, 404);
	assert.equal((await counter.ask("/notice/x")).status, 404);
});

test("what is asked for once ends within a day, whatever the form says",
	async () => {
	const o = await open(camille, asking({ recurrence: "once" }));
	assert.match(o.page, /Une seule fois/);
	const t = await tokens(await decide(camille, o, [["dataset", curve]]));
	const left = sql(counter.db.url, `SELECT extract(epoch FROM expires - now())
		::int FROM guichet.grants WHERE id = '${t.grant_id}'`);
	// a day from when it was opened, 90 s after it was pushed at most
	assert.ok(left > 80000 && left <= 86400 + 90, left);
	const often = await tokens(await decide(camille, await open(camille,
		asking({ recurrence: "event" })), [["dataset", curve]]));
	assert.ok(Number(sql(counter.db.url, `SELECT extract(epoch FROM expires -
		now())::int FROM guichet.grants WHERE id = '${often.grant_id}'`))
		> 300 * 86400);
});
