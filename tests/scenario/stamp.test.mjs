// SPDX-License-Identifier: Apache-2.0
// RFC 3161: checkpoints taken to a time-stamping authority made of `openssl ts`; who
// answers badly is not believed; `openssl ts -verify` judges what is exported.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from
	"node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { prepareGateway, startGateway } from "../support/gateway.mjs";
import { certificates, guichet, temporary } from "../support/ground.mjs";
import { sql } from "../support/postgres.mjs";
import { startTsa } from "../support/tsa.mjs";

let ground, g, tsa;
const dir = temporary();
const change = (journal) => ground.change({ journal: { interval_ms: 50,
	timestamp_url: tsa.url, timestamp_ca_file: tsa.ca, timestamp_tls_ca_file: tls.ca,
	timestamp_every_s: 1, ...journal } });
const tls = certificates(dir);
before(async () => {
	tsa = await startTsa(dir, tls);
	ground = await prepareGateway();
});
after(async () => {
	await g?.stop();
	tsa?.stop();
});

let n = 0;
const addLine = () => sql(ground.db.url, `INSERT INTO guichet.journal_line
	(id, log, leaf) VALUES (gen_random_uuid(), 0, convert_to('{"v":1,"r":${
	n++}}', 'UTF8'))`);
const stamps = (log = 0) => Number(sql(ground.db.url, `SELECT count(*) FROM
	guichet.journal_stamp WHERE log = ${log}`));
const judge = (of, ca, data = of) => spawnSync("openssl", ["ts", "-verify", "-data",
	data, "-in", `${of}.tsr`, "-CAfile", ca], { encoding: "utf8" });

test("settings that cannot be are told before a port opens", () => {
	const told = (journal, words) => {
		change(journal);
		const r = guichet("serve", "--config", ground.config);
		assert.equal(r.code, 78, r.err);
		assert.match(r.err, words);
		assert.match(r.err, /E126/);
	};
	told({ timestamp_url: "http://tsa.example/" }, /timestamp_url: .*https/);
	told({ timestamp_ca_file: "" }, /timestamp_ca_file: it holds no certificate/);
	told({ timestamp_ca_file: ground.config }, /timestamp_ca_file/);
	change({});
});

test("the last checkpoint of each log is stamped, once for all its growth", async () => {
	g = await startGateway({ ground });
	addLine();
	await g.until(() => stamps() === 1 && stamps(1) === 1, "a stamp of both logs");
	assert.equal(tsa.asked[0].type, "application/timestamp-query");
	const had = stamps();
	await new Promise((done) => setTimeout(done, 1200));
	assert.equal(stamps(), had, "this one did not grow: nobody is asked");
	await g.until(() => tsa.asked.length === stamps() + stamps(1), "each question, a stamp");
	addLine();
	await g.until(() => stamps() === had + 1, "the next one");
});

test("an export carries them, and openssl verifies each", () => {
	const out = join(mkdtempSync(join(dir, "x")), "export");
	const r = guichet("journal", "export", out, "--config", ground.config);
	assert.equal(r.code, 0, r.err);
	const sizes = readdirSync(join(out, "stamps")).filter((f) => !f.endsWith(".tsr"));
	assert.ok(sizes.length >= 2);
	for (const size of sizes) {
		const of = join(out, "stamps", size);
		assert.equal(readFileSync(of, "utf8").split("\n")[1], size);
		assert.match(judge(of, tsa.ca).stdout, /Verification: OK/);
		assert.notEqual(judge(of, tsa.other).status, 0, "of another authority");
		writeFileSync(join(dir, "spoilt"), readFileSync(of, "utf8").replace(
			`\n${size}\n`, `\n${Number(size) + 1}\n`));
		assert.notEqual(judge(of, tsa.ca, join(dir, "spoilt")).status, 0,
			"of another checkpoint");
		// what was stamped is of this log's past, say all three
		for (const [program, ...args] of [["python3", join(out, "verify.py"), out],
			["node", join(out, "verify.mjs"), out]])
			assert.match(spawnSync(program, [...args, "--known", of],
				{ encoding: "utf8" }).stdout, /^good/);
		assert.equal(guichet("journal", "verify", out, "--known", of).code, 0);
	}
	assert.match(readFileSync(join(out, "SHA256SUMS"), "utf8"), /stamps\/\d+\.tsr/);
});

test("a reply that is not the answer is not kept, and nothing waits for it", async () => {
	for (const mode of ["away", ...tsa.modes]) {
		tsa.mode = mode;
		const before = stamps(), asked = tsa.asked.length;
		await g.stop();			// it would wait half a minute by itself
		g = await startGateway({ ground });
		addLine();
		const size = Number(sql(ground.db.url, `SELECT count(*) FROM
			guichet.journal_line WHERE log = 0`));
		await g.until(() => Number(sql(ground.db.url, `SELECT coalesce(max(size), 0)
			FROM guichet.journal_note WHERE log = 0`)) === size, "signed all the same");
		await g.until(() => tsa.asked.length > asked && g.said(["away", "huge"]
			.includes(mode) ? "time-stamps cannot be asked for" :
			"time-stamp refused code=E313") > 0, `${mode} is told`);
		assert.equal(stamps(), before, mode);
	}
	tsa.mode = "good";
	await g.stop();
	const before = stamps();
	g = await startGateway({ ground });
	await g.until(() => stamps() === before + 1, "an honest one again");
});

test("no stamp, no directory", () => {
	sql(ground.db.url, "DELETE FROM guichet.journal_stamp");
	const out = join(mkdtempSync(join(dir, "x")), "export");
	guichet("journal", "export", out, "--config", ground.config);
	assert.equal(existsSync(join(out, "stamps")), false);
});
