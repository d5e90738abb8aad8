// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL for tests: the one tests/run.mjs started (GUICHET_TEST_PG), or
// one of our own, removed when the process ends.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keepLines } from "./told.mjs";

const pg = fileURLToPath(new URL("./pg", import.meta.url));

// Starts a private cluster; { url, stop(mode), start(), remove() }. standbyOf: the
// URL of one that it follows, until promote().
export function startPostgres({ fsync = false, standbyOf,
	dir = mkdtempSync(join(tmpdir(), "guichet-test-")) } = {}) {
	const start = () => execFileSync(pg, standbyOf ?
		["standby", dir, standbyOf] :
		["start", dir, ...(fsync ? ["--fsync"] : [])],
		{ encoding: "utf8" }).trim();
	const url = start();
	const remove = () => {
		spawnSync(pg, ["remove", dir], { stdio: "inherit" });
		rmSync(dir, { recursive: true, force: true });
	};
	return { url, start, remove,
		promote: () => execFileSync(pg, ["promote", dir]),
		stop: (mode = "immediate") =>
			execFileSync(pg, ["stop", dir, `--${mode}`]) };
}

let shared;

// The URL of the cluster this test file may make databases in.
export function postgresUrl() {
	if (process.env.GUICHET_TEST_PG)
		return process.env.GUICHET_TEST_PG;
	if (!shared) {
		shared = startPostgres();
		process.on("exit", shared.remove);
	}
	return shared.url;
}

// The same server, another database.
export function urlOf(base, name) {
	return base.replace(/^(postgresql:\/\/[^/]*)\/[^?]*/, `$1/${name}`);
}

// Runs SQL by psql; returns what it prints, without headings.
export function sql(url, text) {
	return execFileSync("psql", ["-X", "-q", "-A", "-t", "-v",
		"ON_ERROR_STOP=1", "-d", url, "-f", "-"],
		{ input: text, encoding: "utf8", maxBuffer: 1 << 28,
		  stdio: ["pipe", "pipe", "pipe"] }).trim();
}

let apart;

// Roles apart, as `guichet init` makes them; their name. Every gateway of ours
// runs as them: what a process lacks, a test misses.
export function rolesApart(base = postgresUrl()) {
	if (apart !== base)
		sql(base, ["app LOGIN", "sequencer LOGIN", "auditor LOGIN", "dpo LOGIN"]
			.map((r) => `DO $$ BEGIN CREATE ROLE apart_${r};
			EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;`)
			.join(""));
	apart = base;
	return "apart";
}

let made = 0;

// A fresh database; { name, url, drop() }. A name given twice gets a number.
export function createDatabase(name, base = postgresUrl(), charset = null) {
	const unique = `${name}_${process.pid}_${++made}`.toLowerCase();
	sql(base, `CREATE DATABASE "${unique}"` + (charset ? ` ENCODING '${charset}'
		LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0` : ""));
	const url = urlOf(base, unique);
	return { name: unique, url, drop: () => {
		keepLines(base, unique);
		sql(base, `DROP DATABASE IF EXISTS "${unique}" WITH (FORCE)`);
	} };
}

// How many lines have no place in their log yet.
export const LINES_WAITING = `SELECT count(*) - coalesce((SELECT sum(size)
	FROM guichet.journal_head), 0) FROM guichet.journal_line`;
