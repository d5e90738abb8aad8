// SPDX-License-Identifier: Apache-2.0
// Random manipulations of an export and of the database, by classes that name what
// each can be held against. guichet catches every one; every tenth is shown to
// verify.mjs and verify.py too, as far as it touches what they read. Untouched
// copies raise no alarm. TAMPERINGS=10000 for the long run; SEED to repeat one.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync }
	from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guichet } from "../support/ground.mjs";
import { Ledger } from "../support/ledger.mjs";

const MANY = Number(process.env.TAMPERINGS ?? 400), IN_DATABASE = MANY / 4;
const LINES = 700;
let seed = Number(process.env.SEED ?? Date.now() % 1e9) >>> 0;
const first = seed;
// mulberry32
function random(n) {
	seed = (seed + 0x6d2b79f5) >>> 0;
	let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
	t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
	return ((t ^ t >>> 14) >>> 0) % n;
}

let ledger, dir, kept, early;
before(() => {
	ledger = new Ledger();
	const people = [ledger.person("C-ADA"), ledger.person("C-BOB")];
	const lines = (n) => Array.from({ length: n }, (_, i) => ledger.line({ n: i,
		person: people[i % 2], to: "cozy", side: { call: String(i) } }));
	ledger.write(lines(300));
	ledger.order();
	early = join(ledger.dir, "early");
	ledger.must("journal", "export", early, "--sides");
	ledger.write(lines(LINES - 300));
	ledger.order();
	kept = join(ledger.dir, "kept");
	writeFileSync(kept, ledger.must("journal", "checkpoint"));
	dir = join(ledger.dir, "whole");
	ledger.must("journal", "export", dir, "--sides");
});
after(() => ledger?.db.drop());

const files = (d, at = "") => readdirSync(join(d, at)).flatMap((f) =>
	statSync(join(d, at, f)).isDirectory() ? files(d, join(at, f)) : [join(at, f)]);
const scripts = { node: [process.execPath, "verify.mjs"],
	python: ["python3", "verify.py"] };
function byScripts(d, code, what) {
	for (const [name, [program, script]] of Object.entries(scripts)) {
		const r = spawnSync(program, [join(dir, script), d], { encoding: "utf8",
			env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
		assert.equal(r.status, code, `${name}: ${what}: ${r.stdout}${r.stderr}`);
	}
}

const lines = (d) => readFileSync(join(d, "entries.jsonl"), "utf8").trimEnd()
	.split("\n");
const write = (d, list) =>
	writeFileSync(join(d, "entries.jsonl"), list.map((l) => l + "\n").join(""));

// Held against nothing but the export itself. Each returns what it did, or null
// when it happened to change nothing.
const classes = {
	byte(d) {
		const all = files(d), f = all[random(all.length)];
		const b = readFileSync(join(d, f)), at = random(b.length);
		b[at] ^= 1 << random(8);
		writeFileSync(join(d, f), b);
		return `bit of ${f} at ${at}`;
	},
	cut(d) {
		const all = files(d), f = all[random(all.length)];
		const b = readFileSync(join(d, f)), n = random(b.length);
		writeFileSync(join(d, f), b.subarray(0, n));
		return `${f} cut to ${n}`;
	},
	gone(d) {
		const all = files(d).filter((f) => f !== "SHA256SUMS.note");
		const f = all[random(all.length)];
		rmSync(join(d, f));
		return `${f} gone`;
	},
	removed(d) {
		const list = lines(d), at = random(list.length);
		list.splice(at, 1 + random(3));
		write(d, list);
		return `entries from ${at} removed`;
	},
	swapped(d) {
		const list = lines(d), [a, b] = [random(list.length), random(list.length)];
		const take = (i) => JSON.parse(list[i]);
		const [x, y] = [take(a), take(b)];
		list[a] = JSON.stringify({ ...y, seq: a });
		list[b] = JSON.stringify({ ...x, seq: b });
		write(d, list);
		return a === b ? null : `entries ${a} and ${b} exchanged`;
	},
	inserted(d) {
		const list = lines(d), at = random(list.length);
		list.splice(at, 0, list[random(list.length)]);
		write(d, list.map((l, i) => JSON.stringify({ ...JSON.parse(l), seq: i })));
		return `an entry put in at ${at}`;
	},
	rewritten(d) {
		const list = lines(d), at = random(list.length), e = JSON.parse(list[at]);
		const leaf = JSON.parse(Buffer.from(e.leaf, "base64"));
		leaf.n += 1 + random(9);
		list[at] = JSON.stringify({ ...e,
			leaf: Buffer.from(JSON.stringify(leaf)).toString("base64") });
		write(d, list);
		return `entry ${at} rewritten`;
	},
	side(d) {
		const list = lines(d), at = random(list.length), e = JSON.parse(list[at]);
		list[at] = JSON.stringify({ ...e, side: Buffer.from(JSON.stringify(
			{ subject: "somebody else" })).toString("base64") });
		write(d, list);
		return `side record of ${at} replaced`;
	},
};
const readByScripts = /entr|removed|exchanged|put in|rewritten|side record/;

test("untouched: no alarm, by any of the three", () => {
	for (const d of [dir, early])
		for (let i = 0; i < 5; i++)
			assert.equal(guichet("journal", "verify", d).code, 0);
	byScripts(dir, 0, "untouched");
	assert.equal(ledger.run("journal", "verify", dir, "--known", kept).code, 0);
});

test(`${MANY} random manipulations of exports (SEED=${first})`, () => {
	const bad = join(ledger.dir, "bad"), names = Object.keys(classes);
	cpSync(dir, bad, { recursive: true });
	for (let i = 0; i < MANY; i++) {
		const what = classes[names[i % names.length]](bad);
		const r = guichet("journal", "verify", bad);
		if (what !== null)
			assert.notEqual(r.code, 0, `${what}: ${r.out}`);
		if (what !== null && i % 10 === 0 && readByScripts.test(what) &&
		    !/ of |cut to|gone/.test(what))
			byScripts(bad, 1, what);
		cpSync(dir, bad, { recursive: true });
	}
	assert.equal(guichet("journal", "verify", bad).code, 0, "as it was again");
});

test("rolled back: held against nothing it is good, against a kept note not", () => {
	assert.equal(guichet("journal", "verify", early).code, 0);
	assert.match(guichet("journal", "verify", early).out, /no earlier checkpoint/);
	const r = guichet("journal", "verify", early, "--known", kept);
	assert.equal(r.code, 1);
	assert.match(r.out, /rolled back/);
});

test(`${IN_DATABASE} random manipulations of the database`, () => {
	const place = () => random(LINES);
	const id = (seq) => `(SELECT ids[${seq % 256 + 1}] FROM guichet.journal_bundle
		WHERE log = 0 AND n = ${Math.floor(seq / 256)})`;
	const ways = [
		() => `UPDATE guichet.journal_line SET leaf = set_byte(leaf, 5, ${
			random(256)}) WHERE id = ${id(place())}`,
		() => `UPDATE guichet.journal_line SET leaf = leaf || ' '::bytea
			WHERE id = ${id(place())}`,
		() => `DELETE FROM guichet.journal_line WHERE id = ${id(place())}`,
		() => `UPDATE guichet.journal_tile SET hashes = set_byte(hashes, ${
			random(32 * 180)}, ${random(256)}) WHERE level = 0 AND log = 0 AND n = ${
			random(2)}`,
		() => `UPDATE guichet.journal_bundle SET ids = ids[1:${10 + random(200)}]
			WHERE log = 0 AND n = ${random(2)}`,
		() => `UPDATE guichet.journal_note SET note = replace(note, E'\\n${LINES
			}\\n', E'\\n${LINES - 1 - random(5)}\\n') WHERE log = 0`,
	];
	const state = () => ledger.sql(`SELECT md5(string_agg(t, '')) FROM (
		SELECT l::text AS t FROM guichet.journal_line AS l WHERE log = 0 UNION ALL
		SELECT t::text FROM guichet.journal_tile AS t WHERE log = 0 UNION ALL
		SELECT b::text FROM guichet.journal_bundle AS b WHERE log = 0 UNION ALL
		SELECT n::text FROM guichet.journal_note AS n WHERE log = 0 ORDER BY 1) AS x`);
	const tables = ["journal_line", "journal_tile", "journal_bundle",
		"journal_note"];
	for (const t of tables)
		ledger.sql(`CREATE TABLE public.${t} AS TABLE guichet.${t}`);
	const clean = state();
	for (let i = 0; i < IN_DATABASE; i++) {
		const way = ways[i % ways.length]();
		ledger.sql(way);
		const changed = state() !== clean, r = ledger.run("journal", "verify");
		assert.equal(r.code !== 0, changed, `${way}: ${r.out}${r.err}`);
		ledger.sql(tables.map((t) => `DELETE FROM guichet.${t};
			INSERT INTO guichet.${t} ${t === "journal_line" ?
			"OVERRIDING SYSTEM VALUE" : ""} TABLE public.${t}`).join(";"));
	}
	assert.equal(ledger.run("journal", "verify").code, 0, "as it was again");
});
