// SPDX-License-Identifier: Apache-2.0
// What a PIMS asks and tells beside records: how often it may come, and which
// record it found faulty; and what our people answer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { guichet } from "../support/ground.mjs";
import { startGranted } from "../support/granted.mjs";
import { sql } from "../support/postgres.mjs";

let s, g;
const cli = (...args) => guichet("feedback", ...args, "--config",
	s.gateway.config);
const report = (grant, body) => s.call("POST", "/v1/feedback", grant, {
	headers: { "content-type": "application/json" },
	body: typeof body === "string" ? body : JSON.stringify(body) });
const good = { dataset: "energy.load-curve", code: "wrong_value",
	record: { usage_point: "SYN-0000000042", day: "2026-03-04" },
	detail: "Twice the day before and after <b>" };

before(async () => {
	s = await startGranted({ customers: 3, days: 25 });
	g = s.grant(s.people[0]);
}, { timeout: 60000 });
after(async () => assert.equal(await s?.stop(), 0));

test("the quota is told, and looking does not count", async () => {
	const used = async () => (await s.get("/v1/quota", g)).json.windows
		.map((w) => [w.window, w.used, w.limit, w.seconds]);
	assert.deepEqual(await used(), [["minute", 0, 1200, 60],
		["day", 0, 100000, 86400]]);
	for (let i = 0; i < 3; i++)
		await s.pull(g, "?limit=1");
	const [[, minute], [, day]] = await used();
	assert.ok(day === 3 && minute <= 3);
	assert.equal((await s.get("/v1/quota", s.grant(s.people[0]))).json
		.windows[1].used, 0, "another consent has its own");
	assert.equal((await s.get("/v1/quota", { token: "x" })).status, 401);
});

test("a report is kept sealed, journalled, shown, answered, read", async () => {
	const r = await report(g, good);
	assert.equal(r.status, 201, r.text);
	const { id } = r.json;
	const kept = sql(s.own.url, `SELECT row_to_json(f)::text
		FROM guichet.feedback AS f WHERE id = '${id}'`);
	for (const word of ["SYN-", "2026-03-04", "Twice"])
		assert.ok(!kept.includes(word), word);
	assert.equal(s.lines(g, "feedback.received").length, 1);
	assert.match(cli("list").out, new RegExp(`${id} +open +wrong_value`));
	assert.deepEqual(JSON.parse(cli("show", id).out), good);
	const before = (await s.get("/v1/feedback", g)).json.feedback;
	assert.deepEqual([before.length, before[0].state, before[0].answer],
		[1, "open", undefined]);
	assert.equal(cli("answer", id, "--text", "Corrected on 5 March").code, 0);
	const [told] = (await s.get("/v1/feedback", g)).json.feedback;
	assert.deepEqual([told.id, told.state, told.answer],
		[id, "answered", "Corrected on 5 March"]);
	assert.ok(Date.parse(told.answered) >= Date.parse(told.created));
	assert.equal(cli("answer", id, "--text", "again").code, 65);
	assert.equal(cli("list", "--state", "open").out, "nothing\n");
	// another consent, of the same PIMS even, sees nothing of it
	assert.deepEqual((await s.get("/v1/feedback", s.grant(s.people[1]))).json,
		{ feedback: [] });
});

test("what is not a report is refused, and says what to change", async () => {
	for (const [body, said] of [["", /one JSON object/], ["[]", /one JSON/],
		['{"dataset":"x","dataset":"y"}', /one JSON/],
		[{ ...good, dataset: "none" }, /none that is given/],
		[{ ...good, dataset: "energy.contract" }, /does not cover/],
		[{ ...good, code: "bad" }, /code is/],
		[{ ...good, record: { day: "2026-03-04" } }, /natural key/],
		[{ ...good, record: { ...good.record, name: "x" } }, /natural key/],
		[{ ...good, record: "x" }, /natural key/],
		[{ ...good, detail: "x".repeat(1001) }, /thousand/]]) {
		const r = await report(g, body);
		assert.deepEqual([r.status, r.json.code], [400, "bad_feedback"]);
		assert.match(r.json.detail, said);
	}
	assert.equal((await report(g, { ...good, more: "x".repeat(5000) })).status,
		413);
	assert.equal((await report({ token: "x" }, good)).status, 401);
	assert.equal(cli("show", "x").code, 64);
	assert.equal(cli("nonsense").code, 64);
});

test("a hundred unanswered are enough", async () => {
	const h = s.grant(s.people[1]);
	for (let i = 0; i < 100; i++)
		assert.equal((await report(h, good)).status, 201);
	assert.equal((await report(h, good)).status, 429);
});
