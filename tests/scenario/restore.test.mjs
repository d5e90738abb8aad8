// SPDX-License-Identifier: Apache-2.0
// docs/how-to/back-up-and-restore.md, done: an older backup is restored, and
// nothing is signed over what this host remembers; the newer one goes on.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { prepareGateway, startGateway } from "../support/gateway.mjs";
import { guichet } from "../support/ground.mjs";
import { judge } from "../support/judge.mjs";
import { LINES_WAITING, postgresUrl, sql } from "../support/postgres.mjs";

const size = (url) => Number(sql(url, `SELECT coalesce(max(size), -1)
	FROM guichet.journal_note WHERE log = 1`));
const line = (url) => sql(url, `INSERT INTO guichet.journal_line (id, log, leaf)
	VALUES (gen_random_uuid(), 1, '{"v":1}')`);

test("an older backup stands still, the newer one goes on", async () => {
	const ground = await prepareGateway({ settings: { log: { level: "info" },
		journal: { interval_ms: 100 } } });
	const { url, name } = ground.db;
	const dump = (file) => execFileSync("pg_dump", ["-Fc", "-f",
		join(ground.dir, file), "-d", url]);
	const restore = (file) => {
		sql(postgresUrl(), `DROP DATABASE "${name}" WITH (FORCE)`);
		sql(postgresUrl(), `CREATE DATABASE "${name}"`);
		execFileSync("pg_restore", ["-d", url, "--exit-on-error",
			join(ground.dir, file)]);
	};
	const signs = async (g, more) => {
		const before = size(url);
		line(url);
		await g.until(() => size(url) >= before + more &&
			sql(url, LINES_WAITING) === "0", "signed");
	};

	let g = await startGateway({ ground });
	await signs(g, 1);
	assert.equal(await g.stop(), 0);
	dump("older");
	g = await startGateway({ ground });
	await signs(g, 1);
	assert.equal(await g.stop(), 0);
	dump("newer");

	restore("older");
	const kept = size(url);
	g = await startGateway({ ground });
	line(url);
	await g.until(() => g.said("code=E309") > 0, "the refusal");
	assert.equal(size(url), kept, "nothing was signed");
	assert.equal(await g.stop(), 0);

	restore("newer");
	g = await startGateway({ ground });
	await signs(g, 1);
	assert.equal(g.said("code=E309"), 0);
	assert.equal(await g.stop(), 0);
	const again = guichet("journal", "new-epoch", "--reason", "x", "--config",
		ground.config);
	assert.equal(again.code, 65);
	assert.match(again.err, /holds all that was signed here/);

	// the newer one is lost for good: a person decides to go on
	const notes = join(ground.dir, "keys/notes");
	const lost = readFileSync(join(notes, "consent-admin.note"), "utf8");
	restore("older");
	const old = join(ground.dir, "old"), gone = join(ground.dir, "gone");
	writeFileSync(old, sql(url, `SELECT note FROM guichet.journal_note
		WHERE log = 1 ORDER BY size DESC LIMIT 1`) + "\n");
	writeFileSync(gone, lost);
	const journal = (verb, ...args) => guichet("journal", verb, ...args,
		"--config", ground.config);
	assert.equal(journal("new-epoch").code, 64);
	assert.match(journal("new-epoch", "--reason", "x").err,
		/named localhost:\d+\/journal\S* in the database already/);
	ground.change({ journal: { interval_ms: 100,
		origin: "counter.example/journal-2" } });
	g = await startGateway({ ground });	// the settings alone do not do
	await g.until(() => g.said("journal has another origin") > 0, "refused");
	assert.equal(await g.stop(), 0);
	const begun = journal("new-epoch", "--reason", "the disk of Tuesday burnt");
	assert.equal(begun.code, 0, begun.out + begun.err);
	const first = Number(sql(url, `SELECT first FROM guichet.journal_origin
		WHERE log = 1`));
	for (const log of [0, 1])
		assert.equal(sql(url, `SELECT convert_from(e.leaf, 'UTF8')::json->>'ev'
			FROM guichet.journal_origin AS o, LATERAL
			guichet.journal_entries(${log}, o.first, o.first + 1) AS e
			WHERE o.log = ${log}`), "integrity.begun_anew");
	assert.equal(sql(url, `SELECT convert_from(leaf, 'UTF8')::json->>'q'
		FROM guichet.journal_entries(1, ${first}, ${first + 1})`) + "\n", lost);
	g = await startGateway({ ground });
	await signs(g, 1);
	assert.equal(g.said("stands still"), 0);
	assert.equal(await g.stop(), 0);
	assert.equal(readdirSync(notes).filter((f) =>
		f.startsWith("consent-admin.note.before-")).length, 1);

	// what was signed and is there is held against, and what is gone is missed
	const dir = join(ground.dir, "export");
	const made = journal("export", dir, "--log", "consent-admin");
	assert.equal(made.code, 0, made.err);
	const node = (...args) => spawnSync(process.execPath,
		[join(dir, "verify.mjs"), dir, ...args], { encoding: "utf8" });
	const python = (...args) => spawnSync("python3",
		[join(dir, "verify.py"), dir, ...args], { encoding: "utf8" });
	for (const known of [[], ["--known", old]]) {
		const r = journal("verify", "--log", "consent-admin", ...known);
		assert.equal(r.code, 0, r.out + r.err);
		assert.match(r.out, /^good: counter\.example\/journal-2\/consent-admin/);
		for (const r2 of [journal("verify", dir, ...known), node(...known),
			python(...known)])
			assert.match(r2.out ?? r2.stdout, /^good: /);
	}
	const size_now = size(url);
	assert.deepEqual(judge("export", dir, old),
		{ good: true, said: `ok ${size_now}` });
	assert.equal(judge("export", dir, gone).good, false);
	const r = journal("verify", "--log", "consent-admin", "--known", gone);
	assert.equal(r.code, 1);
	assert.match(r.out, /NOT GOOD[^]*integrity\.begun_anew quotes what was lost/);
	assert.equal(node("--known", gone).status, 1);
	assert.equal(python("--known", gone).status, 1);
});
