// SPDX-License-Identifier: Apache-2.0
// Runs every test and ends with one line: "N passed, N failed".
//
//     node tests/run.mjs [--slow] [WORD...]	only files whose name has a WORD
//
// In order: unit (cmocka), scenario (node:test, three files at once, as half of it
// is waiting), fuzz (each target a few seconds over its corpus). One PostgreSQL
// serves them all. A scenario file that fails is run a second time, alone, once the
// machine is quiet: what it says then counts, and that it was needed is told.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres } from "./support/postgres.mjs";
import { eventsTold, leaks, toldBegin } from "./support/told.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const slow = args.includes("--slow");
const words = args.filter((a) => !a.startsWith("--"));
const built = join(root, process.env.SAN ? "build-san" : "build");
const fuzz_seconds = slow ? 60 : 4;
const total = { passed: 0, failed: 0, skipped: 0 };
const again = [];	// scenario files that failed the first time

const files = (dir, fits) => {
	const path = join(root, dir);
	return !existsSync(path) ? [] : readdirSync(path).sort()
		.filter((f) => fits.test(f) &&
			(!words.length || words.some((w) => f.includes(w))))
		.map((f) => join(path, f));
};
const isProgram = (f) => statSync(f).isFile() && (statSync(f).mode & 0o111);

// Runs one program; kills its whole group after the limit.
function run(program, argv, limit_s, env = {}) {
	return new Promise((done) => {
		const child = spawn(program, argv, { cwd: root, detached: true,
			env: { ...process.env, ...env },
			stdio: ["ignore", "pipe", "pipe"] });
		let text = "", late = false;
		const hear = (chunk) => {
			if (text.length < 4e6)
				text += chunk;
		};
		child.stdout.on("data", hear);
		child.stderr.on("data", hear);
		const kill = () => {
			late = true;
			try { process.kill(-child.pid, "SIGKILL"); } catch {}
		};
		const timer = setTimeout(kill, limit_s * 1000);
		child.on("error", (e) => done({ code: 127, text: String(e) }));
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			if (late)
				text += `\nkilled: not done in ${limit_s} s\n`;
			done({ code: late ? 124 : code ?? 128, signal, text });
		});
	});
}

// The first failure and what follows it, or the end where none is marked.
function excerpt(text, n) {
	const lines = text.trimEnd().split("\n");
	const first = lines.findIndex((l) => l.startsWith("not ok "));
	const from = first < 0 ? Math.max(0, lines.length - n) : Math.max(0, first - 10);
	return lines.slice(from, from + n).map((l) => "    " + l).join("\n");
}

function tell(name, began, passed, failed, skipped, text) {
	const s = ((performance.now() - began) / 1000).toFixed(1);
	total.passed += passed;
	total.failed += failed;
	total.skipped += skipped;
	console.log(`${failed ? "FAIL" : "ok  "} ${s.padStart(6)} s  ` +
		`${String(passed).padStart(4)} passed` +
		(failed ? ` ${failed} failed` : "") +
		(skipped ? ` ${skipped} skipped` : "") + `  ${name}`);
	if (failed)
		console.log(excerpt(text, 120));
}

const number = (text, pattern) =>
	[...text.matchAll(pattern)].reduce((n, m) => n + Number(m[1]), 0);

async function unit(file) {
	const began = performance.now();
	const r = await run(file, [], 120);
	const passed = number(r.text, /\[  PASSED  \] (\d+) test/g);
	let failed = number(r.text, /\[  FAILED  \] (\d+) test/g);
	if (r.code !== 0 && failed === 0)
		failed = 1;	// it crashed, or a sanitizer spoke at the end
	if (r.code === 0 && passed === 0) {
		failed = 1;
		r.text += "\nit ran no test\n";
	}
	tell("unit/" + basename(file), began, passed, failed, 0, r.text);
}

async function scenario(file, limit_s, second = false) {
	const began = performance.now();
	const r = await run(process.execPath,
		["--test", "--test-reporter=tap", file], limit_s);
	const passed = number(r.text, /^# pass (\d+)$/gm);
	let failed = number(r.text, /^# fail (\d+)$/gm) +
		number(r.text, /^# cancelled (\d+)$/gm);
	const skipped = number(r.text, /^# (?:skipped|todo) (\d+)$/gm);
	if ((r.code !== 0 || passed + skipped === 0) && failed === 0)
		failed = 1;
	const name = file.slice(root.length + 7);
	if (!failed || second)
		return tell(name, began, passed, failed, skipped, r.text);
	again.push(file);
	console.log(`again ${name}: ${failed} failed, to be run alone\n` +
		excerpt(r.text, 60));
}

async function fuzz(file) {
	const began = performance.now();
	const name = basename(file);
	const corpus = join(root, "tests/fuzz/corpus", name);
	const grown = join(root, "build-fuzz/corpus", name);
	const findings = join(root, "build-fuzz/findings/");
	mkdirSync(grown, { recursive: true });
	mkdirSync(findings, { recursive: true });
	const r = await run(file, [`-max_total_time=${fuzz_seconds}`,
		"-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
		`-artifact_prefix=${findings}${name}-`, grown,
		...(existsSync(corpus) ? [corpus] : [])], fuzz_seconds + 60);
	const runs = number(r.text, /number_of_executed_units: (\d+)/g);
	const bad = r.code !== 0 || runs === 0;
	tell(`fuzz/${name} (${runs} inputs)`, began, bad ? 0 : 1, bad ? 1 : 0,
		0, r.text);
}

// Runs the jobs, so many at once.
async function each(list, at_once, job) {
	const queue = [...list];
	await Promise.all(Array.from({ length: at_once }, async () => {
		for (let f; (f = queue.shift()) !== undefined;)
			await job(f);
	}));
}

// After a whole run: which words of the journal's vocabulary did no scenario hear,
// and does a seeded person stand in anything that gateways leave behind?
function whole() {
	const began = performance.now(), told = eventsTold(pg.url), found = leaks();
	const known = JSON.parse(execFileSync(process.env.GUICHET_PROGRAM,
		["help", "--json"], { encoding: "utf8", maxBuffer: 1 << 24 })).events;
	const unheard = known.map((e) => e.name).filter((name) => !told.has(name));
	if (words.length)
		console.log(`     ${told.size} of ${known.length} events were told; ` +
			`${found.length} leaks`);
	const bad = (words.length ? 0 : unheard.length) + found.length;
	tell("the run: every event is told, nobody is named", began,
		bad ? 0 : 1, bad, 0, [...(words.length ? [] : unheard.map((name) =>
		`no scenario made the event ${name}`)), ...found.map(({ text, file }) =>
		`"${text}" stands in ${file}`)].join("\n"));
}

toldBegin();
const pg = startPostgres();
process.env.GUICHET_TEST_PG = pg.url;
process.env.GUICHET_PROGRAM ??= join(built, "guichet");
process.on("exit", pg.remove);
for (const s of ["SIGINT", "SIGTERM"])
	process.on(s, () => process.exit(1));

await each(files(join(built.slice(root.length + 1), "unit"), /^[^.]+$/)
	.filter(isProgram), 2, unit);
await each(files("tests/scenario", /\.test\.mjs$/), 3,
	(f) => scenario(f, 480));
if (slow)
	for (const dir of ["tests/scenario/slow", "tests/fault"])
		await each(files(dir, /\.test\.mjs$/), 1,
			(f) => scenario(f, 3600));
await each([...again], 1, (f) => scenario(f, 480, true));
await each(files("build-fuzz", /^[^.]+$/).filter(isProgram), 2, fuzz);

whole();
console.log(`${total.passed} passed, ${total.failed} failed` +
	(total.skipped ? `, ${total.skipped} skipped` : "") +
	(again.length ? `; ${again.length} files needed a second run` : ""));
process.exitCode = total.failed || !total.passed ? 1 : 0;
