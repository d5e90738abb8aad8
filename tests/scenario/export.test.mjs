// SPDX-License-Identifier: Apache-2.0
// An export is verified by programs that share no code with us: Go's sumdb
// packages, verify.mjs, verify.py; whole, in part, of one person; and whatever
// is done to it, each of the verifiers says no.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, readFileSync, readdirSync, rmSync, statSync,
	writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guichet } from "../support/ground.mjs";
import { judge } from "../support/judge.mjs";
import { Ledger } from "../support/ledger.mjs";

let ledger, dir, ada, bob;
const day = 86400000, t0 = Date.parse("2026-03-01T08:00:00Z");
const PER_DAY = 300;

before(() => {
	ledger = new Ledger();
	dir = ledger.dir;
	[ada, bob] = [ledger.person("C-ADA"), ledger.person("C-BOB")];
	for (let d = 0; d < 3; d++) {
		ledger.write(Array.from({ length: PER_DAY }, (_, i) => ledger.line({
			at: t0 + d * day + i * 1000, person: i % 50 === 0 ? ada : bob,
			to: i % 3 ? "cozy" : "ma-vie", ds: "energy.load-curve@1", n: i,
			side: { call: `${d}-${i}` } })));
		assert.equal(ledger.order(), PER_DAY);
		writeFileSync(join(dir, `kept-${d}`), ledger.must("journal", "checkpoint"));
	}
	ledger.must("journal", "export", join(dir, "whole"));
	ledger.must("journal", "export", join(dir, "part"), "--from", "2026-03-02",
		"--to", "2026-03-03");
	ledger.must("journal", "export", join(dir, "pims"), "--pims", "ma-vie");
	ledger.must("journal", "export", join(dir, "ada"), "--customer", "C-ADA");
});
after(() => ledger?.db.drop());

const at = (name) => join(dir, name);
const entries = (d) => readFileSync(join(at(d), "entries.jsonl"), "utf8")
	.trimEnd().split("\n").map((l) => JSON.parse(l));
// The three verifiers that understand every kind of export.
const verifiers = {
	guichet: (d, ...args) => guichet("journal", "verify", d, ...args),
	node: (d, ...args) => spawn(process.execPath, join(d, "verify.mjs"), d, ...args),
	python: (d, ...args) => spawn("python3", join(d, "verify.py"), d, ...args),
};
function spawn(program, ...args) {
	const r = spawnSync(program, args, { encoding: "utf8", env: { ...process.env,
		PYTHONDONTWRITEBYTECODE: "1" } });
	return { code: r.status, out: r.stdout, err: r.stderr };
}
function all(d, code, ...args) {
	for (const [name, verify] of Object.entries(verifiers)) {
		const r = verify(d, ...args);
		assert.equal(r.code, code, `${name} ${d}: ${r.out}${r.err}`);
	}
}

test("a whole log: Go's judge, Node, Python and guichet agree", () => {
	assert.deepEqual(judge("export", at("whole"), at("kept-1")),
		{ good: true, said: `ok ${3 * PER_DAY}` });
	all(at("whole"), 0);
	const vkey = readFileSync(at("whole/vkey"), "utf8").trim();
	all(at("whole"), 0, "--vkey", vkey, "--known", at("kept-1"));
	for (const name of ["README", "LISEZMOI", "report.csv", "SHA256SUMS.note"])
		assert.ok(statSync(at(`whole/${name}`)).size > 100, name);
	assert.deepEqual(readdirSync(at("whole/checkpoints")), [String(3 * PER_DAY)]);
});

test("the scripts are short and need nothing", () => {
	for (const name of ["verify.mjs", "verify.py"]) {
		const text = readFileSync(at(`whole/${name}`), "utf8");
		assert.ok(text.split("\n").length - 1 < 150, name);
		for (const [, from] of text.matchAll(/from "([^"]+)"/g))
			assert.match(from, /^node:/);
	}
});

test("a part of it: by day, by recipient, by person", () => {
	for (const d of ["part", "pims", "ada"])
		all(at(d), 0);
	assert.deepEqual(entries("part").map((e) => e.seq),
		Array.from({ length: PER_DAY }, (_, i) => PER_DAY + i));
	assert.ok(entries("pims").every((e) =>
		/"to":"ma-vie"/.test(Buffer.from(e.leaf, "base64"))));
	assert.equal(entries("pims").length, 3 * PER_DAY / 3);
	assert.equal(entries("ada").length, 18);
	// the checkpoint one kept falls between the days: it can be held against it
	all(at("part"), 0, "--known", at("kept-1"));
	all(at("part"), 0, "--known", at("kept-2"));
});

test("side records are there for whom they are meant, and belong", () => {
	assert.ok(entries("whole").every((e) => e.side === undefined));
	for (const e of entries("ada")) {
		const side = Buffer.from(e.side, "base64");
		assert.equal(JSON.parse(side).subject, ada.id);
		assert.equal(JSON.parse(Buffer.from(e.leaf, "base64")).cm,
			createHash("sha256").update("guichet/side/v1\n")
				.update(Buffer.from(e.salt, "base64")).update(side)
				.digest("base64url"));
	}
	const sides = at("sides");
	ledger.must("journal", "export", sides, "--sides");
	all(sides, 0);
});

test("completeness: every line of hers and no other, or the script says no", () => {
	const complete = (d) => spawn("python3", join(at("ada"), "complete.py"), d,
		at("whole"));
	const fine = complete(at("ada"));
	assert.equal(fine.code, 0, fine.out + fine.err);
	assert.match(fine.out, /all 18 lines/);
	// the report of somebody else's lines under her key; then one left out,
	// in a report that verifies by itself
	cpSync(at("pims"), at("false"), { recursive: true });
	cpSync(at("ada/subject.key"), at("false/subject.key"));
	assert.match(complete(at("false")).out, /NOT GOOD: entry \d+ .* not hers/);
	rmSync(at("shorter"), { recursive: true, force: true });
	ledger.must("journal", "export", at("shorter"), "--customer", "C-ADA",
		"--from", "2026-03-02");
	all(at("shorter"), 0);
	assert.match(complete(at("shorter")).out, /leaves out 6 of her lines/);
});

test("report.csv is a table of the same entries and holds no formula", () => {
	const text = readFileSync(at("whole/report.csv"), "utf8");
	assert.ok(text.startsWith("\ufeffseq,time,event"));
	const rows = text.trimEnd().split("\r\n");
	assert.equal(rows.length, 3 * PER_DAY + 1);
	assert.match(rows[1], /^0,2026-03-01T08:00:00.000Z,pull\.begun,energy\.load/);
	for (const row of rows)
		for (const cell of row.replace(/^\ufeff/, "").split(","))
			assert.doesNotMatch(cell, /^"?[=+@]/);
});

test("sha256sum agrees with the list, and the list is signed", () => {
	const r = spawnSync("sha256sum", ["-c", "--quiet", "SHA256SUMS"],
		{ cwd: at("whole"), encoding: "utf8" });
	assert.equal(r.status, 0, r.stdout + r.stderr);
	const note = readFileSync(at("whole/SHA256SUMS.note"), "utf8");
	assert.equal(note.split("\n")[1], createHash("sha256")
		.update(readFileSync(at("whole/SHA256SUMS"))).digest("hex"));
	const names = readFileSync(at("whole/SHA256SUMS"), "utf8").trimEnd()
		.split("\n").map((l) => l.slice(66));
	for (const name of ["checkpoint", "entries.jsonl", "tile/0/000", "report.csv"])
		assert.ok(names.includes(name), name);
});

// ---- each of them says no ----

const b64 = (text) => Buffer.from(text, "base64");
const tamperings = [
	["a byte of a leaf", (e) => {
		const leaf = b64(e[7].leaf);
		leaf[40] ^= 1;
		e[7].leaf = leaf.toString("base64");
	}],
	["an entry gone", (e) => e.splice(5, 1)],
	["the last entry gone", (e) => e.pop()],
	["an entry twice", (e) => e.splice(6, 0, e[5])],
	["two entries exchanged", (e) => [e[3].leaf, e[4].leaf] =
		[e[4].leaf, e[3].leaf]],
	["a false purge", (e) => {
		e[9] = { ...e[9], leaf: null, leaf_hash: Buffer.alloc(32).toString("base64") };
	}],
	["an entry that is none", (e) => e[2] = { seq: e[2].seq }],
];
for (const [what, change] of tamperings)
	for (const d of ["whole", "ada"])
		test(`${what}, in ${d}`, () => {
			rmSync(at("bad"), { recursive: true, force: true });
			cpSync(at(d), at("bad"), { recursive: true });
			const list = entries(d);
			change(list);
			writeFileSync(at("bad/entries.jsonl"),
				list.map((e) => JSON.stringify(e) + "\n").join(""));
			all(at("bad"), 1);
		});

const others = [
	["a hash that stands for others", "part", "range.json",
		(t) => t.replace(/"after":\["./, (m) => m.slice(0, -1) +
			(m.endsWith("A") ? "B" : "A"))],
	["fewer entries said", "part", "range.json",
		(t) => t.replace(/"entries":\d+/, '"entries":299')],
	["the root", "whole", "checkpoint", (t) => t.replace(/\n(.)(?=.{43}\n\n)/,
		(m, c) => `\n${c === "A" ? "B" : "A"}`)],
	["the size", "whole", "checkpoint", (t) => t.replace("\n900\n", "\n899\n")],
	["a past checkpoint", "whole", "checkpoints/900",
		(t) => t.replace("\n900\n", "\n90\n")],
	["another key", "whole", "vkey", (t) => t.replace(/.(?=\n)/,
		(c) => c === "A" ? "B" : "A")],
];
for (const [what, d, file, change] of others)
	test(`${what}, in ${d}/${file}`, () => {
		rmSync(at("bad"), { recursive: true, force: true });
		cpSync(at(d), at("bad"), { recursive: true });
		const text = readFileSync(at(`bad/${file}`), "utf8");
		assert.notEqual(change(text), text);
		writeFileSync(at(`bad/${file}`), change(text));
		for (const [name, verify] of Object.entries(verifiers))
			assert.notEqual(verify(at("bad")).code, 0, name);
	});

test("its other files: a report or a script that was changed", () => {
	for (const name of ["report.csv", "verify.py", "README", "SHA256SUMS"]) {
		rmSync(at("bad"), { recursive: true, force: true });
		cpSync(at("whole"), at("bad"), { recursive: true });
		appendFileSync(at(`bad/${name}`), "0".repeat(64) + "  README\n");
		assert.equal(verifiers.guichet(at("bad")).code, 1, name);
	}
	rmSync(at("bad/SHA256SUMS.note"));
	assert.match(verifiers.guichet(at("bad")).out, /NOT GOOD/);
});

test("a side record of another entry", () => {
	rmSync(at("bad"), { recursive: true, force: true });
	cpSync(at("ada"), at("bad"), { recursive: true });
	const list = entries("ada");
	list[3].side = list[2].side;
	list[3].salt = list[2].salt;
	writeFileSync(at("bad/entries.jsonl"),
		list.map((e) => JSON.stringify(e) + "\n").join(""));
	all(at("bad"), 1);
});

test("a checkpoint that was kept and is no part of it", () => {
	all(at("pims"), 0, "--known", at("kept-2"));
	appendFileSync(at("kept-0"), "");
	const other = new Ledger();
	other.write([other.line({ n: 1 })]);
	other.order();
	writeFileSync(at("foreign"), other.must("journal", "checkpoint"));
	other.db.drop();
	all(at("whole"), 1, "--known", at("foreign"));
});
