// SPDX-License-Identifier: Apache-2.0
// What becomes of a consent is told to its recipient as a Security Event Token
// (RFC 8417) pushed as RFC 8935 says: verified by jose against the keys that the
// counter publishes; in order, until it is received, refused or given up.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import formats from "ajv-formats";
import * as jose from "jose";
import { ask } from "../support/gateway.mjs";
import { certificates, program, root, temporary } from "../support/ground.mjs";
import { startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

const URN = "urn:guichet:event:";
let counter, alpha, beta, camille, receiver, jwks, url;
const got = [];		// { claims, header, body, headers, answered }
let behave = () => ({ status: 202 });

// This process is the receiver too: a command may not block it.
const guichet = (config, ...args) => new Promise((done) => execFile(program,
	[...args, "--config", config], (e, out, err) =>
		done({ code: e ? e.code : 0, out, err })));
const cli = (...args) => guichet(counter.config, ...args);
const signals = (...args) => cli("client", "signals", ...args);
const db = (text) => sql(counter.db.url, text);
const lines = (ev, to = "alpha") => db(`SELECT json_build_object('leaf',
	convert_from(leaf, 'UTF8')::json, 'side', convert_from(side, 'UTF8')::json)
	FROM guichet.journal_line WHERE leaf IS NOT NULL ORDER BY n`).split("\n")
	.filter(Boolean).map((l) => JSON.parse(l))
	.filter(({ leaf }) => leaf.ev === ev && leaf.to === to);
const pending = () => Number(db("SELECT count(*) FROM guichet.signal"));
const kinds = (grant, status = 202) => got.filter((g) => g.status === status &&
	g.claims.sub_id.id === grant).map((g) => g.kind);
const told = (grant, ...wanted) => counter.until(() =>
	kinds(grant).length >= wanted.length && pending() === 0,
	wanted.join(" "), 60000).then(() =>
	assert.deepEqual(kinds(grant), wanted));

const ajv = new Ajv2020({ strict: false });
formats(ajv);
ajv.addSchema(JSON.parse(readFileSync(join(root,
	"gateway/pages/assets/openapi.json"))), "api");
const described = ajv.compile({ $ref: "api#/components/schemas/Signal" });

async function receive(req, body) {
	const { payload, protectedHeader } = await jose.jwtVerify(body, jwks, {
		issuer: counter.issuer, typ: "secevent+jwt",
		requiredClaims: ["iat", "jti", "aud"] });
	const [uri, ...more] = Object.keys(payload.events);
	assert.deepEqual(more, []);
	assert.ok(described(payload), JSON.stringify(described.errors));
	const g = { claims: payload, header: protectedHeader, body, uri,
		kind: uri.replace(URN, "").replace("consent-", ""),
		headers: req.headers };
	const answer = await behave(g);
	g.status = answer.status;
	got.push(g);
	return answer;
}

before(async () => {
	const files = certificates(temporary());
	receiver = createServer({ key: readFileSync(files.key),
		cert: readFileSync(files.certificate) }, (req, res) => {
		const parts = [];
		req.on("data", (d) => parts.push(d)).on("end", () =>
			receive(req, Buffer.concat(parts).toString()).catch((e) =>
				({ status: 400, body: { err: "invalid_request",
					description: String(e) } }))
			.then((a) => res.writeHead(a.status, { "content-type":
				"application/json" }).end(a.body && JSON.stringify(a.body))));
	});
	await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
	url = `https://localhost:${receiver.address().port}/signals`;
	counter = await startCounter({ settings: { push: { ca_file: files.ca,
		allow: "127.0.0.0/8 ::1/128", attempts_max: 3 },
		journal: { interval_ms: 50 } } });
	alpha = counter.register("alpha");
	beta = counter.register("beta");
	camille = await counter.customer(0);
	const meta = await ask(`${counter.issuer}/.well-known/` +
		"oauth-authorization-server", { ca: counter.ca_pem });
	jwks = jose.createLocalJWKSet((await ask(meta.json.jwks_uri,
		{ ca: counter.ca_pem })).json);
});
after(async () => {
	await counter?.stop();
	receiver?.close();
	receiver?.closeAllConnections();
});

test("an address must be https, public, and take a signal", async () => {
	const none = async (r, why) => {
		assert.notEqual((await r).code, 0);
		assert.match((await r).err, why);
		assert.equal(db(`SELECT count(*) FROM guichet.client
			WHERE signals_url IS NOT NULL`), "0");
	};
	await none(signals("alpha", "--endpoint", "http://a.example/"), /not https/);
	await none(signals("alpha"), /--endpoint URL, or --off/);
	await none(signals("nobody", "--endpoint", url), /no client 'nobody'/);
	assert.equal((await cli("client", "add", "cosy", "--kind", "cozy", "--name",
		"Cozy", "--purpose-en", "x", "--purpose-fr", "x")).code, 0);
	await none(signals("cosy", "--endpoint", url), /take no signals/);
	const strict = join(counter.dir, "strict.conf");
	writeFileSync(strict, readFileSync(counter.config, "utf8")
		.replace(/^allow\s*=.*$/m, ""));
	const port = receiver.address().port;
	for (const host of ["localhost", "127.0.0.1", "2130706433",
	    "[::ffff:127.0.0.1]", "[::1]", "169.254.169.254"])
		await none(guichet(strict, "client", "signals", "alpha", "--endpoint",
			`https://${host}:${port}/`), /not taken: .*(address|public)/);
	assert.equal(got.length, 0, "nobody was asked");
	behave = () => ({ status: 204 });
	await none(signals("alpha", "--endpoint", url), /it answered 204, not 202/);
	behave = () => ({ status: 400, body: { err: "invalid_audience",
		description: "who?" } });
	await none(signals("alpha", "--endpoint", url),
		/not taken: invalid_audience: who\?/);
	behave = () => ({ status: 202 });
	const r = await signals("alpha", "--endpoint", url);
	assert.equal(r.code, 0, r.err);
	assert.equal(got.at(-1).uri, `${URN}verification`);
	assert.deepEqual(got.at(-1).claims.sub_id,
		{ format: "opaque", id: "alpha" });
	assert.equal(lines("signal.set").length, 1);
	const listed = JSON.parse((await cli("client", "list", "--json")).out);
	assert.equal(listed.find((c) => c.client_id === "alpha").signals_url, url);
	assert.equal((await signals("alpha", "--endpoint", url)).code, 65);
});

const act = async (grant, form) => {
	const page = await camille.ask("/me");
	const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)[1];
	const r = await camille.ask(`/me/grant/${grant}`, { method: "POST",
		form: { csrf, ...form } });
	assert.equal(r.status, 303, r.text);
};

test("each change is told once, in order; a withdrawal once", async () => {
	const t = await alpha.connect(camille);
	const id = t.grant_id;
	await told(id, "given");
	await act(id, { do: "pause" });
	await act(id, { do: "resume" });
	await told(id, "given", "paused", "resumed");
	await camille.withdraw(id);
	await camille.withdraw(id);
	await told(id, "given", "paused", "resumed", "withdrawn");

	const mine = got.filter((g) => g.claims.sub_id.id === id);
	const pairwise = db(`SELECT pairwise FROM guichet.grants
		WHERE id = '${id}'`);
	for (const g of mine) {
		assert.equal(g.claims.aud, "alpha");
		assert.equal(g.header.alg, "ES256");
		assert.deepEqual(g.claims.sub_id, { format: "opaque", id });
		assert.equal(g.headers["content-type"], "application/secevent+jwt");
		assert.equal(g.headers.accept, "application/json");
		assert.ok(Math.abs(g.claims.toe - g.claims.iat) < 3600);
		assert.equal(g.claims.sub, undefined);	// RFC 8417 2.2
		assert.equal(g.claims.exp, undefined);
		assert.equal(g.claims.events[g.uri].subject, pairwise);
	}
	assert.deepEqual(mine.map((g) => g.claims.events[g.uri].state),
		["active", "paused", "active", "withdrawn"]);
	assert.equal(mine[3].claims.events[mine[3].uri].by, "customer");
	assert.equal(new Set(mine.map((g) => g.claims.jti)).size, 4);
	const customer = db(`SELECT s.customer FROM guichet.subject AS s
		JOIN guichet.grants AS g ON g.subject_id = s.id WHERE g.id = '${id}'`);
	assert.ok(!mine.some((g) => JSON.stringify(g.claims).includes(customer)));
	assert.equal(lines("signal.received").length, 4);
	assert.ok(lines("signal.received").every((l) => l.leaf.act === "system" &&
		l.leaf.tag === undefined));
});

test("changed, ended by the organisation, expired", async () => {
	const one = (await alpha.connect(camille)).grant_id;
	db(`UPDATE guichet.grants SET details = (SELECT jsonb_agg(d ||
		'{"recurrence":"once"}') FROM jsonb_array_elements(details) AS d)
		WHERE id = '${one}'`);
	await told(one, "given", "changed");
	assert.equal((await cli("grant", "revoke", one, "--reason", "fraud")).code,
		0);
	await told(one, "given", "changed", "ended");
	assert.equal(got.at(-1).claims.events[got.at(-1).uri].by, "operator");

	const two = (await alpha.connect(camille)).grant_id;
	await told(two, "given");
	db(`UPDATE guichet.grants SET expires = now() WHERE id = '${two}'`);
	await told(two, "given", "changed", "expired");
});

test("whoever named no address is told nothing", async () => {
	const n = got.length;
	const t = await beta.connect(camille);
	await camille.withdraw(t.grant_id);
	assert.equal(pending(), 0);
	assert.equal(db(`SELECT state FROM guichet.grants
		WHERE id = '${t.grant_id}'`), "withdrawn");
	assert.equal(got.length, n);
});

test("500, then silence about it: the same signal again, the next one waits",
	async () => {
		const tries = [];
		behave = (g) => (tries.push(g),
			{ status: tries.length < 3 ? 500 : 202 });
		const t = await alpha.connect(camille);
		await camille.withdraw(t.grant_id);
		await told(t.grant_id, "given", "withdrawn");
		assert.deepEqual(tries.map((g) => g.kind),
			["given", "given", "given", "withdrawn"]);
		assert.equal(new Set(tries.slice(0, 3).map((g) => g.claims.jti)).size,
			1);
		behave = () => ({ status: 202 });
	});

test("who sends is killed before the answer: it comes again, the same one",
	async () => {
		const heard = [];
		behave = (g) => heard.push(g) === 1 ? new Promise(() => {}) :
			{ status: 202 };
		const { grant_id } = await alpha.connect(camille);
		await counter.until(() => heard.length === 1, "heard", 60000);
		for (const pid of counter.pids("push"))
			process.kill(pid, "SIGKILL");
		db("UPDATE guichet.signal SET due = now()");	// the lease is over
		await told(grant_id, "given");
		assert.deepEqual(heard.map((g) => g.kind), ["given", "given"]);
		assert.equal(heard[0].claims.jti, heard[1].claims.jti);
		assert.equal(lines("signal.received").at(-1).leaf.att, 2);
		behave = () => ({ status: 202 });
	});

test("400 with its err is for good; 400 without is not; both are journalled",
	async () => {
		behave = (g) => g.kind === "given" ? { status: 400, body: {
			err: "access_denied", description: "not ours" } } :
			{ status: 202 };
		const one = (await alpha.connect(camille)).grant_id;
		await camille.withdraw(one);
		await told(one, "withdrawn");
		assert.equal(kinds(one, 400).length, 1);
		const [refused] = lines("signal.refused");
		assert.equal(refused.side.reason, "access_denied: not ours");

		behave = (g) => g.kind === "given" ? { status: 400, body: {} } :
			{ status: 202 };
		const two = (await alpha.connect(camille)).grant_id;
		await camille.withdraw(two);
		await told(two, "withdrawn");
		assert.equal(kinds(two, 400).length, 3, "attempts_max");
		const [dropped] = lines("signal.dropped");
		assert.equal(dropped.leaf.att, 3);
		assert.match(dropped.side.reason, /answered 400/);
		assert.equal(lines("signal.refused").length, 1);
		behave = () => ({ status: 202 });
	});

test("an address that leads inside by now is not talked to", async () => {
	db(`UPDATE guichet.client SET signals_url = 'https://169.254.169.254/'
		WHERE id = 'beta'`);
	await beta.connect(camille);
	await counter.until(() => lines("signal.dropped", "beta").length === 1,
		"given up", 60000);
	assert.match(lines("signal.dropped", "beta")[0].side.reason,
		/address|public/);
});

test("off: nothing is told any more, nothing waits", async () => {
	behave = () => ({ status: 503 });
	await alpha.connect(camille);
	const r = await signals("alpha", "--off");
	assert.equal(r.code, 0, r.err);
	assert.equal(pending(), 0);
	const { grant_id } = await alpha.connect(camille);
	assert.equal(pending(), 0);
	assert.deepEqual(kinds(grant_id, 503), []);
	assert.equal(lines("signal.set").length, 2);
});
