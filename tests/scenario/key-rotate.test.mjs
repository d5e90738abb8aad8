// SPDX-License-Identifier: Apache-2.0
// The sealing key is replaced while the gateway runs: everything sealed is
// sealed by the new one, deliveries go on without a restart, and a rotation
// that was stopped goes on.
import assert from "node:assert/strict";
import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guichet } from "../support/ground.mjs";
import { startPushing } from "../support/pushing.mjs";

const SET = "energy.load-curve", CURVE = "fr.enedis.api.meteringdata.loadcurve";
let p;

before(async () => {
	p = await startPushing();
	for (let i = 0; i < 3; i++)
		assert.equal((await p.approve(await p.connect([SET]))).status, 303);
	await p.until(() => p.cozy.couch.count(CURVE) === p.expected(SET), "all");
});
after(() => p?.stop());

const rotate = (...args) => guichet("key", "rotate", ...args, "--config",
	p.ground.config);
const keys = () => readdirSync(join(p.ground.dir, "keys"))
	.filter((f) => f.startsWith("seal-")).sort();
const idOf = (text) => Buffer.from(text, "base64url").subarray(0, 4)
	.toString("hex");
const sealed = () => [...new Set( p.sql("SELECT sealed FROM guichet.destination WHERE " +
	"sealed IS NOT NULL").split("\n").map(idOf))];
const newest = () => keys().at(-1).slice(5, 13);
const delivers = async (what) => {
	const day = p.touchOneDay();
	const id = p.cozy.couch.documents(CURVE).find((d) => d.day === day)._id;
	const rev = p.cozy.couch.get(CURVE, id)._rev;
	await p.until(() => p.cozy.couch.get(CURVE, id)._rev !== rev, what);
};
const renewed = () => {
	p.cozy.advance(8 * 86400e3);	// its key expires: it is renewed, sealed
	return delivers("with a renewed key");
};

test("a new key, everything sealed by it, nothing restarted", async () => {
	const pids = p.gateway.pids();
	const was = p.sql("SELECT sealed FROM guichet.destination");
	const r = rotate();
	assert.equal(r.code, 0, r.err);
	assert.match(r.out, /sealed anew: 3\n/);
	assert.equal(keys().length, 2);
	assert.deepEqual(sealed(), [newest()]);
	assert.notEqual(p.sql("SELECT sealed FROM guichet.destination"), was);
	await delivers("with the new key");
	await renewed();
	assert.deepEqual(sealed(), [newest()]);	// by the worker itself
	assert.deepEqual(p.gateway.pids(), pids);
	assert.equal(p.sql(`SELECT count(*) FROM guichet.journal_line WHERE
		convert_from(leaf, 'UTF8') LIKE '%admin.key_rotated%'`), "1");
});

test("in batches of two; an ended one has nothing left to do", async () => {
	const r = rotate("--batch", "2");
	assert.match(r.out, /sealed anew: 3\n/);
	assert.equal(r.code, 0, r.err);
	assert.deepEqual(sealed(), [newest()]);
	const again = rotate("--resume");
	assert.equal(again.code, 0, again.err);
	assert.match(again.out, /sealed anew: 0\n/);
	assert.equal(keys().length, 3);
	await renewed();
});

test("what no key opens is told, and left as it is", async () => {
	const dir = join(p.ground.dir, "keys");
	p.sql(`UPDATE guichet.destination SET sealed = 'AAAAAAAAAAAA' ||
		substr(sealed, 13)`);
	const r = rotate();
	assert.equal(r.code, 65);
	assert.match(r.err, /3 could not be opened/);
	assert.match(p.sql("SELECT sealed FROM guichet.destination"), /^AAAAAAAA/m);
	renameSync(join(dir, keys()[0]), join(p.ground.dir, "old.key"));
	assert.equal(rotate("--resume").code, 65);
});
