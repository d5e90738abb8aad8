// SPDX-License-Identifier: Apache-2.0
// A change of software cancels nobody's consent: all grants leave one
// installation in a signed archive and come into another, none lost, none twice,
// and nothing that was altered on the way.
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { prepareGateway } from "../support/gateway.mjs";
import { guichet, temporary } from "../support/ground.mjs";
import { addClient } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";

const N = Number(process.env.GRANTS ?? 2000);
const dir = temporary(), archive = join(dir, "grants"), jwks = join(dir, "jwks");
let from, to;

const cli = (ground, ...args) => guichet("grant", ...args, "--config",
	ground.config);
const all = (ground) => sql(ground.db.url, `SELECT md5(string_agg(
	g::text || s::text, '|' ORDER BY g.id)) FROM guichet.grants AS g
	JOIN guichet.subject AS s ON s.id = g.subject_id`);

before(async () => {
	from = await prepareGateway();
	to = await prepareGateway();
	addClient(from.db.url, { id: "alpha", name: "Alpha" });
	sql(from.db.url, `INSERT INTO guichet.subject (id, customer, key)
		SELECT gen_random_uuid(), 'C' || n, sha256(n::text::bytea)
		FROM generate_series(1, ${N}) AS n;
		INSERT INTO guichet.grants (id, client_id, subject_id, pairwise,
			datasets, details, purpose, language, notice_sha256, expires,
			state, ended, refresh_hash)
		SELECT gen_random_uuid(), 'alpha', id, 'p' || customer,
			'{energy.contract}', '[{"type":"restitution","datasets":
			["energy.contract"]}]', E'Été "x" \\\\ \\n fin', 'fr',
			sha256('n'), now() + interval '1 year',
			CASE WHEN customer LIKE '%7' THEN 'withdrawn' ELSE 'active' END,
			CASE WHEN customer LIKE '%7' THEN now() END,
			sha256(customer::bytea) FROM guichet.subject`);
	const pem = readFileSync(join(from.dir, "keys/sign-es256.pem"));
	const { createPublicKey } = await import("node:crypto");
	writeFileSync(jwks, JSON.stringify({ keys: [createPublicKey(pem)
		.export({ format: "jwk" })] }));
});

test(`${N} consents leave, in a file of ours alone`, () => {
	const r = cli(from, "export", archive);
	assert.equal(r.code, 0, r.err);
	assert.match(r.out, new RegExp(`^${N} consents`));
	assert.equal(statSync(archive).mode & 0o777, 0o600);
	assert.notEqual(cli(from, "export", archive).code, 0);	// never over another
});

test("an unknown recipient is told, and nothing came in", () => {
	const r = cli(to, "import", archive, "--jwks", jwks);
	assert.equal(r.code, 65);
	assert.match(r.err, /register these recipients.*alpha/);
	assert.equal(sql(to.db.url, "SELECT count(*) FROM guichet.subject"), "0");
});

test("altered, cut, or signed by another: nothing comes in", () => {
	addClient(to.db.url, { id: "alpha", name: "Alpha" });
	const text = readFileSync(archive, "utf8"), lines = text.trimEnd().split("\n");
	const other = join(dir, "other"), bad = join(dir, "bad");
	writeFileSync(other, JSON.stringify({ keys: [] }));
	for (const [spoilt, keys, said] of [
		[text.replace("C1", "C2"), jwks, /not those that were signed/],
		[[...lines.slice(0, 5), ...lines.slice(6)].join("\n") + "\n", jwks,
			/not those that were signed/],
		[lines.slice(0, -1).join("\n") + "\n", jwks, /cut/],
		["", jwks, /no archive/], [text, other, /not signed by a key/]]) {
		writeFileSync(bad, spoilt);
		const r = cli(to, "import", bad, "--jwks", keys);
		assert.equal(r.code, 65, r.out);
		assert.match(r.err, said);
	}
	assert.equal(sql(to.db.url, "SELECT count(*) FROM guichet.grants"), "0");
});

test("whole, it comes in as it was; twice is once", () => {
	const r = cli(to, "import", archive, "--jwks", jwks);
	assert.equal(r.code, 0, r.err);
	assert.match(r.out, new RegExp(`^${N} consents came in, 0 were`));
	assert.equal(all(to), all(from));
	const again = cli(to, "import", archive, "--jwks", jwks);
	assert.match(again.out, new RegExp(`^0 consents came in, ${N} were`));
	assert.equal(all(to), all(from));
	// nobody is written to: each was told where the consent was given
	assert.equal(sql(to.db.url, "SELECT count(*) FROM guichet.letter"), "0");
	assert.equal(cli(to, "import", archive).code, 64);	// by whose key?
});
