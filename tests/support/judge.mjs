// SPDX-License-Identifier: Apache-2.0
// Go's checksum database as our judge (tests/judge/judge.go), built once.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./ground.mjs";

const source = join(root, "tests/judge/judge.go");
const program = join(root, "build/judge");

function build() {
	if (existsSync(program) &&
	    statSync(program).mtimeMs > statSync(source).mtimeMs)
		return;
	mkdirSync(join(root, "build"), { recursive: true });
	const made = `${program}.${process.pid}`;
	// Debian's golang-golang-x-mod-dev has the sources, no network is used
	execFileSync("go", ["build", "-o", made, source], { env: {
		...process.env, GO111MODULE: "off", GOFLAGS: "",
		GOPATH: "/usr/share/gocode", GOPROXY: "off",
		GOCACHE: join(root, "build/gocache") } });
	renameSync(made, program);
}

// Returns { good, said }.
export function judge(...args) {
	build();
	const r = spawnSync(program, args, { encoding: "utf8" });
	return { good: r.status === 0, said: r.stdout.trim() };
}

// The same without standing still: a gateway whose log we read is waiting.
export function judging(...args) {
	build();
	return new Promise((done) => execFile(program, args, { timeout: 30000 },
		(e, out) => done({ good: !e, said: out.trim() })));
}
