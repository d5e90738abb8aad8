// SPDX-License-Identifier: Apache-2.0
// The walk of docs/tutorial/first-adapter.md, as it is printed: from the package to
// a record of tables that no adapter knows, in a PIMS' hands. Counted, timed.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask, until } from "../support/gateway.mjs";
import { freePorts, program, root, temporary, writeSettings } from "../support/ground.mjs";
import { sql, startPostgres, urlOf } from "../support/postgres.mjs";

const page = readFileSync(join(root, "docs/tutorial/first-adapter.md"), "utf8");

// Its indented blocks, a command each time the shell has read a whole one.
function walk() {
	const all = [];
	let open = "", word = null;
	for (const line of page.split("\n")) {
		const shown = /^ {4}(.*)$/.exec(line)?.[1];
		if (shown === undefined && (open === "" || line !== ""))
			continue;
		open += `${shown ?? ""}\n`;
		word ??= / <<'(\w+)'$/.exec(shown)?.[1];
		if (word !== null && word !== undefined ? shown !== word :
			/\\$/.test(shown))
			continue;
		all.push(open.trimEnd());
		open = "";
		word = null;
	}
	assert.equal(open, "");
	return all;
}

let cluster, dir, ports, served, proposed;
const done = [];

before(async () => {
	cluster = startPostgres();
	dir = temporary();
	ports = await freePorts(2);
	sql(cluster.url, "CREATE DATABASE library");	// the organisation's own
	sql(urlOf(cluster.url, "library"), readFileSync(join(root,
		"docs/examples/library.sql"), "utf8"));
	mkdirSync(join(dir, "bin"));
	// what the package brings: the program, and the schemas of the six sectors
	writeFileSync(join(dir, "bin/guichet"), `#!/bin/sh
if [ "$1" = init ]; then
	set -- "$@" --set catalogue.schemas=${root}/schemas \\
	    --set admin.listen=127.0.0.1:${ports[1]} \\
	    --set server.listen=127.0.0.1:${ports[0]}
fi
exec "${program}" "$@" --config "${dir}/guichet.conf"
`, { mode: 0o755 });
});
after(async () => {
	if (served && served.exitCode === null) {
		const ended = new Promise((done) => served.on("exit", done));
		served.kill("SIGTERM");
		assert.equal(await ended, 0);
	}
	cluster?.remove();
});
process.on("exit", () => served?.kill("SIGKILL"));

// The two that need a machine of their own (deploy.test.mjs installs the package).
const not_here = /^(apt install|cd \/etc\/guichet$)/;
const environment = () => ({ ...process.env, PATH: `${dir}/bin:${process.env.PATH}`,
	PGHOST: /host=([^&]+)/.exec(cluster.url)[1] });
function run(command) {
	const here = command.replaceAll("localhost:8443", `localhost:${ports[0]}`);
	const from = performance.now();
	if (here.endsWith("&"))
		served = spawn("bash", ["-c", `exec ${here.slice(0, -1)}`], { cwd: dir,
			env: environment(), stdio: ["ignore", "ignore", "inherit"] });
	const r = served && here.endsWith("&") ? { status: 0, stdout: "", stderr: "" } :
		spawnSync("bash", ["-c", here], { cwd: dir, encoding: "utf8",
			timeout: 120000, env: environment() });
	done.push({ command, ms: performance.now() - from, ...r });
	assert.equal(r.status, 0, `${here}\n${r.stdout}${r.stderr}`);
	return r.stdout;
}
const said = (begins) => done.find((d) => d.command.startsWith(begins)).stdout;

test("at most fifteen commands, each of which ends well", async (t) => {
	const commands = walk();
	assert.ok(commands.length >= 10 && commands.length <= 15,
		`${commands.length}: ${commands.map((c) => c.slice(0, 40)).join("\n")}`);
	for (const command of commands) {
		if (not_here.test(command))
			continue;
		run(command);
		if (command.startsWith("guichet adapter init"))
			proposed = readFileSync(join(dir, "adapters/library",
				"library.loan.sql"), "utf8");
		if (command.endsWith("&"))	// the next is typed once it says ready
			await until(async () => served.exitCode !== null || (await ask(
				`http://127.0.0.1:${ports[1]}/ready`).catch(() => ({})))
				.status === 200, "ready", 120000);
	}
	const seconds = done.reduce((sum, d) => sum + d.ms, 0) / 1000;
	console.log(`from the package to the first restitution: ${commands.length} ` +
		`commands, ${seconds.toFixed(1)} s in those run here`);
	t.diagnostic(`${commands.length} commands, ${seconds.toFixed(1)} s`);
});

test("no folder and no schema knew these tables, and no C was written", () => {
	for (const known of ["schemas/library", "adapters/library"])
		assert.throws(() => readFileSync(join(root, known)), { code: "ENOENT" });
	assert.ok(!walk().some((c) => /\.[ch]\b|gcc|\bcc\b|make /.test(c)));
});

test("what came is what stands in the tables, as the schema tells it", () => {
	const got = JSON.parse(said("guichet try --at"));
	const [first] = got.pages["library.loan"].records;
	// by curl, with the token it was given: all of them
	const url = `https://localhost:${ports[0]}/v1/datasets/library.loan`;
	const records = JSON.parse(run(`curl -sS --cacert tls.pem '${url}' \
		-H 'Authorization: DPoP ${got.access_token}' \
		-H "DPoP: $(guichet try proof --key mavie.key --url '${url}' \
			--token '${got.access_token}')"`)).records;
	assert.deepEqual(first, records[0]);
	const expected = JSON.parse(sql(urlOf(cluster.url, "library"), `
		SELECT json_agg(x ORDER BY loan) FROM (SELECT no_emprunt::text AS loan,
			titre AS title FROM pret.emprunt JOIN pret.notice USING (cote)
			WHERE no_carte = '20417' AND suppr = 'N') AS x`));
	assert.deepEqual(records.map(({ loan, title }) => ({ loan, title }))
		.sort((a, b) => a.loan - b.loan), expected);
	assert.equal(expected.length, 3);
	assert.deepEqual(records.find((r) => r.loan === "9003"), { loan: "9003",
		title: "Le Voyage dans la Lune", kind: "FILM",
		taken: "2026-08-04T10:25:00+02:00", returned: "2026-09-30T18:00:00+02:00",
		fine: 2.4, changed: "2026-09-30T18:00:00+02:00" });
});

// docs/tutorial/first-restitution.md, chapter 4: the same in the demo's house.
test("the first tutorial's own tables: every block, and check agrees", () => {
	const text = readFileSync(join(root, "docs/tutorial/first-restitution.md"),
		"utf8").split("## 4. Be the organisation")[1];
	const house = temporary(), config = join(house, "build/demo/guichet.conf");
	const blocks = text.match(/(?:^(?: {4}.*)?\n)+/gm).join("")
		.replace(/^ {4}/gm, "").replaceAll("/tmp/adapters", `${house}/adapters`);
	mkdirSync(join(house, "build/demo"), { recursive: true });
	symlinkSync(join(root, "deploy"), join(house, "deploy"));
	symlinkSync(program, join(house, "build/guichet"));
	sql(cluster.url, `CREATE ROLE guichet_lecture LOGIN;
		ALTER ROLE guichet_lecture SET default_transaction_read_only = on;
		GRANT pg_read_all_stats TO guichet_lecture`);
	writeFileSync(join(house, "build/demo/demo.json"), JSON.stringify({
		database: urlOf(cluster.url, "guichet") }));
	writeSettings(config, { organisation: { name: "V", contact: "dpo@v.example" },
		server: { public_url: "https://localhost:8443" },
		database: { url: urlOf(cluster.url, "guichet") },
		catalogue: { schemas: join(root, "schemas"),
			adapters: join(root, "adapters"), sources: "energy" },
		sources: { energy: urlOf(cluster.url, "energy") },
		log: { level: "info" } });
	const r = spawnSync("bash", ["-ec", blocks], { cwd: house, encoding: "utf8",
		timeout: 120000 });
	assert.equal(r.status, 0, `${blocks}\n${r.stdout}${r.stderr}`);
	assert.match(r.stdout, /0 errors/);
	// "now misspell something": the place, and what was perhaps meant
	const file = join(house, "adapters/watts/energy.load-curve.sql");
	writeFileSync(file, readFileSync(file, "utf8").replace("sum(r.wh)",
		"sum(r.whh)"));
	const wrong = spawnSync(program, ["check", "--config",
		join(house, "build/demo/watts.conf")], { encoding: "utf8" });
	assert.equal(wrong.status, 78);
	assert.match(wrong.stdout, /energy\.load-curve\.sql:4:\d+.*[^]*r\.wh\b/);
});

test("what the page says of each step is so", () => {
	const conf = readFileSync(join(dir, "adapters/library/source.conf"), "utf8");
	assert.match(conf, /^synthetic = yes$/m);
	assert.match(said("guichet init"), /CREATE ROLE "guichet_reader" LOGIN;/);
	for (const line of ['t."no_emprunt"::text AS "loan"', "NULL::text AS \"title\"",
		't."dt_retour" AT TIME ZONE \'Europe/Paris\' AS "returned"',
		"its comment is: fine, in cents: check it", 'AS "fine"',
		"NULL::timestamptz AS \"taken\"", 't."dt_maj" AT TIME ZONE',
		't."customer_reference" = :customer'])
		assert.ok(proposed.includes(line), `${line}\n${proposed}`);
	assert.match(said("guichet check"), /0 errors, 0 warnings/);
	// masked: no title of hers
	assert.match(said("guichet preview"), /cote|titre/);
	assert.doesNotMatch(said("guichet preview"), /Carmen|Voyage/);
});
