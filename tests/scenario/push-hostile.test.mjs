// SPDX-License-Identifier: Apache-2.0
// Clouds that misbehave: slow, broken, closing, busy, pointing inside. Each is
// tried again with patience or set aside with a reason, and none of them delays
// anybody else.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { guichet } from "../support/ground.mjs";
import { startPushing } from "../support/pushing.mjs";

const CURVE = "fr.enedis.api.meteringdata.loadcurve";
const homes = [];
let p;

const data = (act) => (r) => r.path.startsWith("/data/") ? act(r) : null;
const sub = (home) => JSON.parse(p.sql(`SELECT row_to_json(s) FROM
	guichet.subscription AS s WHERE host = '${new URL(home.cozy.origin).host}'`));
const lines = (ev) => p.lines().filter((l) => l.ev === ev);
const asks = (home) => home.cozy.seen.filter((r) =>
	r.path.startsWith("/data/"));

// One person, one cloud, one way to misbehave.
async function home(behave) {
	const who = p.logins[homes.length], browser = p.browser(who);
	const cozy = await p.startCozy({ owner: who.login });
	cozy.behave = data(behave);
	await browser.signIn();
	const next = await p.connect(["energy.contract"],
		{ address: cozy.origin, browser });
	assert.equal((await p.approve(next, { browser })).status, 303);
	const h = { who, browser, cozy };
	homes.push(h);
	return h;
}

const wakeNow = (h) => p.sql(`UPDATE guichet.subscription SET due = now()
	WHERE host = '${new URL(h.cozy.origin).host}' AND state = 'active'`);

before(async () => {
	p = await startPushing({ customers: 40, people: 12, days: 2,
		settings: { push: { attempts_max: 3, deadline_ms: 1000 } } });
});
after(() => p?.stop());

test("500: tried again with patience, then received", async () => {
	let n = 0;
	const h = await home(() => ++n <= 2 ? { status: 500 } : null);
	await p.until(() => h.cozy.couch.count("org.fing.mesinfos.contract") > 0,
		"received in the end");
	assert.equal(sub(h).attempts, 0);
	const failed = lines("delivery.failed");
	assert.ok(failed.length >= 2);
	assert.equal(failed[0].att, 1);
	assert.equal(failed[1].att, 2);
});

test("429 with Retry-After: not one question before", async () => {
	let told = 0;
	const h = await home(() => {
		told ||= Date.now();
		return Date.now() < told + 1900 ?
			{ status: 429, fields: { "retry-after": "2" } } : null;
	});
	await p.until(() => h.cozy.couch.count("org.fing.mesinfos.contract") > 0,
		"received in the end");
	const [first, second] = asks(h);
	assert.ok(second.at - first.at >= 1990, `${second.at - first.at} ms`);
	assert.equal(lines("delivery.deferred").length, 1);
});

test("always 500: set aside after so many, with a reason", async () => {
	const h = await home(() => ({ status: 500 }));
	await p.until(() => sub(h).state === "dead", "set aside");
	assert.equal(sub(h).reason, "later: http 500");
	assert.equal(sub(h).attempts, 3);
	const n = asks(h).length;
	await sleep(600);
	assert.equal(asks(h).length, n);
	assert.ok(lines("delivery.dead").some((l) => l.oc === "later"));
});

test("an operator sees it, and starts it again", async () => {
	const h = homes.at(-1), host = new URL(h.cozy.origin).host;
	const tool = (...args) => guichet("subscription", ...args, "--config",
		p.ground.config);
	const [seen] = JSON.parse(tool("list", "--state", "dead", "--json").out);
	assert.equal(seen.host, host);
	assert.equal(seen.reason, "later: http 500");
	assert.equal(tool("resume", seen.id).code, 65);	// it is not paused
	assert.equal(tool("pause", seen.id).code, 64);	// why?
	h.cozy.behave = null;
	assert.match(tool("retry", "--host", host).out, /is tried again/);
	await p.until(() => h.cozy.couch.count("org.fing.mesinfos.contract") > 0,
		"received after all");
	assert.equal(tool("pause", seen.id, "--reason", "trial").code, 0);
	assert.equal(sub(h).state, "paused");
	const n = asks(h).length;
	p.sql(`UPDATE guichet.subscription SET due = now(), cursor = NULL
		WHERE id = '${seen.id}'`);
	await sleep(600);
	assert.equal(asks(h).length, n);	// paused is paused
	assert.equal(tool("resume", seen.id).code, 0);
	await p.until(() => asks(h).length > n, "going on");
	assert.equal(lines("delivery.replayed").length, 1);
	assert.equal(lines("subscription.paused").length, 1);
	assert.equal(lines("subscription.resumed").length, 1);
});

for (const [name, behave, why] of [
	["never answers", () => ({ wait: 5000 }), /^timeout$/],
	["closes at once", () => ({ cut: true }), /^unreachable/],
	["bad framing", () => ({ raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" +
		"Content-Length: 7\r\n\r\nhello" }), /unreachable|not understood/],
	["nonsense", () => ({ raw: "220 smtp ready\r\n" }), /not understood/],
	["an answer that never ends", () => ({ status: 200,
		body: "x".repeat(200000) }), /^answer too large$/],
	["a redirect to the inside", () => ({ status: 302, fields: {
		location: "https://127.0.0.1:1/" } }), /^http 302$/],
]) {
	test(`${name}: a refusal with its reason, never followed`, async () => {
		const h = await home(behave);
		const s = await p.until(() => {
			const now = sub(h);
			return now.attempts > 0 && now.reason ? now : null;
		}, "refused");
		assert.match(s.reason, why);
		assert.equal(s.sequence, 0);
		assert.equal(h.cozy.couch.count("org.fing.mesinfos.contract"), 0);
	});
}

test("meanwhile the others are served at once", async () => {
	const good = await home(() => null);
	const began = Date.now();
	await p.until(() => good.cozy.couch.count("org.fing.mesinfos.contract")
		> 0, "received");
	assert.ok(Date.now() - began < 1500, `${Date.now() - began} ms`);
});

test("a cloud that disconnected us: set aside at once, as gone", async () => {
	const good = homes.at(-1);
	await p.until(() => sub(good).lease_until === null, "settled");
	for (const c of good.cozy.clients.list())
		good.cozy.clients.disconnect(c.client_id);
	p.sql(`UPDATE guichet.subscription SET cursor = NULL WHERE
		host = '${new URL(good.cozy.origin).host}'`);
	wakeNow(good);
	await p.until(() => sub(good).state === "dead", "set aside");
	assert.equal(sub(good).reason, "gone: disconnected there");
});

test("an address inside is refused before any byte leaves", async () => {
	const who = p.logins[homes.length], browser = p.browser(who);
	await browser.signIn();
	for (const address of ["https://10.0.0.1/", "https://169.254.169.254/",
	    "http://localhost/", "https://user:pass@example.org/",
	    "https://[::ffff:10.1.1.1]/"]) {
		const r = await p.connect(["energy.contract"], { address, browser });
		assert.equal(r.status, 422, address);
	}
	assert.equal(p.sql(`SELECT count(*) FROM guichet.grants AS g JOIN
		guichet.subject AS u ON u.id = g.subject_id
		WHERE u.customer = '${who.reference}'`), "0");
});
