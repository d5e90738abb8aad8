// SPDX-License-Identifier: Apache-2.0
// A recipient that sees a gap says which number it waits for; what is given once is
// given once; who may no longer take part is sent nothing; a grant that says more
// is given more.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { guichet } from "../support/ground.mjs";
import { sql } from "../support/postgres.mjs";
import { startPushing } from "../support/pushing.mjs";
import { startReceiver } from "../pims/webhook/receiver.mjs";

const SET = "energy.load-curve";
let p, pims, id;

const client = (...args) => new Promise((done) => execFile(
	process.env.GUICHET_PROGRAM, ["client", ...args, "--config",
		p.ground.config], (e, out, err) =>
		done({ code: e ? e.code : 0, out, err })));
const lines = (ev) => p.lines().filter((l) => l.ev === ev);
const sub = (dataset = SET) => JSON.parse(p.sql(`SELECT row_to_json(s) FROM
	guichet.subscription AS s WHERE dataset = '${dataset}'`));
const settled = (what) => p.until(() => p.sql("SELECT count(*) FROM " +
	"guichet.subscription WHERE state = 'active' AND (due IS NOT NULL OR " +
	"lease_until IS NOT NULL)") === "0", what);
const records = () => pims.of("guichet.records")
	.filter((e) => e.data.dataset === SET).flatMap((e) => e.data.records);

before(async () => {
	p = await startPushing({ kinds: [], days: 130, settings: {
		push: { attempts_max: 4 } } });
	pims = await startReceiver(p.tls);
	const r = await client("add", "clair", "--name", "Clair", "--kind",
		"webhook", "--purpose-en", "Show", "--purpose-fr", "Montrer",
		"--datasets", `${SET},energy.invoice`, "--endpoint", pims.url);
	pims.keys(r.out);
	assert.equal((await client("prove", "clair")).code, 0);
	pims.codes.set("CAFE-1234", {});
	await sleep(1100);
	assert.equal((await p.connect([SET], { kind: "clair",
		address: "CAFE-1234" })).status, 303);
	await settled("the first history");
	id = sub().id;
});
after(async () => {
	await p?.stop();
	await pims?.stop();
});

test("the first history is over, and known to be", () => {
	assert.ok(p.expected(SET) > 100);		// more than a page
	assert.equal(sub().sequence, p.expected(SET));
	assert.ok(sub().given);
});

test("a plan counts at the source and changes nothing", () => {
	const tool = (...args) => guichet("subscription", ...args, "--config",
		p.ground.config);
	const before = p.sql("SELECT row_to_json(s) FROM guichet.subscription AS s");
	assert.deepEqual(JSON.parse(tool("plan", "--json").out), []);
	const r = tool("plan", "--again", "--rate", "10", "--client", "clair",
		"--json");
	const [share, ...more] = JSON.parse(r.out || r.err);
	assert.deepEqual(more, []);
	const { read_ms: ms, ...rest } = share;
	assert.ok(ms > 0);
	assert.deepEqual(rest, { client: "clair", dataset: SET, served: true,
		subscriptions: 1, looked_at: 1, received: 0,
		records: p.expected(SET), messages: Math.round(p.expected(SET) / 100),
		seconds: Math.round(p.expected(SET) / 10), whole: true });
	assert.match(tool("plan", "--again").out, /at 2000 records a second/);
	assert.deepEqual(JSON.parse(tool("plan", "--again", "--client", "none",
		"--json").out), []);
	assert.equal(tool("plan", "--rate", "0").code, 64);
	assert.equal(p.sql("SELECT row_to_json(s) FROM guichet.subscription AS s"),
		before);
});

test("a list by period; the status and her page tell of a first history", async () => {
	const tool = (...args) => guichet(...args, "--config", p.ground.config);
	const list = (...args) => JSON.parse(tool("subscription", "list",
		...args, "--json").out);
	const [one] = list("--from", "2026-01-01");
	assert.equal(one.id, id);
	assert.ok(one.given >= one.since);
	assert.deepEqual(list("--to", "2026-01-01"), []);
	assert.deepEqual(list("--from", one.since, "--to", one.since), []);
	assert.equal(list("--from", one.since).length, 1);
	assert.equal(tool("subscription", "list", "--from", "today").code, 64);
	assert.match(tool("subscription", "retry", "--from", "2026-01-01").out,
		/none of these is dead/);
	const beginning = () => JSON.parse(tool("status", "--json").out)
		.subscriptions.beginning;
	assert.equal(beginning(), 0);
	assert.doesNotMatch((await p.me.go("/me")).text, /pour le moment|so far/);
	p.sql("UPDATE guichet.subscription SET given = NULL");
	assert.equal(beginning(), 1);
	assert.match((await p.me.go("/me")).text, /pour le moment|so far/);
	p.sql("UPDATE guichet.subscription SET given = now()");
});

test("a gap: all comes again, numbered from where it waits", async () => {
	const n = records().length, wanted = p.expected(SET);
	let told = false;
	pims.behave = (event) => {
		if (told || event.type !== "guichet.records")
			return null;
		told = true;
		return { status: 409, body: JSON.stringify({ expected: 51 }) };
	};
	p.touchOneDay();
	await p.until(() => told, "asked");
	await p.until(() => records().length >= n + wanted, "again");
	await settled("again");
	pims.behave = null;
	const again = records().slice(n);
	assert.equal(again.length, wanted);
	assert.deepEqual(again.map((r) => r.sequence),
		again.map((_, i) => 51 + i));
	assert.equal(new Set(again.map((r) => r.id)).size, wanted);
	assert.equal(sub().sequence, 50 + wanted);
	assert.equal(lines("delivery.rewound").length, 1);
	assert.equal(sub().attempts, 0);
});

test("it has more than we know of: we go on from there", async () => {
	const n = records().length;
	let told = false;
	pims.behave = (event) => told ? null : (told = true, { status: 409,
		body: JSON.stringify({ expected: 5001 }) });
	p.touchOneDay();
	await p.until(() => records().length > n, "from there");
	pims.behave = null;
	await settled("from there");
	assert.deepEqual(records().slice(n).map((r) => r.sequence), [5001]);
});

for (const [name, body] of [["no number", { expected: "7" }],
	["a number below one", { expected: 0 }], ["no JSON", undefined]])
	test(`409 with ${name} is only a refusal`, async () => {
		const before = sub().sequence, n = records().length;
		let told = 0;
		pims.behave = () => told++ ? null : { status: 409,
			body: body ? JSON.stringify(body) : "expected: 1" };
		p.touchOneDay();
		await p.until(() => records().length > n, "tried again");
		pims.behave = null;
		await settled("tried again");
		assert.equal(sub().sequence, before + 1);
	});

test("one that always asks to go back is set aside in the end", async () => {
	let asked = 0;
	pims.behave = () => ({ status: 409, body: JSON.stringify({
		expected: 1 + asked++ % 2 }) });
	p.touchOneDay();
	await p.until(() => sub().state === "dead", "set aside", 60000);
	assert.ok(asked <= 4, `${asked} times`);
	pims.behave = null;
	p.sql(`UPDATE guichet.subscription SET state = 'active', due = now(),
		attempts = 0`);
	await settled("all again");
	assert.deepEqual(pims.records(SET).size, p.expected(SET));
});

test("who may no longer take part is sent nothing, with a reason", async () => {
	const opposed = (o) => sql(p.source, `UPDATE crm.client SET
		top_opposition = '${o}' WHERE id_client = '${p.customer}'`);
	const n = records().length;
	opposed("O");
	p.touchOneDay();
	await p.until(() => /may not take part/.test(sub().reason), "held back");
	await sleep(400);
	assert.equal(records().length, n);
	assert.equal(sub().reason, "may not take part: opposition");
	assert.equal(p.sql("SELECT state FROM guichet.grants"), "active");
	opposed("N");
	p.sql("UPDATE guichet.subscription SET due = now()");
	await p.until(() => records().length > n, "then they come");
	await settled("then they come");
});

test("a grant that says more is given more, one that lasts longer is not",
	async () => {
		const n = records().length;
		p.sql(`UPDATE guichet.grants SET details = jsonb_set(details,
			'{0,until}', to_jsonb((current_date + 400)::text)),
			expires = expires + interval '30 days'`);
		await sleep(700);
		assert.equal(records().length, n);
		p.sql(`UPDATE guichet.grants SET datasets = datasets ||
			'energy.invoice'::text, details = details ||
			((details -> 0) - 'granularity' ||
			'{"datasets": ["energy.invoice"]}')`);
		await p.until(() => pims.records("energy.invoice").size ===
			p.expected("energy.invoice"), "invoices");
		await settled("invoices");
		assert.equal(records().length, n + p.expected(SET));
	});

test("once is once: what comes later was not asked for", async () => {
	p.sql(`UPDATE guichet.grants SET details = (SELECT jsonb_agg(d ||
		'{"recurrence": "once"}') FROM jsonb_array_elements(details) AS d)`);
	await settled("given again, as it changed");
	const n = records().length;
	assert.ok(sub().given);
	const changed = sub().changed;
	p.touchOneDay();
	await p.until(() => sub().changed > changed, "seen by the watch");
	await settled("and left");
	await sleep(500);
	assert.equal(records().length, n);
	assert.equal(sub().id, id);
});
