// SPDX-License-Identifier: Apache-2.0
// `guichet journal verify URL`: a gateway's log over HTTPS, from checkpoint and tiles
// alone; then the same log served by somebody who alters it, one way at a time.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { prepareGateway, startGateway } from "../support/gateway.mjs";
import { guichet, program } from "../support/ground.mjs";
import { Ledger } from "../support/ledger.mjs";

const LINES = 700;
let gateway, ledger, vkey, kept, early, served = new Map(), spoil, server, url, asked;

// Not standing still: the server is in this process.
function verify(at, ...args) {
	const child = spawn(program, ["journal", "verify", at, ...args], { env: {
		...process.env, SSL_CERT_FILE: gateway.ca } });
	let out = "", err = "";
	child.stdout.on("data", (d) => out += d);
	child.stderr.on("data", (d) => err += d);
	return new Promise((done) => child.on("close", (code) =>
		done({ code, out, err })));
}
const json = async (...args) => {
	const r = await verify(...args, "--json");
	return { ...r, ...JSON.parse(r.out || "{}") };
};

before(async () => {
	const ground = await prepareGateway({ settings: { journal: { interval_ms: 50 } } });
	ledger = new Ledger({}, ground);
	const ada = ledger.person("C-ADA");
	const write = (n) => ledger.write(Array.from({ length: n }, (_, i) =>
		ledger.line({ n: i, person: ada, to: "cozy" })));
	write(300);
	gateway = await startGateway({ ground });
	const size = async () => Number((await gateway.ask(
		"/journal/restitution/checkpoint")).text.split("\n")[1]);
	await gateway.until(async () => await size() === 300, "the first 300");
	early = (await gateway.ask("/journal/restitution/checkpoint")).text;
	kept = join(ground.dir, "kept");
	writeFileSync(kept, early);
	write(LINES - 300);
	await gateway.until(async () => await size() === LINES, "signed");
	const dir = join(ground.dir, "x");
	assert.equal(guichet("journal", "export", dir, "--config", ground.config).code, 0);
	vkey = readFileSync(join(dir, "vkey"), "utf8").trim();
	// a mirror of it, byte for byte
	const raw = async (path) => {
		const https = await import("node:https");
		return new Promise((done, fail) => https.get(`${gateway.issuer}${path}`,
			{ ca: readFileSync(gateway.ca) }, (r) => {
			const parts = [];
			r.on("data", (d) => parts.push(d));
			r.on("end", () => done([r.statusCode, Buffer.concat(parts)]));
		}).on("error", fail));
	};
	for (const path of ["checkpoint", "tile/0/000", "tile/0/001", "tile/0/002.p/188",
		"tile/1/000.p/2", "tile/entries/000", "tile/entries/001",
		"tile/entries/002.p/188"]) {
		const [status, body] = await raw(`/journal/restitution/${path}`);
		assert.equal(status, 200, path);
		served.set(`/journal/restitution/${path}`, body);
	}
	server = createServer((r, a) => {
		asked++;
		const body = served.get(r.url);
		if (!(spoil && spoil(r.url, body, a)))
			a.writeHead(body ? 200 : 404).end(body);
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	url = `http://127.0.0.1:${server.address().port}`;
});
after(async () => {
	server?.close();
	server?.closeAllConnections();
	await gateway?.stop();
});

async function spoilt(how, ...args) {
	spoil = how;
	const r = await json(url, "--vkey", vkey, ...args);
	spoil = null;
	return r;
}
const entries = (n) => `/journal/restitution/tile/entries/${n}`;
// The bundle's entries, one by one, and back.
const split = (b) => {
	const out = [];
	for (let at = 0; at < b.length; at += 2 + b.readUInt16BE(at))
		out.push(b.subarray(at, at + 2 + b.readUInt16BE(at)));
	return out;
};
const instead = (path, make) => (at, body, a) => at === path &&
	a.writeHead(200).end(make(body));

test("a running gateway, over HTTPS, by its own address or its log's", async () => {
	for (const at of [gateway.issuer, `${gateway.issuer}/`,
		`${gateway.issuer}/journal/restitution`]) {
		const r = await json(at, "--vkey", vkey, "--known", kept);
		assert.equal(r.code, 0, r.out + r.err);
		assert.equal(r.entries, LINES);
		assert.match(r.key, /the key you gave/);
		assert.match(r.past, /the checkpoint you kept/);
	}
	const own = await json(gateway.issuer, "--config", gateway.config);
	assert.equal(own.code, 0, own.out + own.err);
	assert.match(own.key, /of this installation/);
	const other = await verify(gateway.issuer, "--vkey", vkey, "--log",
		"consent-admin");
	assert.equal(other.code, 1, "another log, another key");
});

test("without a key nothing is vouched for", async () => {
	const r = await verify(gateway.issuer, "--config", "/nowhere");
	assert.equal(r.code, 64);
	assert.match(r.err, /--vkey/);
});

test("a mirror is as good, and is asked for each thing once", async () => {
	asked = 0;
	assert.equal((await spoilt(null)).good, true);
	assert.equal(asked, served.size);
});

test("an altered entry is named", async () => {
	for (const [n, k] of [["000", 17], ["001", 3], ["002.p/188", 187]]) {
		const r = await spoilt(instead(entries(n), (b) => {
			const all = split(b).map((e) => Buffer.from(e));
			all[k][20] ^= 1;
			return Buffer.concat(all);
		}));
		assert.equal(r.code, 1);
		assert.equal(r.first_bad, Number(n.slice(0, 3)) * 256 + k);
		assert.match(r.why, /was altered/);
	}
});

test("two exchanged; one left out; one put in; cut off", async () => {
	const ways = {
		exchanged: (all) => [all[1], all[0], ...all.slice(2)],
		"left out": (all) => all.slice(1),
		"put in": (all) => [all[0], all[0], ...all.slice(1)],
		"cut off": (all) => [...all.slice(0, -1), all.at(-1).subarray(0, -4)],
		nothing: () => [],
	};
	for (const [name, way] of Object.entries(ways)) {
		const r = await spoilt(instead(entries("001"), (b) =>
			Buffer.concat(way(split(b)))));
		assert.equal(r.code, 1, name);
		assert.ok(r.first_bad >= 256 && r.first_bad <= 512, `${name} ${r.first_bad}`);
	}
});

test("an altered or missing hash tile, beside good entries", async () => {
	const r = await spoilt(instead("/journal/restitution/tile/0/001", (b) => {
		const bad = Buffer.from(b);
		bad[99] ^= 1;
		return bad;
	}));
	assert.equal(r.code, 1);
	assert.match(r.why, /hash tile 0\/1 /);
});

test("bodies that are not given: their hashes stand for them, and it is told",
	async () => {
	const gone = (at, b, a) => at === entries("001") && a.writeHead(404).end();
	const r = await spoilt(gone);
	assert.equal(r.good, true, r.why);
	assert.equal(r.purged, 256);
	spoil = gone;
	assert.match((await verify(url, "--vkey", vkey)).out, /256 entries were not given/);
	// neither they nor their hashes
	const none = await spoilt((at, b, a) => /(entries|0)\/001/.test(at) &&
		a.writeHead(404).end());
	assert.equal(none.code, 1);
	assert.equal(none.first_bad, 256);
});

test("rolled back, held against a kept checkpoint; against nothing it is good",
	async () => {
	const old = instead("/journal/restitution/checkpoint", () => early);
	const back = (at, b, a) => at.includes("entries/001") ? a.writeHead(200).end(
		Buffer.concat(split(served.get(entries("001"))).slice(0, 44))) :
		at.includes("tile/0/001") ? a.writeHead(200).end(served.get(
			"/journal/restitution/tile/0/001").subarray(0, 44 * 32)) :
		at.includes("tile/1/") ? a.writeHead(200).end(served.get(
			"/journal/restitution/tile/1/000.p/2").subarray(0, 32)) :
		old(at, b, a);
	const now = join(gateway.dir, "now");
	writeFileSync(now, served.get("/journal/restitution/checkpoint"));
	const alone = await spoilt(back);
	assert.equal(alone.good, true, alone.why);
	assert.match(alone.past, /no earlier checkpoint/);
	const held = await spoilt(back, "--known", now);
	assert.equal(held.code, 1);
	assert.match(held.why, /rolled back/);
});

test("what is no journal, is endless, fails or sends elsewhere", async () => {
	for (const [how, code] of [
		[(at, b, a) => at.endsWith("checkpoint") && a.writeHead(200).end("<html>"), 1],
		[(at, b, a) => at.endsWith("checkpoint") && a.writeHead(404).end(), 66],
		[(at, b, a) => a.writeHead(302, { location: url }).end(), 66],
		[(at, b, a) => at.endsWith("entries/000") &&
			a.writeHead(200).end(Buffer.alloc(20e6)), 1],
		[(at, b, a) => at.endsWith("entries/000") && a.writeHead(500).end(), 69],
	]) {
		const r = await spoilt(how);
		assert.equal(r.code, code, r.out + r.err);
	}
	assert.equal((await verify("http://127.0.0.1:1", "--vkey", vkey)).code, 69);
});
