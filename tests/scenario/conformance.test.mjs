// SPDX-License-Identifier: Apache-2.0
// The kit that a PIMS runs against its own receiver: one that is right passes
// every case; each of those that are wrong fails where it is wrong, and nowhere
// else. The right one checks signatures by programs that are not ours.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { before, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { certificates, guichet, program, temporary } from "../support/ground.mjs";
import { signedBy, startReceiver } from "../pims/webhook/receiver.mjs";

const dir = temporary(), key = join(dir, "trial.key");
const files = certificates(dir);
const tls = { key: readFileSync(files.key),
	cert: readFileSync(files.certificate) };
const all = ["challenge", "signed", "several-signatures", "unsigned",
	"foreign-key", "altered", "other-id", "replay-old", "replay-early",
	"duplicate", "retry", "correction", "removal", "gap", "large", "notice",
	"unknown-type", "ended"];
const run = (url, ...more) => new Promise((done) => execFile(program,
	["conformance", "--endpoint", url, "--key", key, "--ca", files.ca, ...more],
	(e, out, err) => done({ code: e ? e.code : 0, out, err })));
let made, secret, public_key;

before(() => {
	made = guichet("conformance", "key", "--out", key);
	assert.equal(made.code, 0, made.err);
	[secret, public_key] = made.out.trim().split("\n");
});

test("the key is ours alone, and made once", () => {
	assert.match(secret, /^whsec_/);
	assert.match(public_key, /^whpk_/);
	assert.equal(statSync(key).mode & 0o777, 0o600);
	assert.ok(!readFileSync(key, "utf8").includes("whsec"));
	assert.equal(guichet("conformance", "key", "--out", key).code, 73);
});

test("a receiver that is right passes every case", async (t) => {
	const good = await startReceiver(tls);
	t.after(() => good.stop());
	good.keys(made.out);
	const r = await run(good.url);
	assert.equal(r.code, 0, r.out + r.err);
	assert.deepEqual(r.out.match(/^pass +\S+/gm).map((l) => l.split(/ +/)[1]),
		all);
	assert.match(r.out, /18 of 18 pass/);
	assert.equal(good.refused.length, 6);
	const told = JSON.parse((await run(good.url, "--json")).out);
	assert.deepEqual([told.failed, told.cases.length], [0, 18]);
});

// A receiver as a newcomer writes it, with one thing wrong.
const hook = () => new Webhook(secret);
const right = (req, body) => {
	try {
		hook().verify(body, req.headers);
		return signedBy(public_key, req.headers, body);
	} catch {
		return false;
	}
};
async function wrong(how) {
	const seen = new Set();
	const server = createServer(tls, async (req, res) => {
		let body = "";
		for await (const part of req)
			body += part;
		if (!(how.believe ?? right)(req, body))
			return res.writeHead(how.refusal ?? 401).end();
		const event = JSON.parse(body);
		const said = how.answer?.(event, seen, req);
		if (said === "silence")
			return req.socket.destroy();
		if (said?.body)
			return res.writeHead(said.status).end(said.body);
		if (said)
			return res.writeHead(said, { location: "/" }).end();
		res.writeHead(200).end(event.type === "guichet.challenge" ?
			JSON.stringify({ challenge: event.data.challenge }) : "");
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	return { url: `https://localhost:${server.address().port}/hook`,
		stop: () => new Promise((done) => {
			server.closeAllConnections();
			server.close(done);
		}) };
}

const first = (req, body) => {		// looks at the first signature alone
	const one = req.headers["webhook-signature"]?.split(" ")[0] ?? "";
	try {
		hook().verify(body, { ...req.headers, "webhook-signature": one });
		return true;
	} catch {
		return false;
	}
};
const anytime = (req, body) => {	// never looks at the time
	const mac = createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
		.update(`${req.headers["webhook-id"]}.${
			req.headers["webhook-timestamp"]}.${body}`).digest("base64");
	return (req.headers["webhook-signature"] ?? "").split(" ")
		.includes(`v1,${mac}`);
};
const without_id = (req, body) => {	// takes the id from the message
	const id = JSON.parse(body).id;
	return right({ headers: { ...req.headers, "webhook-id": id } }, body);
};
test("a receiver that asks for what it misses passes", async () => {
	let next = 1;			// it takes no number but the next one
	const strict = await wrong({ answer: (e) => {
		const first = e.data?.records?.[0]?.sequence;
		if (first > next + 5)
			return { status: 409, body: JSON.stringify({ expected: next }) };
		next = Math.max(next, 1 + (e.data?.records?.at(-1).sequence ?? 0));
		return null;
	} });
	const r = await run(strict.url, "--json");
	await strict.stop();
	assert.equal(r.code, 0, r.out + r.err);
	assert.equal(next, 106);
});

for (const [name, how, failing, said] of [
	["believes everything", { believe: () => true }, ["unsigned",
		"foreign-key", "altered", "other-id", "replay-old", "replay-early"],
	/refuse what has no signature/],
	["refuses everything", { believe: () => false }, ["challenge", "signed",
		"several-signatures", "duplicate", "retry", "correction", "removal",
		"gap", "large", "notice", "unknown-type", "ended"],
	/it answered 401: take what is signed/],
	["never looks at the time", { believe: anytime }, ["replay-old",
		"replay-early"], /more than five minutes off/],
	["looks at the first signature alone", { believe: first },
		["several-signatures"], /each signature of the field/],
	["takes the id from the message", { believe: without_id }, ["other-id"],
		/id\.timestamp\.body/],
	["does not answer the challenge", { answer: (e) =>
		e.type === "guichet.challenge" && 204 }, ["challenge"],
	/does not repeat the challenge/],
	["refuses a repeat", { answer: (e, seen) => seen.has(e.id) ? 409 :
		(seen.add(e.id), null) }, ["duplicate", "retry"], /may come twice/],
	["refuses a known record", { answer: (e, seen) => e.type ===
		"guichet.records" && !seen.has(e.id) && (seen.add(e.id),
		e.data.records.some((r) => seen.has(r.id) ||
			(seen.add(r.id), false))) ? 500 : null },
	["correction", "removal"], /replaces what was there/],
	["breaks at a gap", { answer: (e, seen) => e.type === "guichet.records" &&
		e.data.records[0].sequence === 20 ? 500 : null }, ["gap"],
	/yours to notice/],
	["knows today's types alone", { answer: (e) =>
		/something/.test(e.type) && 400 }, ["unknown-type"], /one day/],
	["closes its door for a notice", { answer: (e) => e.type ===
		"guichet.notice" && 410 }, ["notice"], /410, which ends everything/],
	["takes a hundred bytes", { answer: (e, seen, req) =>
		Number(req.headers["content-length"]) > 1e5 && 413 }, ["large"],
	/up to 100 records/],
	["sends elsewhere", { answer: () => 302 }, all.filter((n) =>
		!/unsigned|foreign|altered|other|replay/.test(n)),
	/a redirect is never followed/],
	["falls silent at an end", { answer: (e) => e.type ===
		"guichet.connection.ended" && "silence" }, ["ended"], /no answer/],
	["says 410 to forgers", { refusal: 410 }, ["unsigned", "foreign-key",
		"altered", "other-id", "replay-old", "replay-early"], /410/],
])
	test(`a receiver that ${name} is told so`, async () => {
		const bad = await wrong(how);
		const r = await run(bad.url, "--json");
		await bad.stop();
		assert.equal(r.code, 65, r.out + r.err);
		const told = JSON.parse(r.out);
		const failed = told.cases.filter((c) => !c.passed);
		assert.deepEqual(failed.map((c) => c.name), failing,
			JSON.stringify(failed, null, 1));
		assert.ok(failed.some((c) => said.test(c.why)), failed[0].why);
		assert.equal(told.failed, failing.length);
	});

test("nobody there, no key, no sense", async () => {
	let r = await run("https://localhost:1/hook");
	assert.equal(r.code, 69, r.out);
	assert.match(r.out, /^FAIL +challenge/m);
	r = await run("http://localhost/hook");
	assert.equal(r.code, 64);
	assert.equal(guichet("conformance", "--endpoint", "https://x.example/",
		"--key", "/nowhere").code, 66);
	assert.equal(guichet("conformance").code, 64);
	assert.equal(guichet("conformance", "key").code, 64);
});
