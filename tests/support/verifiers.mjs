// SPDX-License-Identifier: Apache-2.0
// The three verifiers of an export and the one of a report, each in one process that
// lasts: thousands of manipulations are too many to start a program for each. What runs
// is the same code: verify_log of the program, verify.mjs, verify.py and complete.py as
// they lie in an export.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "./ground.mjs";

// Each line of its input: DIR [KNOWN]; the answer's first word is good or bad.
const NODE = `
import { createInterface } from "node:readline";
const say = console.log;
let n = 0, said;
console.log = (t) => said = t;
for await (const line of createInterface({ input: process.stdin })) {
	const [dir, known] = line.split(" ");
	process.argv = ["node", "verify.mjs", dir, ...(known ? ["--known", known] : [])];
	process.exitCode = 0;
	said = "";
	await import("file://" + SCRIPT + "?" + n++);
	say((process.exitCode ? "bad " : "good ") + said.replaceAll("\\n", " "));
	process.exitCode = 0;
}`;
const PYTHON = `
import io, os, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import complete, verify
out = sys.stdout
for line in sys.stdin:
    d, *rest = line.split()
    sys.stdout = io.StringIO()
    try:
        if rest[:1] == ["in"]:
            complete.main(d, rest[1])
        else:
            verify.main(d, *(["--known", rest[0]] if rest else []))
        said = "good " + sys.stdout.getvalue()
    except (OSError, ValueError, KeyError, IndexError, TypeError) as e:
        said = "bad %s" % e
    print(said.replace("\\n", " "), file=out, flush=True)
`;

class Lasting {
	constructor(program, args) {
		this.child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"],
			env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
		this.waiting = [];
		createInterface({ input: this.child.stdout }).on("line", (l) =>
			this.waiting.shift()?.(l));
		this.child.on("close", () => this.waiting.splice(0).forEach((f) =>
			f("ended: it verified nothing")));
	}
	ask(line) {
		return new Promise((done) => {
			this.waiting.push(done);
			this.child.stdin.write(line + "\n");
		});
	}
}

export function startVerifiers(ledger, dir) {
	const harness = join(ledger.dir, "harness.mjs");
	writeFileSync(harness, NODE.replace("SCRIPT",
		JSON.stringify(join(dir, "verify.mjs"))));
	const built = join(root, process.env.SAN ? "build-san" : "build");
	const all = {
		guichet: new Lasting(join(built, "tools/verify"),
			[ledger.config, join(dir, "vkey")]),
		node: new Lasting(process.execPath, [harness]),
		python: new Lasting("python3", ["-c", PYTHON, join(dir, "verify.py")]),
	};
	return { ...Object.fromEntries(Object.entries(all).map(([name, l]) =>
		[name, (what, known) => l.ask(known ? `${what} ${known}` : what)])),
	complete: (report, whole) => all.python.ask(`${report} in ${whole}`),
	stop: () => Object.values(all).forEach((l) => l.child.kill()) };
}
