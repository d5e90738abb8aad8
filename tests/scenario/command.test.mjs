// SPDX-License-Identifier: Apache-2.0
// The command line told as a person meets it: help, mistakes, keys. jose
// judges the keys.
import assert from "node:assert/strict";
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync }
	from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createPrivateKey } from "node:crypto";
import { calculateJwkThumbprint, exportJWK } from "jose";
import { guichet, temporary, writeSettings } from "../support/ground.mjs";

const good = { organisation: { name: "Essai", contact: "dpo@example.org" },
	server: { public_url: "https://localhost:8443" },
	database: { url: "postgresql:///guichet" } };
const settings = (dir, more = {}) =>
	writeSettings(join(dir, "guichet.conf"), { ...good, ...more });

test("help goes to stdout, mistakes to stderr with 64", () => {
	const help = guichet("--help");
	assert.equal(help.code, 0);
	assert.match(help.out, /^ {2}key {2,}Make, list or replace the keys/m);
	assert.match(guichet("--version").out, /^guichet \d+\.\d+\n$/);
	for (const [args, says] of [
		[[], /usage: guichet COMMAND/],
		[["kye"], /unknown command 'kye'; perhaps you meant 'key'/],
		[["xylophone"], /unknown command 'xylophone'; `guichet --help`/],
		[["key"], /guichet key: say new, list, rotate, announce or switch\nusage: guichet key/],
		[["key", "list", "--jsno"], /unknown option '--jsno'; perhaps you meant '--json'/],
		[["key", "list", "--json=yes"], /--json takes no value/],
		[["key", "list", "--config"], /--config needs a value/],
	]) {
		const r = guichet(...args);
		assert.equal(r.code, 64, args.join(" "));
		assert.equal(r.out, "");
		assert.match(r.err, says);
	}
});

test("a fault in the settings names place, cause and cure, with 78", () => {
	const dir = temporary(), file = settings(dir);
	writeFileSync(file, readFileSync(file, "utf8")
		.replace("public_url", "public_ulr"));
	const r = guichet("key", "list", "--config", file);
	assert.equal(r.code, 78);
	assert.equal(r.err, `${file}:6:1: error E106: unknown key 'public_ulr' in [server]
     6 | public_ulr = https://localhost:8443
       | ^
  cure: perhaps you meant 'public_url'
`);
	const none = guichet("key", "list", "--config", join(dir, "none.conf"));
	assert.equal(none.code, 78);
	assert.match(none.err, /none\.conf: error E101: cannot be read/);
});

test("every setting is in the help of serve", () => {
	const { out } = guichet("serve", "--help");
	for (const name of ["public_url", "grant_days_max", "horizon_margin_ms"])
		assert.match(out, new RegExp(`^  ${name} `, "m"));
	assert.match(out, /Required\./);
});

test("keys are made once, for this user alone, and jose knows them", async () => {
	const dir = temporary(), conf = settings(dir);
	const keys = join(dir, "keys");
	const key = (...args) => guichet("key", ...args, "--config", conf);

	assert.match(key("list").err, /E121.*sign-es256|cannot be read/s);
	assert.equal(key("new").out.trim().split("\n").length, 7);
	assert.equal(key("new").out, "");
	assert.equal(statSync(keys).mode & 0o777, 0o700);
	for (const f of readdirSync(keys))
		assert.equal(statSync(join(keys, f)).mode & 0o777,
			f.endsWith(".pub") ? 0o644 : 0o600, f);
	const list = JSON.parse(key("list", "--json").out);
	assert.equal(list.files.length, 7);
	const jwk = await exportJWK(createPrivateKey(
		readFileSync(join(keys, "sign-es256.pem"))));
	assert.equal(jwk.crv, "P-256");
	assert.equal(list.signing_kid, await calculateJwkThumbprint(jwk));

	chmodSync(join(keys, "ticket.key"), 0o644);
	const open = key("list");
	assert.equal(open.code, 78);
	assert.match(open.err, /ticket\.key: error E122: can be read by other users \(mode 0644\)\n {2}cure: chmod 600/);
});
