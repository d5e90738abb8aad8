// SPDX-License-Identifier: Apache-2.0
// Witnesses: `guichet journal witness` against a client written here from the
// specification, who lies; the gateway against a witness written here; and both
// together, where Go judges the cosignatures, and a rolled back journal is
// refused by who remembers.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, createPublicKey, generateKeyPairSync, sign,
	verify as ed25519 } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask, prepareGateway, startGateway, until } from "../support/gateway.mjs";
import { certificates, freePorts, guichet, program, temporary } from
	"../support/ground.mjs";
import { judge } from "../support/judge.mjs";
import { sql } from "../support/postgres.mjs";

// ---- the formats, in a few lines ----
const sha = (...parts) => parts.reduce((h, p) => h.update(p),
	createHash("sha256")).digest();
const node = (l, r) => sha(Buffer.of(1), l, r);
const mth = (h) => {
	if (h.length === 0)
		return sha();
	if (h.length === 1)
		return h[0];
	const k = 2 ** Math.floor(Math.log2(h.length - 1));
	return node(mth(h.slice(0, k)), mth(h.slice(k)));
};
const subproof = (m, h, whole) => {
	if (m === h.length)
		return whole ? [] : [mth(h)];
	const k = 2 ** Math.floor(Math.log2(h.length - 1));
	return m <= k ? [...subproof(m, h.slice(0, k), whole), mth(h.slice(k))] :
		[...subproof(m - k, h.slice(k), false), mth(h.slice(0, k))];
};
const prove = (old, h) => old === 0 || old === h.length ? [] :
	subproof(old, h, true);
const leaf = (text) => sha(Buffer.of(0), text);
const raw = (key) => (key.type === "public" ? key : createPublicKey(key)).export({ format: "der", type: "spki" })
	.subarray(-32);
const key_id = (name, type, key) =>
	sha(name, "\n", Buffer.of(type), raw(key)).subarray(0, 4);
const vkey = (name, type, key) => `${name}+${key_id(name, type, key)
	.toString("hex")}+${Buffer.concat([Buffer.of(type), raw(key)])
	.toString("base64")}`;
const line = (name, type, key, signature) => `\u2014 ${name} ${Buffer.concat([
	key_id(name, type, key), signature]).toString("base64")}\n`;
const note = (origin, hashes, key) => {
	const text = `${origin}\n${hashes.length}\n${mth(hashes)
		.toString("base64")}\n`;
	return `${text}\n${line(origin, 1, key, sign(null, text, key))}`;
};
const cosigned = (text, signature, key) => {
	const at = signature.readBigUInt64BE(0);
	return Math.abs(Number(at) - Date.now() / 1000) < 60 && ed25519(null,
		`cosignature/v1\ntime ${at}\n${text}`, createPublicKey(key),
		signature.subarray(8));
};

const newKey = () => generateKeyPairSync("ed25519").privateKey;

// ---- our witness, and a client who lies ----
const origin = "log.example/one", log = newKey(), stranger = newKey();
const hashes = Array.from({ length: 40 }, (_, i) => leaf(`a${i}`));
const other = hashes.map((h, i) => i < 10 ? h : leaf(`b${i}`));
const dirs = temporary(), tls = certificates(dirs);

async function startWitness(state, knows) {
	const [port] = await freePorts(1);
	const child = spawn(program, ["journal", "witness", "--name",
		"witness.example/us", "--state", state, "--listen", `127.0.0.1:${port}`,
		"--certificate", tls.certificate, "--certificate-key", tls.key,
		...knows.flatMap((k) => ["--knows", k])],
		{ stdio: ["ignore", "pipe", "pipe"] });
	const w = { url: `https://localhost:${port}`, out: "", logs: "", pid:
		child.pid, stop: () => new Promise((done) => {
			child.ref();
			child.on("exit", done);
			child.kill();
		}) };
	child.stdout.setEncoding("utf8").on("data", (d) => w.out += d);
	child.stderr.setEncoding("utf8").on("data", (d) => w.logs += d);
	// a test that fails half way must not keep its process waiting for us
	child.unref();
	child.stdout.unref();
	child.stderr.unref();
	process.on("exit", () => child.kill());
	await until(() => w.logs.includes("witness listens") &&
		w.out.includes("\n"), "the witness");
	w.vkey = w.out.trim().split("\n")[0];
	w.add = async (old, proof, checkpoint) => ask(`${w.url}/add-checkpoint`,
		{ method: "POST", ca: readFileSync(tls.ca), body: `old ${old}\n` +
		proof.map((h) => h.toString("base64") + "\n").join("") + "\n" +
		checkpoint });
	return w;
}

test("guichet journal witness cosigns what continues, and nothing else",
	async () => {
	const state = join(dirs, "state");
	let w = await startWitness(state, [vkey(origin, 1, log)]);
	const says = async (status, body, ...request) => {
		const r = await w.add(...request);
		assert.equal(r.status, status, r.text);
		if (body !== undefined)
			assert.equal(r.text, body);
		return r;
	};
	const at = (n, h = hashes) => [h.slice(0, n)];
	const good = async (old, n, h = hashes) => {
		const r = await says(200, undefined, old, prove(old, h.slice(0, n)),
			note(origin, h.slice(0, n), log));
		const [, name, b64] = /^\u2014 (\S+) (\S+)\n$/.exec(r.text);
		const [wname, id, ...rest] = w.vkey.split("+"), key = rest.join("+");
		const bytes = Buffer.from(b64, "base64");
		assert.equal(name, wname);
		assert.equal(bytes.subarray(0, 4).toString("hex"), id);
		const der = Buffer.concat([Buffer.from("302a300506032b6570032100",
			"hex"), Buffer.from(key, "base64").subarray(1)]);
		const text = note(origin, h.slice(0, n), log).split("\n\n")[0] + "\n";
		assert.ok(cosigned(text, bytes.subarray(4),
			{ key: der, format: "der", type: "spki" }));
	};

	assert.match(w.vkey, /^witness\.example\/us\+[0-9a-f]{8}\+B/);
	await good(0, 0);
	await good(0, 7);
	await good(7, 20);
	await good(20, 20);
	// another history, a shorter one, an old one, none
	const n30 = note(origin, other.slice(0, 30), log);
	await says(422, undefined, 20, prove(20, other.slice(0, 30)), n30);
	await says(409, "20\n", 10, prove(10, other.slice(0, 30)), n30);
	await says(409, "20\n", 0, [], n30);
	await says(409, "20\n", 20, [], note(origin, other.slice(0, 20), log));
	await says(400, undefined, 20, [], note(origin, ...at(19), log));
	await says(409, "20\n", 7, prove(7, hashes.slice(0, 15)),
		note(origin, ...at(15), log));
	const p = prove(20, hashes.slice(0, 30)), n = note(origin, ...at(30), log);
	for (let i = 0; i < p.length; i++) {
		const bad = p.map((h, k) => k === i ? sha(h) : h);
		await says(422, undefined, 20, bad, n);
	}
	await says(422, undefined, 20, p.slice(1), n);
	await says(422, undefined, 20, [...p, p[0]], n);
	// not that log's key; a log nobody told of; no checkpoint at all
	await says(403, undefined, 20, p, note(origin, ...at(30), stranger));
	await says(404, undefined, 0, [], note("log.example/two", ...at(3), log));
	for (const text of ["", "old 20\n", "old 020\n\n" + n, "old -1\n\n" + n,
		`old 20\n${"A".repeat(10)}\n\n${n}`, "old 20\n\nnothing\n"])
		assert.equal((await ask(`${w.url}/add-checkpoint`, { method: "POST",
			ca: readFileSync(tls.ca), body: text })).status, 400, text);
	await says(400, undefined, 20, Array(64).fill(p[0]), n);
	// two at once: one of them is the next, the other is told
	const both = await Promise.all([w.add(20, p, n), w.add(20,
		prove(20, hashes.slice(0, 35)), note(origin, ...at(35), log))]);
	assert.deepEqual(both.map((r) => r.status).sort(), [200, 409]);
	// killed, it remembers
	const size = both[0].status === 200 ? 30 : 35;
	await w.stop();
	const mine = w.vkey;
	w = await startWitness(state, [vkey(origin, 1, log)]);
	assert.equal(w.vkey, mine);
	await says(409, `${size}\n`, 0, [], n);
	await good(size, 40);
	await w.stop();
});

// ---- the gateway, its witnesses, and Go ----

// A witness that shares no code with ours: it remembers, and cosigns.
function nodeWitness(logKey) {
	const key = newKey(), seen = new Map(), w = { asked: [], mode: "good" };
	const name = "node.example/w";
	w.vkey = vkey(name, 4, key);
	w.server = createServer({ cert: readFileSync(tls.certificate),
		key: readFileSync(tls.key) }, (q, a) => {
		let body = "";
		q.on("data", (d) => body += d);
		q.on("end", () => {
			const [head, ...rest] = body.split("\n\n");
			const text = rest[0] + "\n", [from, size] = text.split("\n");
			const old = Number(/^old (\d+)/.exec(head)[1]);
			const known = seen.get(from) ?? 0;
			w.asked.push({ from, old, size: Number(size) });
			if (w.mode === "foreign")	// somebody else's signature
				return a.end(line(name, 4, stranger, Buffer.alloc(72, 1)));
			if (old !== known) {
				a.writeHead(409, { "Content-Type": "text/x.tlog.size" });
				return a.end(`${known}\n`);
			}
			assert.ok(head.split("\n").length <= 64);
			seen.set(from, Number(size));
			const at = BigInt(Math.floor(Date.now() / 1000));
			const time = Buffer.alloc(8);
			time.writeBigUInt64BE(at);
			a.end(line(name, 4, key, Buffer.concat([time, sign(null,
				`cosignature/v1\ntime ${at}\n${text}`, key)])));
		});
	});
	return w;
}

let g, ground, ours, theirs, knows;
before(async () => {
	ground = await prepareGateway();
	const pem = (l) => createPublicKey(readFileSync(join(ground.dir, "keys",
		`journal-${l}.pub`)));
	knows = ["restitution", "consent-admin"].map((l) =>
		vkey(`localhost:${ground.port}/journal/${l}`, 1, pem(l)));
	assert.deepEqual(["restitution", "consent-admin"].map((log) =>
		guichet("journal", "vkey", "--log", log, "--config", ground.config)
			.out.trim()), knows);
	ours = await startWitness(join(dirs, "gateway-state"), knows);
	theirs = nodeWitness();
	await new Promise((done) => theirs.server.listen(0, "127.0.0.1", done));
	const file = join(ground.dir, "witnesses");
	writeFileSync(file, `# two\n${ours.url} ${ours.vkey}\n` +
		`https://localhost:${theirs.server.address().port}/w ${theirs.vkey}\n`);
	ground.change({ journal: { interval_ms: 100, witnesses: file,
		witness_ca_file: tls.ca } });
	g = await startGateway({ ground });
});
after(async () => {
	await g?.stop();
	await ours?.stop();
	theirs?.server.closeAllConnections();
	theirs?.server.close();
});

const add_line = () => sql(ground.db.url, `INSERT INTO guichet.journal_line
	(id, log, leaf) VALUES (gen_random_uuid(), 0, convert_to('{"v":1,"r":' ||
	random() || '}', 'UTF8'))`);
const checkpoint = async () =>
	(await g.ask("/journal/restitution/checkpoint")).text;
const signatures = (text) => text.split("\n\n")[1].trim().split("\n").length;

test("every checkpoint is cosigned by both, served so, and Go agrees",
	async () => {
	for (let i = 0; i < 5; i++) {
		add_line();
		await g.until(async () => {
			const text = await checkpoint();
			return Number(text.split("\n")[1]) === i + 1 &&
				signatures(text) === 3;
		}, "cosigned");
	}
	const file = join(ground.dir, "cosigned");
	writeFileSync(file, await checkpoint());
	for (const w of [ours, theirs])
		assert.deepEqual(judge("cosigned", file, knows[0], w.vkey),
			{ good: true, said: "ok 5" });
	writeFileSync(file, (await checkpoint()).replace(/^5$/m, "6"));
	assert.equal(judge("cosigned", file, knows[0], ours.vkey).good, false);
	assert.ok(theirs.asked.some((a) => a.old > 0), "with a proof from where it is");
	// a proof that somebody was given carries them too, whoever reads it
	const told = sql(ground.db.url, `SELECT convert_from(leaf, 'UTF8') FROM
		guichet.journal_bundle AS b JOIN guichet.journal_line AS l ON l.id = b.ids[3]
		WHERE b.log = 0`);
	const proof = (await g.ask(`/journal/restitution/proof/2`)).text;
	assert.equal(signatures(proof.slice(proof.indexOf("\n\n") + 2)), 3);
	writeFileSync(file, proof);
	writeFileSync(`${file}.leaf`, told);
	const judged = (...witnesses) => judge("proof", file, knows[0], `${file}.leaf`,
		...witnesses);
	assert.deepEqual(judged(ours.vkey, theirs.vkey), { good: true, said: "ok 2" });
	assert.equal(judged(vkey("node.example/w", 4, stranger)).good, false);
	writeFileSync(file, proof.replace(/^(index) 2$/m, "$1 1"));
	assert.equal(judged(ours.vkey).good, false);
	writeFileSync(file, await checkpoint());
	// a foreign signature is not kept
	theirs.mode = "foreign";
	add_line();
	await g.until(async () => signatures(await checkpoint()) === 2 &&
		g.said("witness does not cosign") > 0, "left out");
	theirs.mode = "good";
	const r = guichet("journal", "verify", "--config", ground.config);
	assert.equal(r.code, 0, r.out + r.err);
});

test("a journal that was rolled back is refused by who remembers", async () => {
	assert.equal(await g.stop(), 0);
	// root of the machine: the signer's notes go, and the end of the database
	const tables = ["line", "bundle", "tile", "note", "head"];
	sql(ground.db.url, `TRUNCATE ${tables.map((t) => `guichet.journal_${t}`)
		.join()}; UPDATE guichet.journal_turn SET seen = DEFAULT`);
	rmSync(join(ground.dir, "keys/notes"), { recursive: true });
	g = await startGateway({ ground });
	add_line();
	await g.until(() => g.said("witness refuses the journal code=E312") > 0,
		"the alarm");
	await g.until(async () => Number((await checkpoint()).split("\n")[1]) === 1,
		"it was signed");
	assert.equal(signatures(await checkpoint()), 1, "by nobody else");
	await g.until(() => sql(ground.db.url, `SELECT count(*) FROM
		guichet.journal_line WHERE convert_from(leaf, 'UTF8')::json->>'ev' =
		'integrity.fork_refused'`) !== "0", "a line tells it");
});
