// SPDX-License-Identifier: Apache-2.0
// `guichet selftest` against a gateway that serves: the whole chain, then each
// thing that can be wrong made wrong for real, and named by the step it breaks;
// and the figures, which it leaves as they were.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { program, root } from "../support/ground.mjs";
import { startCounter } from "../support/oauth.mjs";
import { energySource } from "../support/people.mjs";
import { sql, urlOf } from "../support/postgres.mjs";

const who = "SYN-00000002", reader = `selftest_reader_${process.pid}`;
let counter, energy, alpha, sets;

// The source as a DBA gives it: a role that may read these tables, and no more.
function asReader(source) {
	const conf = join(source.adapters, "energy/source.conf");
	const text = readFileSync(conf, "utf8");
	energy = /^url = (.*)$/m.exec(text)[1];
	sql(energy, `CREATE ROLE ${reader} LOGIN; GRANT pg_read_all_stats TO ${reader};
		DO $$ DECLARE s text; BEGIN
		FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information)'
		LOOP EXECUTE format('GRANT USAGE ON SCHEMA %I TO ${reader}', s);
		EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO ${reader}', s);
		END LOOP; END $$`);
	const url = `${energy}${energy.includes("?") ? "&" : "?"}user=${reader}`;
	writeFileSync(conf, text.replace(/^url = .*$/m, `url = ${url}`));
	return source;
}

before(async () => {
	counter = await startCounter({ settings: { journal: { interval_ms: 50 },
		selftest: { customer: who },
		catalogue: asReader(energySource({ customers: 3, days: 6 })) } });
	alpha = counter.register("alpha");
});
after(async () => {
	await counter?.stop();
	if (energy)
		sql(energy, `DROP OWNED BY ${reader}; DROP ROLE ${reader}`);
});

// Beside us, not instead of us: somebody has to read what the gateway logs.
const run = (...args) => new Promise((done) => execFile(program, ["selftest",
	...args, "--config", counter.config], { env: { ...process.env,
	SSL_CERT_FILE: undefined } }, (e, out, err) =>
	done({ code: e ? e.code : 0, out, err })));
async function selftest(...more) {
	const r = await run("--ca", counter.ca, "--json", ...more);
	const steps = r.out === "" ? [] : JSON.parse(r.out);
	return { ...r, steps, last: steps.at(-1) };
}
const events = () => JSON.parse(sql(counter.db.url, `SELECT json_object_agg(ev, n)
	FROM (SELECT convert_from(leaf, 'UTF8')::json ->> 'ev' AS ev, count(*) AS n
	FROM guichet.journal_line WHERE client_id = 'guichet-selftest' GROUP BY 1) AS e`));

test("the whole chain, each data set of it, and nothing is left behind", async () => {
	const r = await selftest();
	assert.equal(r.code, 0, r.out + r.err);
	sets = r.steps.filter((s) => s.step.startsWith("pull ")).map((s) =>
		s.step.slice(5));
	assert.deepEqual(r.steps.map((s) => s.step), ["gateway", "recipient",
		"customer", "consent", ...sets.map((s) => `pull ${s}`), "withdrawal",
		"refusal", "journal"]);
	assert.ok(sets.includes("energy.load-curve"));
	assert.ok(r.steps.every((s) => s.ok && s.ms >= 0 && s.says));
	assert.match(r.steps.find((s) => s.step === "pull energy.contract").says,
		/^[1-9]\d* records/);
	const seen = events();
	assert.equal(seen["pull.begun"], sets.length);
	assert.deepEqual([seen["consent.given"], seen["consent.withdrawn"]], [1, 1]);
	assert.equal(live(), 0);
	const people = await run("--ca", counter.ca);
	assert.match(people.out, /^ok +journal +\d+ ms {2}\d+ lines placed, signed, proven$/m);
});

const period = ["--from", "2020-01-01", "--to", "2100-01-01"];
const report = (name, ...more) => {
	const r = counter.cli("journal", "report", name, ...period, "--json", ...more);
	assert.equal(r.code, 0, r.err);
	return r.out;
};
// Everything that left under alpha's and the self-test's names is in the reports.
const decoded = () => counter.until(() => sql(counter.db.url, `SELECT bool_and(
	EXISTS (SELECT FROM guichet.journal_fact AS f WHERE f.id = l.id))
	FROM guichet.journal_line AS l WHERE client_id IS NOT NULL`) === "t", "facts");

test("figures are as they were before", async () => {
	const customer = await counter.customer(0);
	const tokens = await alpha.connect(customer);
	assert.equal((await alpha.get("/v1/datasets/energy.contract",
		tokens.access_token)).status, 200);
	const commitments = readFileSync(join(root, "gateway/sql/commitments.sql"),
		"utf8");
	const figures = () => ({ reports: ["activity", "consents", "recipients",
		"refusals", "failures", "service", "funnel", "late"].map((name) =>
		[name, report(name)]),
		commitments: sql(counter.db.url, commitments).split("|").slice(0, 5) });
	await counter.until(() => sql(counter.db.url, `SELECT EXISTS (SELECT FROM
		guichet.journal_fact WHERE client = 'alpha' AND ev = 'pull.ended')`) === "t",
		"alpha's pull");
	await decoded();
	const before_it = figures();
	assert.match(JSON.stringify(before_it), /alpha/);
	assert.ok(!JSON.stringify(before_it).includes("guichet-selftest"));
	assert.equal((await selftest()).code, 0);
	await decoded();
	assert.deepEqual(figures(), before_it);
	// asked for, it is shown; and who was touched is told whole
	assert.match(report("activity", "--pims", "guichet-selftest"),
		/energy\.contract/);
	assert.match(report("breach"), /guichet-selftest/);
});

const live = () => JSON.parse(counter.cli("grant", "list", "--client",
	"guichet-selftest", "--state", "active", "--json").out).length;

test("a missing GRANT: the data set that cannot be read", async () => {
	sql(energy, `REVOKE SELECT ON ALL TABLES IN SCHEMA fac FROM ${reader}`);
	const r = await selftest();
	sql(energy, `GRANT SELECT ON ALL TABLES IN SCHEMA fac TO ${reader}`);
	assert.equal(r.code, 69);
	assert.equal(r.last.step, "pull energy.invoice", r.out);
	assert.deepEqual([r.last.ok, r.last.code], [false, "E504"]);
	assert.match(r.last.cure, /GRANT/);
	assert.equal(live(), 0,
		"what was given is ended all the same");
});

test("a customer who may not take part: the consent", async () => {
	sql(energy, `UPDATE crm.client SET top_opposition = 'O'
		WHERE id_client = '${who}'`);
	const r = await selftest();
	sql(energy, `UPDATE crm.client SET top_opposition = 'N'
		WHERE id_client = '${who}'`);
	assert.deepEqual([r.code, r.last.step, r.last.code], [69, "consent", "E503"]);
});

test("the journal role stands still: its lines", async () => {
	counter.kill("journal", 0, "SIGSTOP");
	const r = await selftest("--wait", "1");
	counter.kill("journal", 0, "SIGCONT");
	assert.deepEqual([r.code, r.last.step, r.last.code], [69, "journal", "E506"]);
	assert.match(r.last.cure, /journal role/);
});

test("the source is away: the consent, as nobody knows who may take part", async () => {
	const name = new URL(energy).pathname.slice(1), other = urlOf(energy, "postgres");
	sql(other, `ALTER DATABASE "${name}" ALLOW_CONNECTIONS false;
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		 WHERE datname = '${name}'`);
	const r = await selftest();
	sql(other, `ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`);
	assert.deepEqual([r.code, r.last.step, r.last.code], [69, "consent", "E503"]);
	await counter.until(async () => (await selftest()).code === 0, "the source is back", 60000);
});

test("who is not named, and a gateway that is not trusted or not there", async () => {
	const stranger = await run("--json");
	assert.equal(stranger.code, 69);
	assert.equal(JSON.parse(stranger.out)[0].code, "E501");
	assert.match(JSON.parse(stranger.out)[0].says, /certificate/i);
	await counter.stop();
	const r = await selftest();
	assert.deepEqual([r.code, r.last.step, r.last.code], [69, "gateway", "E501"]);
	counter.change({ selftest: { customer: "" } });
	const nobody = await selftest();
	assert.equal(nobody.code, 78);
	assert.match(nobody.err, /\[selftest\] customer = REF/);
});
