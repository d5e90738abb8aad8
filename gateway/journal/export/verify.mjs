#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Verifies an export of Guichet's journal with nothing but Node (18).
//
//     node verify.mjs DIR [--vkey KEY] [--known NOTE]
//
// KEY: the verifier key you hold. NOTE: a checkpoint you kept. Exit 0: good; 1: not
// good, or in doubt.
import { createHash, createPublicKey, verify as ed25519 } from "node:crypto";
import { createReadStream, existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const bad = (text) => { throw new Error(text); };
const sha = (...parts) => {
	const h = createHash("sha256");
	for (const p of parts)
		h.update(p);
	return h.digest();
};
const read = (...path) => readFileSync(join(...path));
const unb64 = (t) => typeof t === "string" ? Buffer.from(t, "base64") : bad("not base64");
const ONE = Buffer.of(1);

// ---- notes (c2sp.org/signed-note, tlog-checkpoint) ----
function openNote(note, vkey, what) {
	const [name, id, ...rest] = vkey.trim().split("+");
	const key = unb64(rest.join("+"));
	if (key[0] !== 1 || key.length !== 33 ||
	    sha(name, "\n", key).subarray(0, 4).toString("hex") !== id)
		bad(`this is not a verifier key: ${vkey}`);
	const open = createPublicKey({ format: "der", type: "spki", key: Buffer.concat([
		Buffer.from("302a300506032b6570032100", "hex"), key.subarray(1)]) });
	const end = note.lastIndexOf("\n\n") + 1, text = note.slice(0, end);
	for (const line of note.slice(end + 1).split("\n")) {
		const [, by, b64] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
		const sig = Buffer.from(b64 ?? "", "base64");
		if (by !== name || sig.subarray(0, 4).toString("hex") !== id)
			continue;
		return ed25519(null, Buffer.from(text), open, sig.subarray(4)) ?
			text.split("\n") : bad(`the signature of the ${what} is wrong`);
	}
	return bad(`the ${what} is not signed by ${name}+${id}`);
}

// A note of the past may bear the name the log had before it began anew.
function checkpoint(note, vkey, what, past) {
	if (past) {
		const name = note.toString().split("\n")[0], key = vkey.split("+").slice(2).join("+");
		vkey = `${name}+${sha(name, "\n", unb64(key)).subarray(0, 4).toString("hex")}+${key}`;
	}
	const [origin, size, root] = openNote(note.toString(), vkey, what);
	if (origin !== vkey.split("+")[0] || String(Number(size)) !== size)
		bad(`the ${what} is of another log`);
	return { size: Number(size), root: unb64(root) };
}

// ---- the tree (RFC 6962): roots of perfect subtrees, left to right ----
function push(stack, level, h) {
	while (stack.at(-1)?.level === level) {
		h = sha(ONE, stack.pop().h, h);
		level++;
	}
	stack.push({ level, h });
}
const rootOf = (stack) => stack.length === 0 ? sha() :
	stack.slice(0, -1).reduceRight((h, left) => sha(ONE, left.h, h), stack.at(-1).h);

// What a part of the log leaves out.
function skip(stack, start, end, hashes = []) {
	for (const h of hashes) {
		let k = 0;
		while (start % 2 ** (k + 1) === 0 && start + 2 ** (k + 1) <= end)
			k++;
		push(stack, k, unb64(h));
		start += 2 ** k;
	}
	if (start !== end)
		bad(`entry ${start} is missing: entry ${end} stands in its place`);
}

const sideOf = (e) => sha("guichet/side/v1\n", unb64(e.salt), unb64(e.side))
	.toString("base64url");

async function verify(dir, vkey, known) {
	const { size, root } = checkpoint(read(dir, "checkpoint"), vkey, "checkpoint");
	const part = existsSync(join(dir, "range.json")) && JSON.parse(read(dir, "range.json"));
	const past = readdirSync(join(dir, "checkpoints"))
		.map((n) => ({ n, ...checkpoint(read(dir, "checkpoints", n), vkey, n, true) }));
	const kept = known && { n: "known", ...checkpoint(read(known), vkey, "known one", true) };
	if (kept && past.push(kept) && kept.size > size)
		bad(`rolled back: the known checkpoint has ${kept.size} entries, this ${size}`);
	const stack = [], roots = new Map(), wanted = new Set(past.map((c) => c.size));
	const mark = () => wanted.has(at) && roots.set(at, rootOf(stack));
	let at = 0, count = 0;
	for await (const line of createInterface({ crlfDelay: Infinity,
		input: createReadStream(join(dir, "entries.jsonl")) })) {
		const e = JSON.parse(line), leaf = e.leaf === null ? null : unb64(e.leaf);
		mark();
		skip(stack, at, e.seq, part ? e.before : []);
		at = e.seq;
		mark();
		push(stack, 0, leaf ? sha(Buffer.of(0), leaf) : unb64(e.leaf_hash));
		if (leaf && e.side && sideOf(e) !== JSON.parse(leaf).cm)
			bad(`the side record of entry ${at} is not the one it commits to`);
		at++;
		count++;
	}
	mark();
	if (count !== (part ? part.entries : size))
		bad(`${count} entries are there, ${part ? part.entries : size} should be`);
	skip(stack, at, size, part ? part.after : []);
	if (!rootOf(stack).equals(root))
		bad("the entries are not those that were signed");
	roots.set(size, root);
	for (const c of past)
		if ((c.n !== "known" && c.n !== String(c.size)) ||
		    !(roots.get(c.size) ?? c.root).equals(c.root))
			bad(`checkpoint ${c.n} tells another history`);
	if (kept && !roots.has(kept.size))
		bad("this part of the log cannot be held against the known checkpoint");
	return { count, size };
}

try {
	const [dir, ...args] = process.argv.slice(2), opt = {};
	for (let i = 0; i + 1 < args.length; i += 2)
		opt[args[i].slice(2)] = args[i + 1];
	const vkey = opt.vkey ?? read(dir, "vkey").toString().trim();
	const { count, size } = await verify(dir, vkey, opt.known);
	console.log(`good: ${vkey.split("+")[0]}, ${count} of ${size} entries\n` +
		`held against: ${opt.vkey ? "the key you gave" : "the key in the export (--vkey)"}, ` +
		(opt.known ? "a checkpoint you kept" : "no checkpoint of yours (--known)"));
} catch (e) {
	console.log(`NOT GOOD: ${e.message}`);
	process.exitCode = 1;
}
