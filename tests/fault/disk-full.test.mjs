// SPDX-License-Identifier: Apache-2.0
// The disk of the database is full, again and again, and has room again: nothing
// is told as done that was not, and all of it goes on by itself.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startLoad } from "../support/load.mjs";
import { sql, startPostgres } from "../support/postgres.mjs";

const root = process.getuid() === 0, TIMES = Number(process.env.TIMES ?? 5);
let dir, pg, day;

before(async () => {
	if (!root)
		return;
	dir = mkdtempSync(join(tmpdir(), "guichet-full-"));
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=400m,mode=755", "tmpfs",
		dir]);
	chmodSync(dir, 0o777);
	pg = startPostgres({ dir: join(dir, "pg") });
	process.env.GUICHET_TEST_PG = pg.url;
	day = await startLoad({ people: 3, settings: {
		push: { lease_s: 10, deadline_ms: 4000 }, log: { level: "info" } } });
}, { timeout: 200000 });
after(async () => {
	await day?.stop();
	pg?.remove();
	if (dir) {
		execFileSync("umount", ["-l", dir]);
		rmSync(dir, { recursive: true, force: true });
	}
});

// Fills what is left of it, but for this many bytes.
function fill(but) {
	const { bavail, bsize } = statfsSync(dir);
	const most = 32 << 20;
	try {
		for (let n = 0, left = bavail * bsize - but; left > 0;
		    n++, left -= most)
			writeFileSync(join(dir, `filler${n}`),
				Buffer.alloc(Math.min(left, most)));
	} catch (e) {
		assert.equal(e.code, "ENOSPC");	// others write meanwhile
	}
}
const empty = () => execFileSync("sh", ["-c", `rm -f ${dir}/filler*`]);

test(`no room, ${TIMES} times: nothing is lost`, { skip: !root }, async () => {
	let full = 0;
	await day.during(async () => {
		for (let i = 0; i < TIMES; i++) {
			await sleep(500);
			fill(i % 2 * 65536);
			for (const end = Date.now() + 3000; Date.now() < end;)
				await day.p.pool.query("SELECT 1").then(async () => {
					await day.p.pool.query(`CREATE TABLE filling AS
						SELECT repeat(md5(n::text), 60)
						FROM generate_series(1, 20000) AS n`);
					await day.p.pool.query("DROP TABLE filling");
				}).catch((e) => { full += e.code === "53100"; return sleep(100); });
			empty();
			pg.start();	// it may have given up
		}
		await sleep(500);
	});
	assert.ok(full >= TIMES, `${full} times full`);
	sql(pg.url, "CHECKPOINT");
	await day.judge();
	console.log(`# ${full} statements found no room`);
});
