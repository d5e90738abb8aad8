// SPDX-License-Identifier: Apache-2.0
// A PIMS that receives by webhook: it proves its endpoint, a customer chooses
// it and approves there, signed CloudEvents arrive; keys are replaced without a
// gap; 410 is its last word; a withdrawal is told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { guichet } from "../support/ground.mjs";
import { startPushing } from "../support/pushing.mjs";
import { signedBy, startReceiver } from "../pims/webhook/receiver.mjs";

const SET = "energy.load-curve";
let p, pims;

const client = (...args) => guichet("client", ...args, "--config",
	p.ground.config);
const lines = (ev) => p.lines().filter((l) => l.ev === ev);
const endpoint = () => p.sql("SELECT state FROM guichet.endpoint " +
	"WHERE client_id = 'clair'");
const connect = (code = "") => p.connect([SET], { kind: "clair",
	address: code });
const ADD = ["--name", "Clair", "--kind", "webhook", "--purpose-en", "Show",
	"--purpose-fr", "Montrer", "--datasets", SET];
// guichet() blocks this process, which is also the receiver
const clientAside = async (...args) => {
	const { execFile } = await import("node:child_process");
	return new Promise((done) => execFile(process.env.GUICHET_PROGRAM,
		["client", ...args, "--config", p.ground.config],
		(e, out, err) => done({ code: e ? e.code : 0, out, err })));
};

before(async () => {
	p = await startPushing({ kinds: [] });
	pims = await startReceiver(p.tls);
});
after(async () => {
	await p?.stop();
	await pims?.stop();
});

test("an endpoint must be https, and public", () => {
	for (const [url, why] of [["http://a.example/", /not https/],
	    ["https://u:p@a.example/", /name or a password/],
	    ["a.example", /not a URL|not https/]]) {
		const r = client("add", "bad", ...ADD, "--endpoint", url);
		assert.equal(r.code, 65, url);
		assert.match(r.err, why);
	}
	assert.equal(client("add", "bad", ...ADD).code, 65);
	assert.equal(p.sql("SELECT count(*) FROM guichet.client"), "0");
});

test("it is told its keys, and not believed before it answers", async () => {
	const r = await clientAside("add", "clair", ...ADD, "--endpoint",
		pims.url, "--link", pims.link);
	assert.equal(r.code, 0, r.err);
	assert.match(r.err, /not proven: it answered 401/);
	pims.keys(r.out);
	assert.equal(endpoint(), "unproven");
	const page = await connect();
	assert.equal(page.status, 404);		// nothing to choose yet
	assert.equal(p.sql("SELECT count(*) FROM guichet.grants"), "0");
});

test("it answers the challenge, and only that opens it", async () => {
	pims.answersChallenge = false;
	const no = await clientAside("prove", "clair");
	assert.equal(no.code, 65);
	assert.match(no.err, /does not hold the challenge/);
	assert.equal(endpoint(), "unproven");
	pims.answersChallenge = true;
	const yes = await clientAside("prove", "clair");
	assert.equal(yes.code, 0, yes.err);
	assert.equal(endpoint(), "open");
	assert.equal(lines("endpoint.opened").length, 1);
});

test("she approves there; her records arrive, signed twice", async () => {
	await sleep(1100);		// what is remembered of it, at most
	const next = await connect();
	assert.equal(next.status, 200);
	const link = new RegExp(`href="(${pims.link}[^"]*)"`).exec(next.text)[1]
		.replaceAll("&amp;", "&");
	assert.equal(p.sql("SELECT state FROM guichet.grants"), "pending");
	const there = await p.me.go(link);
	const back = await p.me.go(there.headers.location);
	assert.equal(back.status, 303, back.text);
	assert.equal(p.sql("SELECT state FROM guichet.grants"), "active");
	await p.until(() => pims.records(SET).size === p.expected(SET), "all");
	assert.deepEqual(pims.refused.length, 1);	// the first challenge
	const [event] = pims.of("guichet.records");
	assert.equal(event.specversion, "1.0");
	assert.equal(event.id, event.headers["webhook-id"]);
	assert.equal(event.source, p.ground.issuer);
	assert.match(event.headers["content-type"],
		/^application\/cloudevents\+json/);
	assert.equal(event.subject, [...pims.connections.values()][0]);
	assert.ok(!pims.events.some((e) => e.body.includes(p.customer)));
	const numbers = pims.of("guichet.records").flatMap((e) =>
		e.data.records.map((d) => d.sequence));
	assert.deepEqual(numbers, numbers.map((_, i) => i + 1));
	assert.equal(lines("delivery.acked").reduce((n, l) => n + l.n, 0),
		p.expected(SET));
});

test("a body changed by one byte is not believed", () => {
	const [e] = pims.of("guichet.records");
	const [key] = pims.publics;
	const flipped = e.body.replace("guichet.records", "guichet.recordt");
	assert.ok(signedBy(key, e.headers, e.body));
	assert.ok(!signedBy(key, e.headers, flipped));
	assert.ok(!signedBy(key, { ...e.headers, "webhook-timestamp": String(
		Number(e.headers["webhook-timestamp"]) + 1) }, e.body));
});

test("the same records tried again carry the same id", async () => {
	const seen = [];
	pims.behave = (event) => {
		seen.push(event.id);
		return seen.length < 3 ? { status: 503 } : null;
	};
	const n = pims.of("guichet.records").length;
	p.touchOneDay();
	await p.until(() => pims.of("guichet.records").length > n, "in the end");
	pims.behave = null;
	assert.ok(seen.length >= 3);
	assert.equal(new Set(seen.slice(0, 3)).size, 1);
});

test("keys are replaced: both sign, then the new one alone", async () => {
	const r = client("rotate", "clair", "--hours", "1");
	assert.equal(r.code, 0, r.err);
	await sleep(1100);
	const n = pims.events.length, refused = pims.refused.length;
	p.touchOneDay();
	await p.until(() => pims.events.length > n, "believed by old keys");
	const signatures = pims.events.at(-1).headers["webhook-signature"];
	assert.equal(signatures.split(" ").length, 4);
	pims.keys(r.out);
	pims.forgetOldKeys();
	p.touchOneDay();
	await p.until(() => pims.events.length > n + 1, "by the new ones");
	assert.equal(pims.refused.length, refused);
	// without a time to overlap the old ones fall silent at once
	const again = client("rotate", "clair", "--hours", "0");
	await sleep(1100);
	p.touchOneDay();
	await p.until(() => pims.refused.length > refused, "not believed");
	pims.keys(again.out);
	const m = pims.events.length;
	p.sql("UPDATE guichet.subscription SET due = now()");
	await p.until(() => pims.events.length > m, "believed again");
	assert.equal(pims.events.at(-1).headers["webhook-signature"]
		.split(" ").length, 2);
	assert.equal(lines("endpoint.rotated").length, 2);
});

test("another's code opens nothing", async () => {
	const next = await connect();
	const link = new RegExp(`href="(${pims.link}[^"]*)"`).exec(next.text)[1]
		.replaceAll("&amp;", "&");
	const there = await p.me.go(link);
	const to = new URL(there.headers.location);
	const forged = new URL(to);
	forged.searchParams.set("state", "x".repeat(43));
	assert.equal((await p.me.go(forged.href)).status, 403);
	to.searchParams.set("code", "0".repeat(24));
	assert.equal((await p.me.go(to.href)).status, 403);
	assert.equal(p.sql("SELECT count(*) FROM guichet.grants WHERE " +
		"state = 'active'"), "1");
});

test("she withdraws: the PIMS is told", async () => {
	const grant = p.sql("SELECT id FROM guichet.grants WHERE state = 'active'");
	await p.withdraw({ grant });
	await p.until(() => pims.of("guichet.connection.ended").some((e) =>
		e.data.grant === grant), "told");
	assert.ok(!pims.connections.has(grant));
});

test("410: its last word, and nothing more is sent there", async () => {
	const next = await connect();
	const link = new RegExp(`href="(${pims.link}[^"]*)"`).exec(next.text)[1]
		.replaceAll("&amp;", "&");
	await p.me.go((await p.me.go(link)).headers.location);
	await p.until(() => p.sql("SELECT count(*) FROM guichet.subscription " +
		"WHERE state = 'active' AND due IS NULL") === "1", "delivered");
	let asked = 0;
	pims.behave = () => (asked++, { status: 410 });
	p.touchOneDay();
	await p.until(() => endpoint() === "disabled", "disabled");
	await p.until(() => p.sql("SELECT count(*) FROM guichet.subscription " +
		"WHERE state = 'dead'") === "1", "set aside");
	assert.equal(asked, 1);
	assert.equal(lines("endpoint.disabled").length, 1);
	const page = await p.me.go("/me");
	assert.match(page.text, /class="fault"/);
	pims.behave = null;
});

test("a PIMS without a page: the customer types its code", async () => {
	const r = await clientAside("add", "code", ...ADD.with(1, "Par code"),
		"--endpoint", pims.url);
	pims.keys(r.out);
	assert.equal((await clientAside("prove", "code")).code, 0);
	const wrong = await p.connect([SET], { kind: "code", address: "nope" });
	assert.equal(wrong.status, 422);
	pims.codes.set("CAFE-1234", { });
	const right = await p.connect([SET], { kind: "code",
		address: "CAFE-1234" });
	assert.equal(right.status, 303);
	assert.equal(right.headers.location, "/me");
	await p.until(() => lines("delivery.acked").filter((l) => l.to === "code")
		.reduce((n, l) => n + l.n, 0) === p.expected(SET), "all");
	// no state was sent, so no code may come by the address
	const id = p.sql("SELECT id FROM guichet.grants WHERE state = 'pending' " +
		"AND client_id = 'code'");
	assert.equal((await p.me.go(`/connect/callback/${id}?code=CAFE-1234`))
		.status, 403);
});
