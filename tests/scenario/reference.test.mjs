// SPDX-License-Identifier: Apache-2.0
// The reference says what the program says: generated anew, it is the same as
// what is committed; and what it is made from agrees with a living database, a
// living /metrics, mandoc and bash.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gather, markdown, tables } from "../../deploy/reference.mjs";
import { startGateway } from "../support/gateway.mjs";
import { guichet, program, root, temporary } from "../support/ground.mjs";
import { sql } from "../support/postgres.mjs";

const all = gather(program);

test("docs/reference is what `make reference` writes", () => {
	for (const [name, text] of Object.entries(markdown(all)))
		assert.equal(readFileSync(join(root, "docs/reference", name), "utf8"),
			text, `${name} is old: run \`make reference\``);
});

test("every command, flag, setting and error is told, with words", () => {
	const listed = [...guichet("--help").out.matchAll(/^ {2}([a-z]+) {2,}/gm)]
		.map((m) => m[1]);
	assert.deepEqual(all.commands.map((c) => c.name), listed);
	for (const c of all.commands) {
		const { out } = guichet(c.name, "--help");
		for (const f of c.flags) {
			assert.ok(out.includes(`  ${f.name} `), `${c.name} ${f.name}`);
			assert.ok(f.help.length > 3, `${c.name} ${f.name}`);
		}
	}
	for (const s of all.settings)
		assert.match(s.sentence, /^\S.*\.$/,
			`${s.section}.${s.key}`);
	for (const r of all.routes)
		assert.ok(r.story.length > 10, `${r.method} ${r.path}: say at the top ` +
			"of its file what it is for");
	// every code that the source uses is explained, and none else
	const used = new Set(execFileSync("grep", ["-rhoE", '"E[0-9]{3}"',
		join(root, "gateway"), "--include=*.c", "--exclude=explain*.c"],
		{ encoding: "utf8" }).match(/E\d{3}/g));
	const told = new Set(all.errors.map((e) => e.code));
	assert.deepEqual([...used].filter((c) => !told.has(c)), []);
});

test("tables and metrics: told and real are the same", async () => {
	const g = await startGateway({ settings: { log: { level: "info" } } });
	const real = sql(g.db.url, `SELECT relname FROM pg_class AS c
		JOIN pg_namespace AS n ON n.oid = relnamespace
		WHERE nspname = 'guichet' AND relkind IN ('r', 'p')
		  AND NOT relispartition AND relname <> 'migration'
		ORDER BY relname COLLATE "C"`).split("\n");
	assert.deepEqual(tables().map((t) => t.name), real);
	await g.ask("/nowhere");
	const families = [...(await g.admin("/metrics")).text
		.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((m) => [m[1], m[2]]);
	assert.deepEqual(families.sort(),
		all.metrics.map((m) => [m.name, m.kind]).sort());
	assert.equal(await g.stop(), 0);
});

test("manual pages are clean to mandoc, and bash completes", () => {
	const dir = temporary();
	const make = (kind, to) => execFileSync(process.execPath, [join(root,
		"deploy/reference.mjs"), program, kind, to]);
	make("man", dir);
	const pages = readdirSync(dir);
	assert.equal(pages.length, all.commands.length + 2);
	const r = spawnSync("mandoc", ["-Tlint", "-Wstyle",
		...pages.map((p) => join(dir, p))], { encoding: "utf8" });
	assert.equal(r.stdout + r.stderr, "");
	make("bash", join(dir, "guichet.bash"));
	const complete = (...words) => execFileSync("bash", ["-c", `
		. "${dir}/guichet.bash"; COMP_WORDS=(${words.map((w) => `'${w}'`)
		.join(" ")}); COMP_CWORD=${words.length - 1}; _guichet
		printf '%s\\n' "\${COMPREPLY[@]}"`], { encoding: "utf8" })
		.trim().split("\n");
	assert.deepEqual(complete("guichet", "mig"), ["migrate"]);
	assert.deepEqual(complete("guichet", "migrate", "--ch"), ["--check"]);
	assert.ok(complete("guichet", "key", "").includes("new"));
});
