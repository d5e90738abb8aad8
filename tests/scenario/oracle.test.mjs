// SPDX-License-Identifier: Apache-2.0
// Does the oracle see what it is there for? An ordinary day is right in its eyes;
// the same books with one thing altered are not. Then a record that kills whoever
// sends it: it is set aside, and nobody else is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { faults, faulty } from "../fault/points.mjs";
import { startLoad } from "../support/load.mjs";
import { read, recount } from "../support/oracle.mjs";

let day, f, books;

before(async () => {
	f = faults();
	day = await startLoad({ people: 3, gateway: { program: faulty, env: f.env },
		settings: { push: { lease_s: 10, deadline_ms: 4000 } } });
}, { timeout: 60000 });
after(() => day?.stop());

test("an ordinary day is right", async () => {
	await day.touch();
	assert.ok(await day.churn());
	await day.judge();
	books = read(day.p, day.homes);
	assert.deepEqual(recount(books).wrong, []);
});

// The books with one thing altered: what the oracle must call it.
const last = (b) => b.received.findLastIndex((e) => b.subscriptions.some((s) =>
	s.id === e.of && s.consent === "active"));
const ended = (b) => [...b.withdrawn.keys()][0];
const cooked = [
	["a write is missing", "lost", (b) => b.received.splice(last(b), 1)],
	["it has what the source has not", "stale", (b) => b.received.push({
		...b.received[last(b)], id: "another", doc: {
			...b.received[last(b)].doc, contract: "none",
			usage_point: "none" } })],
	["an attempt after the withdrawal", "after", (b) => b.lines.push({
		...b.lines.find((l) => l.ev === "delivery.attempted"),
		grant: ended(b), at: b.withdrawn.get(ended(b)) + 1, id: "x" })],
	["something arrived long after it", "after", (b) => b.received.push({
		...b.received[last(b)],
		of: b.subscriptions.find((s) => s.grant === ended(b)).id,
		at: b.withdrawn.get(ended(b)) + 1500 })],
	["an older state after a newer one", "disorder", (b) => b.received.push({
		...b.received[last(b)],
		changed: b.received[last(b)].changed - 1n })],
	["a hole in the sequence", "hole", (b) => b.received.push({
		...b.received[last(b)],
		sequence: b.received[last(b)].sequence + 5000 })],
	["an acknowledgement is missing", "lines", (b) => b.lines.splice(
		b.lines.findIndex((l) => l.ev === "delivery.acked"), 1)],
	["an acknowledgement twice", "lines", (b) => b.lines.push(
		b.lines.find((l) => l.ev === "delivery.acked"))],
	["a withdrawal without a line", "lines", (b) => b.lines.splice(
		b.lines.findIndex((l) => l.ev === "consent.withdrawn"), 1)],
	["a line without a place", "journal", (b) => { b.entries = "1 true"; }],
	["a place that is empty", "journal", (b) => {
		b.entries = b.entries.replace("true", "false"); }],
	["a repeat nobody had reason for", "repeats", (b) => {
		b.lines = b.lines.filter((l) => l.ev !== "delivery.attempted");
		b.received.push(b.received[last(b)]); }],
];
for (const [what, kind, cook] of cooked)
	test(`it sees: ${what}`, () => {
		const b = { ...books, received: [...books.received],
			lines: [...books.lines] };
		cook(b);
		assert.ok(recount(b).wrong.some(([k]) => k === kind),
			JSON.stringify(recount(b).wrong));
	});

test("a record that kills its sender is set aside, and nobody else is", async () => {
	const { p } = day, [victim] = p.sql(`SELECT s.id
		FROM guichet.subscription AS s JOIN guichet.grants AS g
		  ON g.id = s.grant_id JOIN guichet.subject AS u
		  ON u.id = g.subject_id
		WHERE u.customer = '${p.customer}' AND s.state = 'active'
		  AND s.dataset = 'energy.load-curve'`).split("\n");
	f.poison(victim);
	const n = day.touched;
	await day.touch();
	assert.ok(day.touched > n);
	await p.until(async () => (await sleep(200), p.sql(`SELECT state
		FROM guichet.subscription WHERE id = '${victim}'`) === "dead"),
		"set aside", 60000);
	f.poison(null);
	assert.equal(p.sql(`SELECT id, reason FROM guichet.subscription
		WHERE state = 'dead'`), `${victim}|the worker died each time`);
	assert.equal(p.gateway.said(/died role=push/), 6);
	await day.judge();
});
