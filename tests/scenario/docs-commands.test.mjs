// SPDX-License-Identifier: Apache-2.0
// Every command that the documentation shows is run, as it is printed, in one
// small installation; those that cannot are skipped, with the reason in sight.
// docs/reference is made by the program itself (reference.test.mjs); the pages a
// counter serves have their own test (developers.test.mjs).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync,
	writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { prepareGateway } from "../support/gateway.mjs";
import { program, root, temporary } from "../support/ground.mjs";
import { keyPair, startCounter } from "../support/oauth.mjs";
import { addClient } from "../support/people.mjs";
import { StaffMember } from "../support/staff.mjs";
import { createDatabase } from "../support/postgres.mjs";

// ---- what is shown ----

// Commands of the indented and fenced blocks of a page: what continues by a
// backslash is one, what follows two blanks after it is an explanation.
function commands(file) {
	const all = [];
	let fenced = false, open = null;
	for (const line of readFileSync(join(root, file), "utf8").split("\n")) {
		if (/^```/.test(line)) {
			fenced = !fenced;
			continue;
		}
		const shown = fenced ? line : /^ {4}(.*)$/.exec(line)?.[1];
		if (open !== null) {
			open += ` ${(shown ?? "").trim()}`;
		} else if (shown !== undefined && /^(\$ )?(guichet|psql|make|curl|apt|systemctl|openssl|python3?|node) /
			.test(shown)) {
			open = shown.replace(/^\$ /, "").trim();
		} else {
			continue;
		}
		if (open.endsWith("\\")) {
			open = open.slice(0, -1).trimEnd();
		} else {
			all.push(open.replace(/ {2,}#?.*$/, "").replace(/ +# .*$/, ""));
			open = null;
		}
	}
	return all;
}
const pages = ["README.md", ...["tutorial", "how-to", "explanation"].flatMap(
	(d) => readdirSync(join(root, "docs", d))
		.filter((f) => /^[^.]+\.md$/.test(f))	// docs-french: their twins show the same
		.filter((f) => f !== "first-adapter.md")	// newcomer.test.mjs walks it
		.map((f) => `docs/${d}/${f}`))];
const shown = pages.flatMap((page) => commands(page).map((c) => [page, c]));

// ---- why not ----

const not_here = [
	[/^make demo/, "demo.test.mjs takes the tour"],
	[/^make deb/, "deploy.test.mjs builds the package"],
	[/^make /, "runs the tests themselves"],
	[/^(apt|systemctl) /, "needs a machine of its own, with systemd"],
	[/^psql "\$(DB|WATTS)"/, "newcomer.test.mjs takes that chapter whole"],
	[/^psql /, "is the DBA's own session"],
	[/journal witness /, "listens until it is stopped (witness.test.mjs)"],
	[/(clair|mavie)\.example.*--(endpoint|jwks-uri)|--endpoint https:\/\/clair/,
		"asks an address of the PIMS (webhook.test.mjs, conformance.test.mjs)"],
	[/client (rotate|prove) clair/, "needs that PIMS' endpoint (webhook.test.mjs)"],
	[/^openssl ts |--known stamps/, "needs what an authority signed (stamp.test.mjs)"],
	[/journal confirm ID$/, "needs a second person (forget.test.mjs)"],
	[/journal new-epoch/, "needs a database that was restored (restore.test.mjs)"],
	[/^guichet selftest/, "needs a customer of its own (selftest.test.mjs)"],
];

// ---- the ground ----

let counter, dir, grant, key_of_log, colleague, hold, second;

before(async () => {
	dir = temporary();
	counter = await startCounter({ customers: 10, prepare: (g) => {
		const conf = join(g.settings.catalogue.adapters, "energy/source.conf");
		writeFileSync(conf, readFileSync(conf, "utf8").replace("user=postgres",
			"user=guichet_lecture"));
		return {};
	} });
	for (const d of ["adapters", "schemas"])	// what an installation brings
		symlinkSync(join(root, d), join(dir, d));
	const key = keyPair();
	writeFileSync(join(dir, "mavie.jwks"), JSON.stringify({ keys: [
		{ ...key.jwk, kid: key.kid, use: "sig" }] }));
	for (const d of ["nd", "csv"])
		mkdirSync(join(dir, d));
	// a customer who allowed something, and a journal that tells of it
	const alpha = counter.register("alpha");
	const tokens = await alpha.connect(await counter.customer());
	grant = tokens.grant_id;
	assert.equal((await alpha.get("/v1/datasets/energy.contract",
		tokens.access_token)).status, 200);
	await counter.customer(1);	// and one who allowed nothing
	// a part of the journal that somebody kept, and an export
	const note = await counter.until(() => {
		const r = counter.cli("journal", "checkpoint");
		return r.code === 0 && r.out.split("\n")[1] !== "0" && r.out;
	}, "a checkpoint", 120000);
	writeFileSync(join(dir, "kept.note"), note);
	const r = counter.cli("journal", "export", join(dir, "exported"));
	assert.equal(r.code, 0, r.err);
	key_of_log = counter.cli("journal", "vkey").out.trim().split("\n")[0];
	// a colleague who came; an installation that consents move to
	const [first] = JSON.parse(counter.cli("staff", "demo", "--json").out);
	assert.equal((await new StaffMember(counter).signIn(first)).status, 303);
	[{ id: colleague }] = JSON.parse(counter.cli("staff", "list", "--json").out);
	second = await prepareGateway();
	addClient(second.db.url, { id: "alpha", name: "Alpha" });
}, { timeout: 300000 });
after(async () => {
	assert.equal(await counter?.stop(), 0);
	for (const one of databases)
		one.drop();
});

let n = 0;
const databases = [], made = (one) => (databases.push(one), one);
// What a reader puts in place of the words in capitals.
const filled = (command) => command
	.replace(/--logins postgres:URL/, `--logins 'postgres:${counter.db.url}'`)
	.replace(/postgres:URL/, () => `'postgres:${made(createDatabase("docs")).url}'`)
	.replace(/ndjson:\S+/, `ndjson:${dir}/nd`)
	.replace(/csv:\S+/, `csv:${dir}/csv`)
	.replace(/(verify|python3|node) DIR/, `$1 ${dir}/exported`)
	.replace(/(verify\.\w+) DIR/, `$1 ${dir}/exported`)
	.replace("--vkey KEY", `--vkey '${key_of_log}'`)
	.replace(/https:\/\/(counter|old)\.example/, counter.issuer)
	.replace("127.0.0.1:9464", counter.settings.admin.listen)
	.replace("/secure/", `${dir}/`)
	.replace("--at URL --client ID", `--at ${counter.issuer} --client trial`)
	.replace(/(staff \w+) ID/, `$1 ${colleague}`)
	.replace("release ID", () => `release ${hold}`)
	.replace(/export DIR/, () => `export ${dir}/export${++n}`)
	.replace(/"\.\.\."/, '"said why"')
	.replace(/\b01a20b99-[-0-9a-f]+/, grant)
	.replace(/erase REF/, `erase ${counter.people[1].reference}`)
	.replace(/\bREF\b/, counter.people[0].reference);
const run = (command) => spawnSync("bash", ["-c",
	`guichet() { "$GUICHET" "$@" --config "$CONFIG"; }; ${filled(command)}`],
{ cwd: dir, encoding: "utf8", timeout: 60000, env: { ...process.env,
	GUICHET: program, SSL_CERT_FILE: counter.ca, CURL_CA_BUNDLE: counter.ca,
	CONFIG: / import /.test(command) ? second.config : counter.config } });

// What a page lets happen before, elsewhere on it; what is kept for later.
const prepared = [
	[/^guichet try --at/, () => counter.cli("client", "add", "trial", "--name",
		"Trial", "--jwks", join(dir, "pims.jwks"), "--redirect-uri",
		"https://localhost/cb", "--datasets", "energy.load-curve",
		"--purpose-en", "Try it", "--purpose-fr", "Essayer")],
];
// This cluster does not wait for its disk, and `doctor` must see that; nothing else.
const not_well = /^guichet doctor/;

// ---- run ----

test("there is something to run", () => {
	assert.ok(shown.length >= 50, `${shown.length}`);
	const skipped = shown.filter(([, c]) => not_here.some(([re]) => re.test(c)));
	assert.ok(skipped.length < shown.length * 0.5,
		`${skipped.length} of ${shown.length} are not run`);
	for (const [re, why] of not_here)
		assert.ok(shown.some(([, c]) => re.test(c)), `nothing is left out: ${why}`);
});

for (const [page, command] of shown) {
	const why = not_here.find(([re]) => re.test(command))?.[1];
	test(`${page}: ${command}`, { skip: why ?? false }, () => {
		const ready = prepared.find(([re]) => re.test(command))?.[1]();
		assert.equal(ready?.code ?? 0, 0, ready?.err);
		const r = run(command), told = `${r.stdout}${r.stderr}`;
		if (/hold set/.test(command))
			hold = r.stdout.trim();
		if (not_well.test(command)) {
			assert.equal(r.status, 78, told);
			assert.deepEqual(told.match(/^error .*$/gm)
				.map((l) => l.replace(/^error +\S+ +/, "")), ["fsync is off"]);
		} else {
			assert.equal(r.status, 0, told);
		}
	});
}
