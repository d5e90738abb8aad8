// SPDX-License-Identifier: Apache-2.0
// Random manipulations of an export and of the database. Each class says what it can
// be held against: nothing but the log itself, a checkpoint that somebody kept, what
// a witness remembers, or a subject's key; and every verifier that is given that says
// no. Untouched copies raise no alarm. 500 here, TAMPERINGS=10000 in the slow suite;
// SEED to repeat one.
import assert from "node:assert/strict";
import { createHash, createPrivateKey, sign } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync }
	from "node:fs";
import { dirname, join } from "node:path";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import pg from "pg";
import { freePorts, guichet, program } from "../support/ground.mjs";
import { Ledger } from "../support/ledger.mjs";
import { startVerifiers } from "../support/verifiers.mjs";

const MANY = Number(process.env.TAMPERINGS ?? 500);
const IN_DATABASE = MANY / 5, IN_REPORTS = MANY / 25;
const IN_EXPORTS = MANY - IN_DATABASE - IN_REPORTS;
const EARLY = 130, LINES = 300;
let seed = Number(process.env.SEED ?? Date.now() % 1e9) >>> 0;
const first = seed;
// mulberry32
function random(n) {
	seed = (seed + 0x6d2b79f5) >>> 0;
	let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
	t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
	return ((t ^ t >>> 14) >>> 0) % n;
}

let ledger, dir, bad, kept, early, verifiers, all, key, name, witness;
after(() => {
	verifiers?.stop();
	witness?.child.kill();
	ledger?.db.drop();
});

const files = (d, at = "") => readdirSync(join(d, at)).flatMap((f) =>
	statSync(join(d, at, f)).isDirectory() ? files(d, join(at, f)) : [join(at, f)]);
const text = (f) => all.get(f).toString();
const lines = () => text("entries.jsonl").trimEnd().split("\n");
const whole = (list) => list.map((l) => l + "\n").join("");
const any = (list) => list[random(list.length)];

// A real one, who cosigned the log as it was: what it remembers is a file of its own,
// and it can be asked to cosign what it is shown.
async function startWitness() {
	const [port] = await freePorts(1), state = join(ledger.dir, "witness");
	const child = spawn(program, ["journal", "witness", "--name", "witness.example/us",
		"--state", state, "--listen", `127.0.0.1:${port}`, "--knows",
		text("vkey").trim()], { stdio: ["ignore", "ignore", "pipe"] });
	process.on("exit", () => child.kill());
	await new Promise((ready) => child.stderr.on("data", (d) =>
		/witness listens/.test(d) && ready()));
	const cosigns = async (old, note) => (await fetch(
		`http://127.0.0.1:${port}/add-checkpoint`, { method: "POST",
			body: `old ${old}\n\n${note}` })).status;
	assert.equal(await cosigns(0, text("checkpoint")), 200);
	const file = readdirSync(state).map((f) => join(state, f)).find((f) =>
		readFileSync(f, "utf8").startsWith(name[0]));
	witness = { child, cosigns, file };
}

before(async () => {
	ledger = new Ledger();
	const people = [ledger.person("C-ADA"), ledger.person("C-BOB")];
	const some = (n) => Array.from({ length: n }, (_, i) => ledger.line({ n: i,
		at: Date.UTC(2026, 2, 1 + i % 28), person: people[i % 2], to: i % 3 ? "cozy" : "solid",
		side: { call: String(i) } }));
	ledger.write(some(EARLY));
	ledger.order();
	early = join(ledger.dir, "early");
	ledger.must("journal", "export", early, "--sides");
	ledger.write(some(LINES - EARLY));
	ledger.order();
	kept = join(ledger.dir, "kept");
	writeFileSync(kept, ledger.must("journal", "checkpoint"));
	dir = join(ledger.dir, "whole");
	ledger.must("journal", "export", dir, "--sides");
	bad = join(ledger.dir, "bad");
	cpSync(dir, bad, { recursive: true });
	all = new Map(files(dir).map((f) => [f, readFileSync(join(dir, f))]));
	key = createPrivateKey(readFileSync(join(ledger.dir,
		"keys/journal-restitution.pem")));
	name = text("vkey").split("+").slice(0, 2);
	verifiers = startVerifiers(ledger, dir);
	await startWitness();
});

// What lies in the directory: changed, then as it was. null: gone.
let touched = new Set();
function put(f, content) {
	touched.add(f);
	if (content === null) {
		rmSync(join(bad, f));
		return;
	}
	mkdirSync(dirname(join(bad, f)), { recursive: true });
	writeFileSync(join(bad, f), content);
}
function restore() {
	for (const f of touched)
		if (all.has(f))
			put(f, all.get(f));
		else
			rmSync(join(bad, f), { force: true });
	touched = new Set();
}

// ---- the operator's own pen: a log that is signed anew ----

const sha = (...parts) => parts.reduce((h, p) => h.update(p),
	createHash("sha256")).digest();
const node = (a, b) => sha(Buffer.of(1), a, b);
function fold(hashes) {
	if (hashes.length === 1)
		return hashes[0];
	let k = 1;
	while (k * 2 < hashes.length)
		k *= 2;
	return node(fold(hashes.slice(0, k)), fold(hashes.slice(k)));
}
const noted = (body) => `${body}\n\u2014 ${name[0]} ${Buffer.concat([
	Buffer.from(name[1], "hex"), sign(null, Buffer.from(body), key)])
	.toString("base64")}\n`;
// All that the log's key signs, for these entries.
function signAnew(list) {
	const hashes = list.map((l) => sha(Buffer.of(0),
		Buffer.from(JSON.parse(l).leaf, "base64")));
	const note = noted(`${name[0]}\n${list.length}\n${fold(hashes)
		.toString("base64")}\n`);
	const now = new Map(all);
	now.set("entries.jsonl", Buffer.from(whole(list)));
	now.set("checkpoint", Buffer.from(note));
	for (const f of all.keys())
		if (/^checkpoints\/|^tile\//.test(f))
			now.delete(f);
	now.set(`checkpoints/${list.length}`, Buffer.from(note));
	for (let i = 0; i < hashes.length; i += 256) {
		const some = hashes.slice(i, i + 256), n = String(i / 256).padStart(3, "0");
		now.set(`tile/0/${n}${some.length < 256 ? `.p/${some.length}` : ""}`,
			Buffer.concat(some));
	}
	if (hashes.length >= 256)
		now.set("tile/1/000.p/1", fold(hashes.slice(0, 256)));
	now.delete("SHA256SUMS");
	now.delete("SHA256SUMS.note");
	const sums = [...now.keys()].sort().map((f) =>
		`${sha(now.get(f)).toString("hex")}  ${f}\n`).join("");
	now.set("SHA256SUMS", Buffer.from(sums));
	now.set("SHA256SUMS.note", Buffer.from(noted(`files of an export of ${name[0]}\n${
		sha(sums).toString("hex")}\n`)));
	for (const f of new Set([...all.keys(), ...now.keys()]))
		if (!now.has(f))
			put(f, null);
		else if (!all.get(f)?.equals(now.get(f)))
			put(f, now.get(f));
}

function rewrite(list, at) {
	const e = JSON.parse(list[at]), leaf = JSON.parse(Buffer.from(e.leaf, "base64"));
	leaf.n += 1 + random(9);
	list[at] = JSON.stringify({ ...e,
		leaf: Buffer.from(JSON.stringify(leaf)).toString("base64") });
	return list;
}
const renumber = (list) => list.map((l, i) => JSON.stringify(
	{ ...JSON.parse(l), seq: i }));

// ---- the classes: held against what, seen by whom; what it did, or null when it
// happened to change nothing ----

const THREE = ["guichet", "node", "python"];
const classes = {
	byte: { by: ["guichet"], spoil() {
		const f = any([...all.keys()]), b = Buffer.from(all.get(f));
		const at = random(b.length);
		b[at] ^= 1 << random(8);
		put(f, b);
		return `bit of ${f} at ${at}`;
	} },
	cut: { by: ["guichet"], spoil() {
		const f = any([...all.keys()]), n = random(all.get(f).length);
		put(f, all.get(f).subarray(0, n));
		return `${f} cut to ${n}`;
	} },
	gone: { by: ["guichet"], spoil() {
		const f = any([...all.keys()].filter((x) => x !== "SHA256SUMS.note"));
		put(f, null);
		return `${f} gone`;
	} },
	signed: { by: THREE, spoil() {
		const f = any(["checkpoint", `checkpoints/${LINES}`]);
		const parts = text(f).split("\n"), at = random(3);
		parts[at] = at === 1 ? String(LINES - 1 - random(9)) : at === 0 ?
			`${parts[0]}x` : sha(String(random(1e9))).toString("base64");
		put(f, parts.join("\n"));
		return `line ${at} of ${f}`;
	} },
	removed: { by: THREE, spoil() {
		const list = lines(), at = random(list.length);
		list.splice(at, 1 + random(3));
		put("entries.jsonl", whole(list));
		return `entries from ${at} removed`;
	} },
	"removed and renumbered": { by: THREE, spoil() {
		const list = lines(), at = random(list.length);
		list.splice(at, 1 + random(3));
		put("entries.jsonl", whole(renumber(list)));
		return `entries from ${at} removed, the others renumbered`;
	} },
	swapped: { by: THREE, spoil() {
		const list = lines(), [a, b] = [random(LINES), random(LINES)];
		[list[a], list[b]] = [list[b], list[a]];
		put("entries.jsonl", whole(renumber(list)));
		return a === b ? null : `entries ${a} and ${b} exchanged`;
	} },
	inserted: { by: THREE, spoil() {
		const list = lines(), at = random(list.length + 1);
		list.splice(at, 0, any(list));
		put("entries.jsonl", whole(renumber(list)));
		return `an entry put in at ${at}`;
	} },
	rewritten: { by: THREE, spoil() {
		const at = random(LINES);
		put("entries.jsonl", whole(rewrite(lines(), at)));
		return `entry ${at} rewritten`;
	} },
	side: { by: THREE, spoil() {
		const list = lines(), at = random(list.length);
		list[at] = JSON.stringify({ ...JSON.parse(list[at]), side: Buffer.from(
			JSON.stringify({ subject: "somebody else" })).toString("base64") });
		put("entries.jsonl", whole(list));
		return `side record of ${at} replaced`;
	} },
	"signed anew": { by: THREE, held: () => kept, spoil() {
		const at = random(LINES);
		signAnew(rewrite(lines(), at));
		return `entry ${at} rewritten, all of it signed anew`;
	} },
	"rolled back": { by: THREE, held: () => kept, spoil() {
		const size = 1 + random(LINES - 1);
		signAnew(lines().slice(0, size));
		return `rolled back to ${size}`;
	} },
};
// and the same again, by somebody who kept nothing and asks the witness
for (const c of ["signed anew", "rolled back"])
	classes[`${c}, witnessed`] = { ...classes[c], held: () => witness.file,
		asks: true };
const against = (c) => c.asks ? "a witness" : c.held ? "a kept checkpoint" : "nothing";

const one = (v, known) => verifiers[v](bad, known).then((said) => said.split(" ")[0]);

test("untouched: no alarm, by any of the three", async () => {
	for (const d of [dir, early])
		for (const v of THREE)
			for (let i = 0; i < 5; i++)
				assert.match(await verifiers[v](d), /^good/, v);
	for (const v of THREE)
		assert.match(await verifiers[v](dir, kept), /^good/, v);
	assert.equal(guichet("journal", "verify", dir).code, 0);
	assert.equal(ledger.run("journal", "verify", dir, "--known", kept).code, 0);
	signAnew(lines());
	for (const v of THREE)
		assert.equal(await one(v, kept), "good", "our own pen writes as the log does");
	restore();
});

test(`${IN_EXPORTS} random manipulations of exports (SEED=${first})`, async () => {
	const names = Object.keys(classes), seen = new Map();
	for (let i = 0; i < IN_EXPORTS; i++) {
		const c = classes[names[i % names.length]], what = c.spoil();
		// all at once; the scripts each third time unless there is time
		const by = what === null ? [] : MANY > 500 || i % 3 === 0 ? c.by : ["guichet"];
		if (c.held)		// that is why one keeps a checkpoint
			assert.deepEqual(await Promise.all(by.map((v) => one(v))),
				by.map(() => "good"), what);
		const held = c.held?.();
		assert.deepEqual(await Promise.all(by.map((v) => one(v, held))),
			by.map(() => "bad"), `${by}: ${what}`);
		if (c.asks)		// nor does it cosign what it is shown
			assert.notEqual(await witness.cosigns(LINES, readFileSync(
				join(bad, "checkpoint"), "utf8")), 200, what);
		seen.set(names[i % names.length], (seen.get(names[i % names.length]) ?? 0) + 1);
		if (i % 50 === 0 && what !== null)	// and by the command itself
			assert.equal(guichet("journal", "verify", bad, ...(held ?
				["--known", held] : [])).code, 1, what);
		restore();
		if (i % 50 === 0)
			for (const v of THREE)
				for (const held of [kept, witness.file])
					assert.equal(await one(v, held), "good", "as it was again");
	}
	for (const [n, count] of seen)
		console.log(`# ${count} x ${n}, held against ${against(classes[n])}, by ${
			classes[n].by.join(", ")}`);
});

// A report about one person that is true as far as it goes: it verifies, and only her
// key tells what it leaves out, or puts in.
test(`${IN_REPORTS} reports held against a subject's key`, async () => {
	const make = (who, ...args) => {
		const d = join(ledger.dir, `report${random(1e9)}`);
		ledger.must("journal", "export", d, "--customer", who, ...args);
		return d;
	};
	const day = () => `2026-03-${String(2 + random(26)).padStart(2, "0")}`;
	const ways = {
		"her lines of some days": () => make("C-ADA", any(["--from", "--to"]), day()),
		"her lines to one PIMS": () => make("C-ADA", "--pims", any(["cozy", "solid"])),
		"another's lines": () => {
			const d = make("C-BOB", "--from", day());
			writeFileSync(join(d, "subject.key"),
				`${ledger.people["C-ADA"].key.toString("base64")}\n`);
			return d;
		},
	};
	const whole = make("C-ADA"), names = Object.keys(ways);
	assert.match(await verifiers.complete(whole, dir), /^good complete: all 150 lines/);
	for (let i = 0; i < IN_REPORTS; i++) {
		const what = names[i % names.length], d = ways[what]();
		if (what !== "another's lines")
			assert.match(await verifiers.guichet(d), /^good/, "nothing in it is false");
		assert.match(await verifiers.complete(d, dir),
			/^bad .*(leaves out|is not hers)/, what);
		rmSync(d, { recursive: true });
		if (i % 50 === 0)
			assert.match(await verifiers.complete(whole, dir), /^good/);
	}
	console.log(`# ${IN_REPORTS} x ${names.join(", ")}, held against a subject's key, ` +
		"by complete.py");
});

test(`${IN_DATABASE} random manipulations of the database`, async () => {
	const client = new pg.Client({ connectionString: ledger.db.url });
	await client.connect();
	const run = (q) => client.query(q);
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
			random(32 * 40)}, ${random(256)}) WHERE level = 0 AND log = 0 AND n = ${
			random(2)}`,
		() => `UPDATE guichet.journal_bundle SET ids = ids[1:${10 + random(200)}]
			WHERE log = 0 AND n = ${random(2)}`,
		() => `UPDATE guichet.journal_note SET note = replace(note, E'\\n${LINES
			}\\n', E'\\n${LINES - 1 - random(5)}\\n') WHERE log = 0`,
	];
	const tables = ["journal_line", "journal_tile", "journal_bundle",
		"journal_note"];
	const keys = { journal_line: "id", journal_tile: "log, level, n",
		journal_bundle: "log, n", journal_note: "log, size" };
	for (const t of tables)
		await run(`CREATE TABLE public.${t} AS TABLE guichet.${t}`);
	// what differs from how it was, put back as it was; how many rows it were
	const putBack = async () => {
		let n = 0;
		for (const t of tables) {
			const other = await run(`SELECT ${keys[t]} FROM (TABLE public.${t}
				EXCEPT TABLE guichet.${t}) AS x`);
			for (const row of other.rows) {
				const where = Object.entries(row).map(([k, v]) =>
					`${k} = '${v}'`).join(" AND ");
				await run(`DELETE FROM guichet.${t} WHERE ${where}`);
				await run(`INSERT INTO guichet.${t} ${t === "journal_line" ?
					"OVERRIDING SYSTEM VALUE" : ""} SELECT * FROM public.${t}
					WHERE ${where}`);
			}
			n += other.rowCount;
		}
		return n;
	};
	try {
		for (let i = 0; i < IN_DATABASE; i++) {
			const way = ways[i % ways.length]();
			await run(way);
			const said = await verifiers.guichet("db"), changed = await putBack() > 0;
			assert.equal(said.startsWith("bad"), changed, `${way}: ${said}`);
		}
		assert.equal(await verifiers.guichet("db"), "good", "as it was again");
		await run(ways[2]());
		assert.equal(ledger.run("journal", "verify").code, 1, "by the command");
	} finally {
		await client.end();
	}
});
