// SPDX-License-Identifier: Apache-2.0
// A customer connects her Cozy on our pages, approves there, and her records
// arrive; what changes later arrives too; what she deleted there stays deleted;
// when she withdraws, nothing more is sent and our keys are given back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startPushing } from "../support/pushing.mjs";

const CURVE = "fr.enedis.api.meteringdata.loadcurve";
const BILLS = "io.cozy.bills";
let p;

before(async () => {
	p = await startPushing({ days: 120,
		sets: ["energy.load-curve", "energy.invoice"] });
});
after(() => p.stop());

test("she connects her Cozy and her records arrive", async () => {
	const next = await p.connect(["energy.load-curve", "energy.invoice"]);
	assert.match(next.text, new RegExp(new URL(p.cozy.origin).host));
	const back = await p.approve(next);
	assert.equal(back.status, 303);
	assert.equal(back.headers.location, "/me");
	const wanted = p.expected("energy.load-curve");
	assert.ok(wanted > 0);
	await p.until(() => p.cozy.couch.count(CURVE) === wanted, "load curves");
	await p.until(() => p.cozy.couch.count(BILLS) ===
		p.expected("energy.invoice"), "bills");
});

test("a document says where it comes from", () => {
	const [doc] = p.cozy.couch.documents(CURVE);
	assert.match(doc._id, /^[0-9a-f]{32}$/);
	assert.equal(doc.cozyMetadata.createdByApp, "guichet");
	assert.equal(doc.cozyMetadata.sourceAccountIdentifier, p.customer);
	assert.equal(doc.guichet.dataset, "energy.load-curve");
	assert.ok(doc.readings.length >= 46);
	assert.ok(Number.isInteger(doc.total));
	const seen = p.cozy.couch.documents(CURVE)
		.map((d) => d.guichet.sequence).sort((a, b) => a - b);
	assert.deepEqual(seen, seen.map((_, i) => i + 1));	// no gap
});

test("each delivery has its line before and after", async () => {
	const lines = await p.lines();
	const of = (ev) => lines.filter((l) => l.ev === ev);
	assert.equal(of("consent.given").length, 1);
	assert.equal(of("destination.linked").length, 1);
	assert.equal(of("delivery.attempted").length, of("delivery.acked").length);
	const sum = (ds) => of("delivery.acked").filter((l) => l.ds === ds)
		.reduce((n, l) => n + l.n, 0);
	assert.equal(sum("energy.load-curve@1"), p.expected("energy.load-curve"));
	assert.ok(lines.every((l) => !JSON.stringify(l).includes(p.customer)));
});

test("what changes at the source arrives, and alone", async () => {
	const before = p.cozy.couch.documents(CURVE);
	const changed = p.touchOneDay();
	await p.until(() => p.cozy.couch.documents(CURVE)
		.some((d) => d._rev.startsWith("2-")), "the changed day");
	const later = p.cozy.couch.documents(CURVE);
	assert.equal(later.length, before.length);
	const again = later.filter((d) => d._rev.startsWith("2-"));
	assert.deepEqual(again.map((d) => d.day), [changed]);
});

test("a document she deleted stays deleted", async () => {
	const [doc] = p.cozy.couch.documents(CURVE);
	p.cozy.couch.remove(CURVE, doc._id, doc._rev);
	const n = p.cozy.couch.count(CURVE);
	const acked = (await p.lines()).filter((l) => l.ev === "delivery.acked")
		.length;
	p.touchOneDay(doc.day);
	await p.until(async () => (await p.lines()).filter((l) =>
		l.ev === "delivery.acked").length > acked, "an answer");
	assert.equal(p.cozy.couch.count(CURVE), n);
	assert.throws(() => p.cozy.couch.get(CURVE, doc._id));
});

test("an expired key is renewed on the way", async () => {
	p.cozy.advance(8 * 86400e3);
	const day = p.touchOneDay();
	const id = p.cozy.couch.documents(CURVE).find((d) => d.day === day)._id;
	const rev = p.cozy.couch.get(CURVE, id)._rev;
	await p.until(() => p.cozy.couch.get(CURVE, id)._rev !== rev, "renewed");
});

test("she withdraws: nothing more is sent, our keys are given back", async () => {
	// a delivery is on its way: it has asked what the Cozy knows, and the Cozy
	// takes its time; the records themselves would follow
	let asked = false;
	p.cozy.behave = (r) => {
		if (!r.path.endsWith("_all_docs"))
			return null;
		asked = true;
		return { wait: 2600 };
	};
	p.touchOneDay();
	await p.until(() => asked, "a delivery on its way");
	await p.withdraw();
	const at = Date.now();
	await p.until(() => p.cozy.clients.list().length === 0, "unregistered");
	p.touchOneDay();
	await new Promise((done) => setTimeout(done, 3500));
	p.cozy.behave = null;
	const late = p.cozy.seen.filter((r) => r.at > at &&
		r.path.startsWith("/data/"));
	assert.deepEqual(late, []);
	const lines = await p.lines();
	assert.equal(lines.filter((l) => l.ev === "destination.left").length, 1);
	assert.equal(lines.filter((l) => l.ev === "delivery.cancelled").length, 1);
	assert.equal(p.sql("SELECT count(*) FROM guichet.destination " +
		"WHERE sealed IS NOT NULL"), "0");
});
