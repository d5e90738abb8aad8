// SPDX-License-Identifier: Apache-2.0
// kill -9 of the push role, again and again, while it delivers and while records
// change at the source. Afterwards the books are held against each other: the
// source, what each Cozy wrote to its own disk, the subscriptions, the journal.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "../support/postgres.mjs";
import { startPushing } from "../support/pushing.mjs";

const CURVE = "fr.enedis.api.meteringdata.loadcurve";
const PEOPLE = 4, KILLS = 6, PAGE = 100;
const homes = [];
let p, touched = 0, kills = 0, writing = 0;

before(async () => {
	p = await startPushing({ customers: 14, days: 120, people: PEOPLE });
	for (const who of p.logins) {
		const cozy = await p.startCozy({ owner: who.login });
		// each write lasts, so that kills fall before, within and after it
		cozy.behave = (r) => {
			writing += r.path.endsWith("_bulk_docs");
			return { wait: 40 };
		};
		const browser = p.browser(who);
		await browser.signIn();
		homes.push({ who, cozy, browser });
	}
});
after(() => p?.stop());

const acked = () => p.lines().filter((l) => l.ev === "delivery.acked");

test(`deliveries go on through ${KILLS} kills`, async () => {
	for (const { cozy, browser } of homes) {
		const next = await p.connect(["energy.load-curve", "energy.invoice",
			"energy.contract"], { address: cozy.origin, browser });
		assert.equal((await p.approve(next, { browser })).status, 303);
	}
	while (kills < KILLS) {
		const n = writing;
		for (const { who } of homes) {
			p.touchOneDay(undefined, who.reference);
			touched++;
		}
		await p.until(() => writing > n, "a write", 20000);
		await sleep(kills * 12);	// from before it to after it
		p.gateway.kill("push");
		kills++;
	}
	await p.until(() => p.sql("SELECT count(*) FROM guichet.subscription " +
		"WHERE due IS NOT NULL OR lease_until IS NOT NULL") === "0",
		"all settled", 60000);
	await sleep(1500);	// the last change is past the horizon's margin
	await p.until(() => p.sql("SELECT count(*) FROM guichet.subscription " +
		"WHERE due IS NOT NULL OR lease_until IS NOT NULL") === "0",
		"all settled again", 30000);
});

test("nothing is lost: each Cozy holds what the source says now", () => {
	for (const { who, cozy } of homes) {
		const source = sql(p.source, `
			SELECT DISTINCT k.pdl || ' ' || k.jour || ' ' || extract(epoch
			  FROM greatest(k.date_maj, r.date_maj))
			  FROM crm.rattachement AS r JOIN si.courbe_jour AS k
			    ON k.pdl = r.pdl AND k.courante
			   AND k.jour BETWEEN r.date_deb AND r.date_fin
			 WHERE r.id_client = '${who.reference}'`).split("\n").sort();
		// to the microsecond: the text of the record, not a double
		const there = sql(p.source, "SELECT x FROM unnest(ARRAY[" +
			cozy.couch.documents(CURVE).map((d) => `'${d.usage_point} ${
			d.day} ' || extract(epoch FROM '${d.changed}'::timestamptz)`)
			.join(",") + "]::text[]) AS x").split("\n").sort();
		assert.deepEqual(there, source);
		for (const [set, type] of [["energy.invoice", "io.cozy.bills"],
			["energy.contract", "org.fing.mesinfos.contract"]])
			assert.equal(cozy.couch.count(type), p.expected(set,
				who.reference));
	}
});

test("one acknowledgement for each delivery that moved a cursor", () => {
	const lines = acked();
	const ids = new Set(lines.map((l) => l.id));
	assert.equal(ids.size, lines.length);
	assert.equal(lines.reduce((n, l) => n + l.n, 0),
		Number(p.sql("SELECT sum(sequence) FROM guichet.subscription")));
	const tried = p.lines().filter((l) => l.ev === "delivery.attempted");
	assert.ok(tried.length >= lines.length);
	// an attempt without an end is one that a kill cut off: some must be, or
	// this test hit nothing
	const cut = tried.length - lines.length;
	assert.ok(cut >= 1 && cut <= kills * PEOPLE * 3, `${cut} cut off`);
});

test("repeats are those in flight at a kill, no more", () => {
	let writes = 0, needed = 0, distinct = 0;
	for (const { cozy } of homes) {
		const log = readFileSync(join(cozy.dir, "received.ndjson"), "utf8")
			.split("\n").filter(Boolean).map((l) => JSON.parse(l));
		const states = new Set(log.map((e) => `${e.id} ${e.doc.changed}`));
		writes += log.length;
		needed += states.size;
		distinct += new Set(log.map((e) => e.id)).size;
	}
	assert.ok(needed >= distinct && needed <= distinct + touched);
	assert.ok(writes - needed <= kills * PEOPLE * PAGE,
		`${writes} writes of ${needed}`);
	console.log(`# ${kills} kills, ${touched} changes: ${distinct} documents, ` +
		`${writes - needed} repeated, 0 lost`);
});

test("no innocent was set aside", () => {
	assert.equal(p.sql("SELECT count(*) FROM guichet.subscription " +
		"WHERE state <> 'active' OR crashes > 2"), "0");
});
