// SPDX-License-Identifier: Apache-2.0
// docs/how-to/back-up-and-restore.md, done: an older backup is restored, and
// nothing is signed over what this host remembers; the newer one goes on.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { prepareGateway, startGateway } from "../support/gateway.mjs";
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
});
