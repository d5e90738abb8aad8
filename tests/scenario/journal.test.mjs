// SPDX-License-Identifier: Apache-2.0
// The journal from stage to proof: lines are ordered and signed, exported,
// and judged by Go's checksum database and by Node's own crypto; every kind of
// tampering is detected and named.
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify as ed25519 } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync,
	writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guichet, root, temporary, writeSettings } from "../support/ground.mjs";
import { judge } from "../support/judge.mjs";
import { createDatabase, sql } from "../support/postgres.mjs";

const dir = temporary();
const config = join(dir, "guichet.conf");
const person = "C-4711-DUPONT";
const subject = "51000000-0000-4000-8000-000000000001";
let db;

const order = () => spawnSync(join(root, process.env.SAN ? "build-san" : "build",
	"tools/order"), [config], { encoding: "utf8" });

// n lines as the gate would have staged them.
const stage = (n) => sql(db.url, `
	INSERT INTO guichet.journal_line
	       (id, log, leaf, salt, side, subject_id, client_id)
	SELECT id, 0, convert_to('{"v":1,"id":"' || id || '","t":"2026-03-04T10:15:30.123Z","ev":"pull.begun","n":' || i || '}', 'UTF8'),
	       sha256(id::text::bytea),
	       convert_to('{"subject":"${subject}"}', 'UTF8'),
	       '${subject}', 'pims'
	  FROM (SELECT i, gen_random_uuid() AS id
	          FROM generate_series(1, ${n}) AS i) AS l`);

// The id of a line of the restitution log, by its place.
const at = (seq) => `(SELECT ids[${seq % 256 + 1}] FROM guichet.journal_bundle
	WHERE log = 0 AND n = ${Math.floor(seq / 256)})`;

const journal = (...args) => guichet("journal", ...args, "--config", config);

before(() => {
	db = createDatabase("journal");
	mkdirSync(join(dir, "keys"), { mode: 0o700 });
	writeSettings(config, {
		organisation: { name: "Test", contact: "dpo@example.org" },
		server: { public_url: "https://counter.example" },
		database: { url: db.url },
		keys: { directory: join(dir, "keys") },
	});
	for (const args of [["migrate"], ["key", "new"]]) {
		const r = guichet(...args, "--config", config);
		assert.equal(r.code, 0, r.err);
	}
	sql(db.url, `INSERT INTO guichet.subject (id, customer, key)
		VALUES ('${subject}', '${person}', sha256('k'))`);
});
after(() => db.drop());

const keep = (name) => {
	const file = join(dir, name);
	const r = journal("checkpoint");
	assert.equal(r.code, 0, r.err);
	writeFileSync(file, r.out);
	return file;
};

test("an empty log has a checkpoint, and verifies", () => {
	assert.equal(order().stdout, "0\n");
	const note = readFileSync(keep("empty"), "utf8");
	assert.match(note, /^counter\.example\/journal\/restitution\n0\n/);
	const r = journal("verify");
	assert.equal(r.code, 0, r.out + r.err);
	assert.match(r.out, /^good: .* 0 entries/);
});

test("lines are ordered, signed, exported and accepted by Go's judge", () => {
	stage(700);
	assert.equal(order().stdout, "700\n");
	keep("at-700");
	stage(2300);
	assert.equal(order().stdout, "2300\n");
	const r = journal("export", join(dir, "export"));
	assert.equal(r.code, 0, r.err);
	for (const old of ["", join(dir, "empty"), join(dir, "at-700")])
		assert.deepEqual(judge("export", join(dir, "export"), old),
			{ good: true, said: "ok 3000" });
	// a checkpoint of nothing but another tree
	writeFileSync(join(dir, "foreign"), readFileSync(join(dir, "at-700"),
		"utf8").replace("\n700\n", "\n699\n"));
	assert.equal(judge("export", join(dir, "export"),
		join(dir, "foreign")).good, false);
});

// RFC 6962 in a few lines, from Node's crypto alone.
const sha = (...parts) => parts.reduce((h, p) => h.update(p),
	createHash("sha256")).digest();
const mth = (h) => {
	if (h.length === 1)
		return h[0];
	const k = 2 ** Math.floor(Math.log2(h.length - 1));
	return sha(Buffer.of(1), mth(h.slice(0, k)), mth(h.slice(k)));
};

test("and by Node's crypto, which shares no code with either", () => {
	const at = (name) => readFileSync(join(dir, "export", name), "utf8");
	const leaves = at("entries.jsonl").trimEnd().split("\n").map((line, i) => {
		const e = JSON.parse(line);
		assert.equal(e.seq, i);
		return Buffer.from(e.leaf, "base64");
	});
	const [text, signatures] = at("checkpoint").split("\n\n");
	const [origin, size, base64] = text.split("\n");
	assert.equal(Number(size), leaves.length);
	assert.equal(mth(leaves.map((l) => sha(Buffer.of(0), l))).toString("base64"),
		base64);
	const [, name, key] = /^([^+]+)\+[0-9a-f]{8}\+(.{44})$/
		.exec(at("vkey").trim());
	assert.equal(name, origin);
	const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"),
		Buffer.from(key, "base64").subarray(1)]);
	const signature = Buffer.from(signatures.trim().split(" ")[2], "base64");
	assert.ok(ed25519(null, Buffer.from(text + "\n"),
		createPublicKey({ key: der, format: "der", type: "spki" }),
		signature.subarray(4)));
});

test("a proof of one line stands alone", () => {
	const id = sql(db.url, `SELECT ${at(2345)}`);
	const proof = journal("prove", id);
	assert.equal(proof.code, 0, proof.err);
	writeFileSync(join(dir, "p.tlog-proof"), proof.out);
	const entry = JSON.parse(readFileSync(join(dir, "export/entries.jsonl"),
		"utf8").split("\n")[2345]);
	writeFileSync(join(dir, "leaf"), Buffer.from(entry.leaf, "base64"));
	const vkey = readFileSync(join(dir, "export/vkey"), "utf8").trim();
	assert.deepEqual(judge("proof", join(dir, "p.tlog-proof"), vkey,
		join(dir, "leaf")), { good: true, said: "ok 2345" });
	writeFileSync(join(dir, "leaf"),
		Buffer.from(entry.leaf, "base64").fill("x", 3, 4));
	assert.equal(judge("proof", join(dir, "p.tlog-proof"), vkey,
		join(dir, "leaf")).good, false);
	assert.equal(journal("prove", "999999").code, 65);
	assert.equal(journal("prove", subject).code, 65);
});

test("no leaf, and nothing exported, holds the person", () => {
	for (const word of [person, "DUPONT", subject])
		assert.equal(spawnSync("grep", ["-rqi", word, join(dir, "export")])
			.status, 1, word);
	assert.equal(sql(db.url, `SELECT count(*) FROM guichet.journal_line
		WHERE convert_from(leaf, 'UTF8') ILIKE ANY
		('{%${person}%,%${subject}%}')`), "0");
	// base64 hides words: look into the decoded leaves too
	const all = readFileSync(join(dir, "export/entries.jsonl"), "utf8")
		.trimEnd().split("\n")
		.map((l) => Buffer.from(JSON.parse(l).leaf, "base64").toString())
		.join("\n");
	assert.doesNotMatch(all, /DUPONT|51000000-0000-4000/i);
});

test("reading the journal is a line of the other log", () => {
	assert.equal(order().stdout, "1\n");
	assert.match(sql(db.url, `SELECT convert_from(leaf, 'UTF8')
		FROM guichet.journal_line WHERE log = 1`),
		/"ev":"journal.exported","oc":"restitution","n":3000,"act":"operator"/);
	const r = journal("verify", "--log", "consent-admin");
	assert.match(r.out, /^good: .*consent-admin, 1 entries/, r.out + r.err);
});

// ---- tampering with an export ----

const files = (d) => readdirSync(d).flatMap((f) =>
	statSync(join(d, f)).isDirectory() ? files(join(d, f)) : [join(d, f)]);

function tampered(change) {
	const copy = join(dir, "tampered");
	rmSync(copy, { recursive: true, force: true });
	cpSync(join(dir, "export"), copy, { recursive: true });
	change(copy);
	return guichet("journal", "verify", copy, "--json");
}
const lines = (change) => (copy) => {
	const f = join(copy, "entries.jsonl");
	const all = readFileSync(f, "utf8").trimEnd().split("\n");
	writeFileSync(f, change(all).join("\n") + "\n");
};
const leaf = (line, seq, change) => JSON.stringify({ seq,
	leaf: change(Buffer.from(JSON.parse(line).leaf, "base64"))
		.toString("base64") });
const flip = (seq) => (all) => {
	all[seq] = leaf(all[seq], seq, (b) => {
		b[b.length - 3] ^= 1;
		return b;
	});
	return all;
};

const tamperings = [
	["a flipped bit in the first entry", lines(flip(0)), 0],
	["a flipped bit in the middle", lines(flip(1333)), 1333],
	["a flipped bit in the last, unfinished tile", lines(flip(2999)), 2999],
	["two flipped bits: the first is named",
		lines((all) => flip(500)(flip(2600)(all))), 500],
	["an entry taken out", lines((all) => all.filter((_, i) => i !== 1321)),
		1321],
	["an entry taken out, the rest renumbered", lines((all) =>
		all.filter((_, i) => i !== 1321).map((l, i) => leaf(l, i, (b) => b))),
		1321],
	["two neighbours swapped", lines((all) => {
		const [a, b] = [all[100], all[101]];
		all[100] = leaf(b, 100, (x) => x);
		all[101] = leaf(a, 101, (x) => x);
		return all;
	}), 100],
	["the end cut off", lines((all) => all.slice(0, 2900)), 2900],
	["an entry added", lines((all) => [...all,
		leaf(all[0], 3000, (b) => b)]), 3000],
	["an entry put in between", lines((all) => [...all.slice(0, 9), all[8],
		...all.slice(9)].map((l, i) => leaf(l, i, (b) => b))), 9],
	["a line that is no entry", lines((all) => {
		all[7] = "{}";
		return all;
	}), 7],
	["an entry and its own tile", (copy) => {
		lines(flip(300))(copy);
		const tile = join(copy, "tile/0/001");
		const all = readFileSync(join(copy, "entries.jsonl"), "utf8")
			.split("\n");
		const h = readFileSync(tile);
		sha(Buffer.of(0), Buffer.from(JSON.parse(all[300]).leaf, "base64"))
			.copy(h, (300 - 256) * 32);
		writeFileSync(tile, h);
	}, 256, 511],
];
for (const [what, change, first, last = first] of tamperings)
	test(`detected and named: ${what}`, () => {
		const r = tampered(change);
		assert.equal(r.code, 1, r.out + r.err);
		const said = JSON.parse(r.out);
		assert.equal(said.good, false);
		assert.deepEqual([said.first_bad, said.last_bad], [first, last],
			said.why);
		assert.equal(judge("export", join(dir, "tampered")).good, false);
	});

test("detected: a changed checkpoint, key or tile", () => {
	const edit = (name, change) => (copy) => writeFileSync(join(copy, name),
		change(readFileSync(join(copy, name), "latin1")), "latin1");
	const cases = [
		[edit("checkpoint", (t) => t.replace("\n3000\n", "\n2999\n")),
			/signature of the checkpoint is wrong/],
		[edit("checkpoint", (t) => t.replace("\n\n", "\nmore\n\n")),
			/signature of the checkpoint is wrong/],
		[edit("checkpoint", (t) => t.split("\n\n")[0] + "\n"),
			/not a signed checkpoint/],
		[edit("tile/1/000.p/11", (t) => "x" + t.slice(1)),
			/hash tile 1\/0 beside them was altered/],
	];
	for (const [change, why] of cases) {
		const r = tampered(change);
		assert.equal(r.code, 1, r.err);
		assert.match(JSON.parse(r.out).why, why);
	}
	const r = tampered(edit("vkey", (t) => t.replace("+", "x+")));
	assert.equal(r.code, 1);	// any doubt, as the other manipulations
});

test("random bytes: never taken for good, never named wrongly", () => {
	const all = files(join(dir, "export"))
		.filter((f) => !f.endsWith("README"));
	let seed = 42;
	const random = (n) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
	for (let i = 0; i < 40; i++) {
		// small files would hardly be hit by weight
		const f = i % 2 ? join(dir, "export/entries.jsonl")
			: all[random(all.length)];
		const bytes = readFileSync(f);
		const at = random(bytes.length);
		const r = tampered((copy) => {
			bytes[at] ^= 1 << random(8);
			writeFileSync(f.replace(join(dir, "export"), copy), bytes);
		});
		assert.notEqual(r.code, 0, `${f} byte ${at}: ${r.out}`);
		if (!f.endsWith("entries.jsonl"))
			continue;
		const place = bytes.subarray(0, at).toString("latin1")
			.split("\n").length - 1;
		assert.equal(JSON.parse(r.out).first_bad, place);
	}
});

// ---- what an export alone cannot show ----

test("a roll-back shows against a kept checkpoint, and only so", () => {
	const past = keep("past");
	stage(67000);
	assert.equal(order().stdout, "67000\n");
	const later = keep("later");
	const old = join(dir, "export");
	assert.equal(journal("verify", old, "--known", past).code, 0);
	const r = journal("verify", old, "--known", later);
	assert.equal(r.code, 1);
	assert.match(r.out, /rolled back: the known checkpoint has 70000/);
	assert.match(journal("verify", old).out, /no earlier checkpoint/);
	const vkey = readFileSync(join(old, "vkey"), "utf8").trim();
	assert.match(journal("verify", old, "--vkey", vkey).out,
		/held against: the key you gave/);
	assert.equal(journal("verify", old, "--vkey", "x+00000000+AA==").code, 64);
});

test("a tree of three levels of tiles is exported and judged alike", () => {
	const big = join(dir, "big");
	assert.equal(journal("export", big).code, 0);
	assert.deepEqual(judge("export", big, join(dir, "past")),
		{ good: true, said: "ok 70000" });
	assert.equal(journal("verify", big, "--known", join(dir, "past")).code,
		0);
	assert.deepEqual(readdirSync(join(big, "tile")), ["0", "1", "2"]);
	const f = join(big, "tile/0/246");
	const bytes = readFileSync(f);
	bytes[2816] ^= 1;
	writeFileSync(f, bytes);
	assert.match(journal("verify", big).out, /hash tile 0\/246 beside them/);
});

// ---- tampering with the database ----

test("a line altered in the database is named, there and in its export", () => {
	assert.equal(journal("verify").code, 0);
	sql(db.url, `UPDATE guichet.journal_line
		SET leaf = overlay(leaf PLACING 'X' FROM 5)
		WHERE id = ${at(12345)}`);
	let r = journal("verify", "--json");
	assert.equal(r.code, 1, r.err);
	assert.equal(JSON.parse(r.out).first_bad, 12345);
	// its hash too: then only the level above tells, so the tile is named
	sql(db.url, `UPDATE guichet.journal_tile AS t
		SET hashes = overlay(hashes PLACING sha256('\\x00'::bytea || l.leaf)
			FROM 12345 % 256 * 32 + 1)
		FROM guichet.journal_line AS l WHERE l.id = ${at(12345)}
		AND t.log = 0 AND t.level = 0 AND t.n = 12345 / 256`);
	r = journal("verify", "--json");
	assert.equal(r.code, 1, r.err);
	assert.equal(JSON.parse(r.out).first_bad, 12288);
	r = journal("export", join(dir, "export-altered"));
	assert.equal(r.code, 0, r.err);
	r = guichet("journal", "verify", join(dir, "export-altered"), "--json");
	assert.equal(JSON.parse(r.out).first_bad, 12288);
	sql(db.url, `DELETE FROM guichet.journal_line WHERE id = ${at(69001)}`);
	sql(db.url, `WITH back AS (UPDATE guichet.journal_line
		SET leaf = overlay(leaf PLACING ':' FROM 5)
		WHERE id = ${at(12345)} RETURNING leaf)
		UPDATE guichet.journal_tile AS t
		SET hashes = overlay(hashes PLACING
			sha256('\\x00'::bytea || back.leaf)
			FROM 12345 % 256 * 32 + 1)
		FROM back WHERE t.log = 0 AND t.level = 0
		AND t.n = 12345 / 256`);
	r = journal("verify", "--json");
	assert.equal(r.code, 1, r.err);
	assert.equal(JSON.parse(r.out).first_bad, 69001, r.out);
});
