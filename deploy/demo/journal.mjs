// SPDX-License-Identifier: Apache-2.0
// Checks an exported journal without Guichet: RFC 6962 hashing and a C2SP signed
// note, by Node's own crypto. Throws what is wrong, or returns the lines.
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const sha256 = (...parts) => {
	const h = createHash("sha256");
	parts.forEach((p) => h.update(p));
	return h.digest();
};

// RFC 6962 2.1: the largest power of two less than n divides a tree.
function rootOf(hashes) {
	if (hashes.length === 0)
		return sha256();
	if (hashes.length === 1)
		return hashes[0];
	let half = 1;
	while (half * 2 < hashes.length)
		half *= 2;
	return sha256(Buffer.of(1), rootOf(hashes.slice(0, half)),
		rootOf(hashes.slice(half)));
}

// c2sp.org/signed-note: name+hash+base64(type || key); Ed25519 is type 1.
function verifyNote(note, vkey) {
	const [name, id, ...rest] = vkey.trim().split("+");
	const key = Buffer.from(rest.join("+"), "base64");
	assert.equal(key[0], 1, "the key is not Ed25519");
	assert.equal(sha256(name, "\n", key).subarray(0, 4).toString("hex"), id);
	const end = note.indexOf("\n\n") + 1;
	const text = note.slice(0, end);
	const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"),
		key.subarray(1)]);
	const open = createPublicKey({ key: spki, format: "der", type: "spki" });
	const good = note.slice(end + 1).trim().split("\n").some((line) => {
		const [, by, sig] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
		const bytes = Buffer.from(sig ?? "", "base64");
		return by === name && bytes.subarray(0, 4).toString("hex") === id &&
			verify(null, Buffer.from(text), open, bytes.subarray(4));
	});
	assert.ok(good, "the checkpoint's signature is wrong");
	return text.split("\n");
}

export function verifyExport(dir) {
	const read = (name) => readFileSync(join(dir, name), "utf8");
	const [, size, root] = verifyNote(read("checkpoint"), read("vkey"));
	const entries = read("entries.jsonl").split("\n").filter(Boolean)
		.map((l) => JSON.parse(l));
	const lines = entries.map((e, i) => {
		assert.equal(e.seq, i, `entry ${i} says it is ${e.seq}`);
		return JSON.parse(Buffer.from(e.leaf, "base64"));
	});
	assert.equal(entries.length, Number(size), "entries and size differ");
	assert.ok(entries.length > 0, "the journal is empty");
	const computed = rootOf(entries.map((e) => sha256(Buffer.of(0),
		Buffer.from(e.leaf, "base64")))).toString("base64");
	assert.equal(computed, root, "the root is not that of the entries");
	return lines;
}
