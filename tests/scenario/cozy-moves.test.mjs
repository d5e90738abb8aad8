// SPDX-License-Identifier: Apache-2.0
// What may become of a Cozy: it moves and is followed where it is known, and nowhere
// else; it is closed for a while; its owner does not pay; it is no more.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPushing } from "../support/pushing.mjs";

const CURVE = "fr.enedis.api.meteringdata.loadcurve", SETS = ["energy.load-curve"];
const homes = [];
let p;

before(async () => {
	p = await startPushing({ customers: 24, people: 6, days: 3, sets: SETS,
		settings: { log: { level: "info" } } });
	for (const who of p.logins) {
		const cozy = await p.startCozy({ owner: who.login });
		const browser = p.browser(who);
		await browser.signIn();
		const next = await p.connect(SETS, { address: cozy.origin, browser });
		assert.equal((await p.approve(next, { browser })).status, 303);
		homes.push({ who, cozy, browser });
	}
	for (const { cozy, who } of homes)
		await p.until(() => cozy.couch.count(CURVE) === p.expected(SETS[0],
			who.reference), "received");
});
after(() => p?.stop());

const sub = ({ who }) => JSON.parse(p.sql(`SELECT row_to_json(v) FROM (
	SELECT s.state, s.reason, s.host, d.address, s.lease_until
	  FROM guichet.subscription AS s JOIN guichet.grants AS g ON g.id = s.grant_id
	  JOIN guichet.destination AS d ON d.grant_id = g.id
	  JOIN guichet.subject AS u ON u.id = g.subject_id
	 WHERE u.customer = '${who.reference}') AS v`));
const touch = ({ who }) => p.touchOneDay(undefined, who.reference);
const ends = (home, why) => p.until(async () => (await sleep(150),
	why.test(`${sub(home).state} ${sub(home).reason}`)), String(why), 30000);
const moved = () => p.lines().filter((l) => l.ev === "destination.moved").length;

test("it moved: followed, at once, with keys of the new address", async () => {
	const [home] = homes, old = home.cozy;
	const there = await p.startCozy({ owner: home.who.login, dir: old.dir,
		formerly: [new URL(old.origin).host] });
	old.state = "moved";
	old.moved = there.origin;
	const day = touch(home);
	const rev = (c) => c.couch.documents(CURVE).find((d) => d.day === day)._rev;
	const was = rev(there);
	await p.until(() => rev(there) !== was, "the new day at the new address");
	await p.until(() => moved() === 1, "its line");
	await p.until(() => sub(home).lease_until === null, "settled");
	assert.equal(sub(home).host, new URL(there.origin).host);
	assert.equal(sub(home).address, there.origin);
	assert.equal(sub(home).state, "active");
	assert.equal(there.couch.count(CURVE), old.couch.count(CURVE));

	// from now on straight there; what it gave us there is what opens
	const n = old.seen.length, again = touch(home);
	const at = there.couch.documents(CURVE).find((d) => d.day === again)._rev;
	await p.until(() => there.couch.documents(CURVE).find((d) =>
		d.day === again)._rev !== at, "the next one");
	assert.equal(old.seen.length, n);
	assert.equal(moved(), 1);
	await p.withdraw({ browser: home.browser, grant: p.sql(`SELECT g.id FROM
		guichet.grants AS g JOIN guichet.subject AS u ON u.id = g.subject_id
		WHERE u.customer = '${home.who.reference}'`) });
	await p.until(() => there.clients.list().length === 0, "keys given back");
});

test("it moved to where nobody knows us: not a record goes there", async () => {
	const home = homes[1], stranger = await p.startCozy();
	home.cozy.state = "moved";
	home.cozy.moved = stranger.origin;
	touch(home);
	await ends(home, /^dead moved: moved, and not known there$/);
	assert.ok(stranger.seen.length > 0);
	assert.ok(stranger.seen.every((r) => r.path.startsWith("/auth/register/")));
	assert.equal(sub(home).address, home.cozy.origin);
});

test("what is no move is not followed", async () => {
	const home = homes[2], trap = await p.startCozy();
	let n = 0;
	const places = [(r) => `http://localhost:${trap.port}${r.url}`,
		(r) => `https://me@localhost:${trap.port}${r.url}`,
		(r) => `https://localhost:${trap.port}/else${r.url}`,
		() => `${trap.origin}/auth/login`, () => "/elsewhere",
		(r) => `https://10.0.0.1${r.url}`];
	for (const place of places) {
		home.cozy.behave = (r) => (n++, { status: 308,
			fields: { location: place(r) } });
		const before = n;
		p.sql(`UPDATE guichet.subscription SET state = 'active', reason = NULL,
			due = now(), cursor = NULL, attempts = 2 WHERE host =
			'${new URL(home.cozy.origin).host}'`);
		await p.until(() => n > before, "asked");
		await ends(home, /^dead (moved|refused): /);
	}
	assert.equal(trap.seen.length, 0);
	assert.equal(moved(), 1);
});

test("410: its owner must say where it is", async () => {
	homes[3].cozy.state = "moved";
	touch(homes[3]);
	await ends(homes[3], /^dead moved: http 410$/);
});

test("503, blocked: tried again until it is not", async () => {
	const [,,,, home] = homes, rev = () => home.cozy.couch.documents(CURVE)
		.map((d) => d._rev).join();
	home.cozy.state = "blocked";
	const was = rev();
	touch(home);
	await ends(home, /^active http 503$/);
	home.cozy.state = "well";
	await p.until(() => rev() !== was, "received after all", 30000);
});

test("402, unpaid: set aside for a person to look at", async () => {
	homes[5].cozy.state = "unpaid";
	touch(homes[5]);
	await ends(homes[5], /^dead refused: http 402$/);
});

test("a document names who wrote it, and when", () => {
	const meta = homes[4].cozy.couch.documents(CURVE)[0].cozyMetadata;
	assert.equal(meta.metadataVersion, 1);
	assert.equal(meta.createdByApp, "guichet");
	assert.deepEqual(meta.updatedByApps, [{ slug: "guichet",
		date: meta.updatedAt }]);
	assert.equal(meta.sourceAccountIdentifier, homes[4].who.reference);
});
