// SPDX-License-Identifier: Apache-2.0
// `make demo`: the tour ends well by itself, and a demo that is interrupted
// leaves nothing behind: no file, no process, no database.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, temporary } from "../support/ground.mjs";
import { until } from "../support/gateway.mjs";

const program = join(root, "deploy/demo/demo.mjs");

function start(dir, ...args) {
	const child = spawn(process.execPath, [program, ...args], { cwd: root,
		env: { ...process.env, GUICHET_DEMO_DIR: dir },
		stdio: ["ignore", "pipe", "pipe"] });
	const demo = { child, text: "" };
	for (const s of [child.stdout, child.stderr])
		s.setEncoding("utf8").on("data", (d) => demo.text += d);
	demo.ended = new Promise((done) => child.on("close", (code, signal) =>
		done(code ?? signal)));
	process.on("exit", () => child.kill("SIGTERM"));
	return demo;
}

// Processes that were given this directory, whoever they are.
const living = (dir) => readdirSync("/proc").filter((p) => /^\d+$/.test(p))
	.filter((p) => {
		try {
			return readFileSync(`/proc/${p}/cmdline`, "latin1").includes(dir);
		} catch {
			return false;
		}
	});

test("the tour: each step says ok, and nothing is left", async () => {
	const dir = join(temporary(), "demo");
	const demo = start(dir, "--once");

	assert.equal(await demo.ended, 0, demo.text);
	const steps = demo.text.trim().split("\n");
	assert.ok(steps.length > 20);
	for (const line of steps)
		assert.match(line, /^ok {4} *\d+\.\d\d s {2}\S/);
	for (const name of ["sign in", "consent", "pull", "refused", "connect",
		"push", "news", "withdraw", "afterwards", "journal", "accounts"])
		assert.ok(steps.some((l) => l.includes(` ${name} `)), name);
	assert.ok(!existsSync(dir));
	assert.deepEqual(living(dir), []);
});

test("^C: everything is put away, and a second demo waits for the first", async () => {
	const dir = join(temporary(), "demo");
	const demo = start(dir);

	await until(() => demo.text.includes("^C ends it") ||
		demo.child.exitCode !== null, "the counter is open", 60000);
	const told = JSON.parse(readFileSync(join(dir, "demo.json"), "utf8"));
	const cluster = /host=([^&]*)/.exec(told.database)[1];
	assert.ok(existsSync(cluster), demo.text);
	const second = start(dir, "--once");
	assert.equal(await second.ended, 1);
	assert.match(second.text, /running already/);
	assert.ok((await fetch(`${told.admin}/ready`)).ok);
	demo.child.kill("SIGINT");
	assert.equal(await demo.ended, 0, demo.text);
	assert.ok(!existsSync(dir));
	assert.ok(!existsSync(cluster));
	assert.deepEqual(living(dir), []);
	assert.deepEqual(living(cluster), []);
});
