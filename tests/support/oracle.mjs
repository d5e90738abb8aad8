// SPDX-License-Identifier: Apache-2.0
// The oracle: after whatever went wrong, four books are held against each other.
// Each is kept by another party:
//
//	source		what the organisation's tables say now (the adapter's SQL)
//	received	what each Cozy wrote to its own disk before it said yes
//	subscriptions	how far the gateway believes to be
//	lines		what its journal says
//
// Nothing is lost, nothing is begun after a withdrawal, order is kept, each state
// change has its one line, and repeats are at most the attempts of which nobody
// knows the end.
//
//	await oracle(p, homes)		waits until all is quiet, recounts, asserts
//	read(p, homes)			the books; recount(books) judges them
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { guichet } from "./ground.mjs";
import { LINES_WAITING } from "./postgres.mjs";
import { catalogueSchema } from "./pushing.mjs";

// RFC 3339 to microseconds, as a bigint: a double would round them.
const us = (text) => BigInt(Date.parse(text.replace(/\.\d+/, ""))) * 1000n +
	BigInt((/\.(\d+)/.exec(text)?.[1] ?? "").padEnd(6, "0").slice(0, 6));
const keyOf = (schema, doc) => [...schema["x-natural-key"].map((k) => doc[k]),
	us(doc.changed)].join("|");

const readFile = (cozy) => readFileSync(join(cozy.dir, "received.ndjson"), "utf8")
	.split("\n").filter(Boolean).map((l) => JSON.parse(l));

// Each write of a record, in the order of one Cozy's file.
function readReceived(homes) {
	return homes.flatMap(({ cozy }) => readFile(cozy).map((e) => ({
		id: `${cozy.port} ${e.type} ${e.id}`, type: e.type,
		at: Date.parse(e.at), removed: e.deleted ?? false, doc: e.doc,
		of: e.doc?.guichet?.subscription, sequence: e.doc?.guichet?.sequence,
		changed: e.doc && us(e.doc.changed) })));
}

function readSubscriptions(p) {
	return JSON.parse(p.sql(`SELECT coalesce(json_agg(v), '[]') FROM (
		SELECT s.id, s.grant_id AS grant, s.dataset, s.state, s.sequence,
		       s.crashes, u.customer, g.state AS consent,
		       s.due IS NOT NULL OR s.lease_until IS NOT NULL AS busy
		  FROM guichet.subscription AS s
		  JOIN guichet.grants AS g ON g.id = s.grant_id
		  JOIN guichet.subject AS u ON u.id = g.subject_id) AS v`));
}

function readLines(p) {
	return JSON.parse(p.sql(`SELECT coalesce(json_agg(json_build_object(
		'id', id, 'grant', grant_id, 'leaf', convert_from(leaf, 'UTF8')::json,
		'of', convert_from(side, 'UTF8')::json ->> 'of') ORDER BY id), '[]')
		FROM guichet.journal_line`)).map((l) => ({ ...l, ev: l.leaf.ev,
		n: l.leaf.n ?? 0, dataset: l.leaf.ds?.split("@")[0],
		at: Date.parse(l.leaf.t) }));
}

export function read(p, homes) {
	const subscriptions = readSubscriptions(p).map((s) => {
		const schema = catalogueSchema(s.dataset);
		return { ...s, type: schema["x-doctype"], schema,
			source: p.keysAtSource(s.dataset, s.customer, schema) };
	});
	return { subscriptions, received: readReceived(homes), lines: readLines(p),
		withdrawn: p.withdrawn, entries: p.sql(`SELECT count(DISTINCT e.id)
			|| ' ' || coalesce(bool_and(e.there), true)
			FROM guichet.journal_head AS h,
			LATERAL guichet.journal_entries(h.log, 0, h.size) AS e`) };
}

// What stands there at the end, by the last write of each record.
function standing(received, s) {
	const last = new Map();
	for (const e of received)
		if (e.removed || e.of === s.id)
			last.set(e.id, e);
	return [...last.values()].filter((e) => !e.removed && e.of === s.id)
		.map((e) => keyOf(s.schema, e.doc)).sort();
}

function lost(books, say) {
	for (const s of books.subscriptions) {
		if (s.consent !== "active" || s.state !== "active")
			continue;
		const there = new Set(standing(books.received, s));
		const gone = s.source.filter((k) => !there.has(k));
		const more = [...there].filter((k) => !s.source.includes(k));
		if (gone.length)
			say("lost", `${s.dataset}: ${gone.length} of ${
				s.source.length}, ${gone[0]}`);
		if (more.length)
			say("stale", `${s.dataset}: ${more.length}, ${more[0]}`);
	}
}

// The customer was told that it is over: no attempt begins, and within a second
// nothing that had begun before arrives any more.
function afterWithdrawal(books, say) {
	for (const [grant, at] of books.withdrawn) {
		const ids = new Set(books.subscriptions
			.filter((s) => s.grant === grant).map((s) => s.id));
		const begun = books.lines.filter((l) => l.grant === grant &&
			l.ev === "delivery.attempted" && l.at > at &&
			!books.clock);
		const came = books.received.filter((e) => ids.has(e.of) &&
			e.at > at + 1000);
		if (begun.length || came.length)
			say("after", `${begun.length} begun, ${came.length} arrived`);
	}
}

// A record never goes back in time; a subscription's sequence has no hole.
function order(books, say) {
	const newest = new Map(), highest = new Map();
	for (const e of books.received) {
		if (e.removed)
			continue;
		if (e.changed < (newest.get(e.id) ?? 0n))
			say("disorder", `${e.id}: an older state after a newer one`);
		newest.set(e.id, e.changed);
		const high = highest.get(e.of) ?? -1;
		if (high >= 0 && e.sequence > high + 1 && !books.deletions)
			say("hole", `${e.of}: ${e.sequence} after ${high}`);
		highest.set(e.of, Math.max(high, e.sequence));
	}
}

const ENDS = ["acked", "failed", "deferred", "cancelled", "dead"]
	.map((e) => `delivery.${e}`);

// Each state has the one line that made it.
function lines(books, say) {
	const of = (ev, grant, dataset) => books.lines.filter((l) => l.ev === ev &&
		l.grant === grant && (!dataset || l.dataset === dataset));
	const sum = (list) => list.reduce((n, l) => n + l.n, 0);
	for (const s of books.subscriptions) {
		const acked = sum(of("delivery.acked", s.grant, s.dataset));
		if (acked !== s.sequence)
			say("lines", `${s.dataset}: ${acked} acknowledged, ${
				s.sequence} counted`);
		const dead = of("delivery.dead", s.grant, s.dataset).length -
			of("delivery.replayed", s.grant, s.dataset).length;
		if (dead !== Number(s.state === "dead"))
			say("lines", `${s.dataset}: ${dead} lines of a ${s.state} one`);
	}
	for (const s of new Map(books.subscriptions.map((x) => [x.grant, x]))
		.values()) {
		const given = of("consent.given", s.grant).length;
		const taken = of("consent.withdrawn", s.grant).length;
		if (given !== 1 || taken !== Number(s.consent === "withdrawn"))
			say("lines", `a grant ${s.consent}: given ${given}, ` +
				`withdrawn ${taken}`);
	}
	const ended = books.lines.filter((l) => ENDS.includes(l.ev) && l.of)
		.map((l) => l.of);
	if (new Set(ended).size !== ended.length)
		say("lines", "an attempt ended twice");
	if (books.entries !== `${books.lines.length} true`)
		say("journal", `${books.lines.length} lines, ${books.entries}`);
}

// What arrived twice, against what could not be known to have arrived.
function repeats(books, say) {
	const known = new Set(books.lines.filter((l) => l.ev === "delivery.acked")
		.map((l) => l.of));
	const doubt = books.lines.filter((l) => l.ev === "delivery.attempted" &&
		!known.has(l.id));
	const inDoubt = doubt.reduce((n, l) => n + l.n, 0);
	const writes = books.received.filter((e) => !e.removed);
	const states = new Set(writes.map((e) => `${e.of} ${e.id} ${e.changed}`));
	const twice = writes.length - states.size;
	if (twice > inDoubt)
		say("repeats", `${twice} repeated, ${inDoubt} in doubt`);
	return { writes: writes.length, twice, inDoubt, attempts: doubt.length };
}

// { wrong: [[kind, words]], figures }
export function recount(books) {
	const wrong = [], say = (kind, words) => wrong.push([kind, words]);
	lost(books, say);
	afterWithdrawal(books, say);
	order(books, say);
	lines(books, say);
	return { wrong, figures: repeats(books, say) };
}

const quiet = (p) => !readSubscriptions(p).some((s) => s.busy &&
	s.state === "active" && s.consent === "active") &&
	p.sql(LINES_WAITING) === "0";

// deletions: a customer deleted documents of hers, which leaves holes; clock: the
// gateway's was wrong, so are the times in its lines.
export async function oracle(p, homes, { deletions = false, clock = false,
	ms = 60000 } = {}) {
	let books, verdict;
	await p.until(async () => {
		await sleep(150);	// the Cozies live in this very process
		if (!quiet(p))
			return false;
		books = { ...read(p, homes), deletions, clock };
		verdict = recount(books);
		// the watch may still be on its way to the last changes
		return !verdict.wrong.some(([kind]) => kind === "lost" ||
			kind === "stale" || kind === "journal");
	}, "quiet, and nothing lost", ms).catch((e) => {
		throw new Error(`${JSON.stringify(verdict?.wrong)} ${e.message}`);
	});
	assert.deepEqual(verdict.wrong, []);
	const verified = guichet("journal", "verify", "--config", p.ground.config);
	assert.equal(verified.code, 0, verified.err + verified.out);
	const { writes, twice, inDoubt, attempts } = verdict.figures;
	console.log(`# oracle: ${books.subscriptions.length} subscriptions, ${writes
		} writes received, ${twice} repeated (at most ${inDoubt} in ${attempts
		} attempts without an end), ${books.lines.length} lines, 0 lost`);
	return { ...verdict.figures, books };
}
