// SPDX-License-Identifier: Apache-2.0
// Every report, held against a recount of the exported log by SQL of our own that
// knows none of the tables reports are made of; and each file they come as, read by
// a program that is not ours (Python's csv and json).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guichet, root } from "../support/ground.mjs";
import { Ledger, uuid7 } from "../support/ledger.mjs";

const minute = 60000, t0 = Date.parse("2026-03-02T00:00:00Z");
let ledger, people, grants;
const clients = ["cozy", "ma-vie", "=banque"];
const sets = ["energy.load-curve@1", "energy.invoice@1"];

// Numbers that are the same each time.
let seed = 7;
const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;

// One consent's life, then what left under it.
function story(i) {
	const person = people[i % people.length], to = clients[i % clients.length];
	const grant = randomUUID(), lines = [];
	let at = t0 + i * 37 * minute;
	const say = (ev, o = {}) => {
		const l = ledger.line({ ev, at: at += 1000 + random(9) * 1000, person, to,
			act: "recipient", log: /^(consent|token|client|staff|access)/.test(ev) ?
			1 : 0, ...o, side: { grant, ...o.side } });
		lines.push(l);
		return l;
	};
	say("consent.requested");
	say("consent.shown", { oc: i % 2 ? "fr" : "en" });
	if (i % 7 === 3) {
		say("consent.refused");
		return lines;
	}
	say("consent.given");
	say("token.issued");
	for (let k = 0; k < 6; k++) {
		const ds = sets[k % 2], n = random(40), b = n * 90;
		const begun = say("pull.begun", { ds, n, b });
		say("pull.ended", { ds, n, b, oc: k === 4 ? "aborted" : "complete",
			side: { of: begun.id } });
		const sent = say("delivery.attempted", { ds, n, b, att: 1, act: "system" });
		const ill = random(5) === 0;
		say(ill ? "delivery.failed" : "delivery.acked", { ds, n: ill ? 0 : n, b,
			oc: ill ? "later" : "complete", act: "system",
			lag: ill ? undefined : random(72) * 60 * minute,
			side: { of: sent.id, reason: ill ? "HTTP 503" : undefined } });
	}
	if (i % 5 === 0)
		say("delivery.deferred", { ds: sets[0], oc: "later",
			side: { reason: "Retry-After" } });
	if (i % 9 === 0)
		say("delivery.dead", { ds: sets[0], oc: "gone", side: { reason: "410" } });
	if (i % 4 === 0)
		say("pull.refused", { ds: sets[0], oc: i % 8 ? "4xx" : "5xx",
			side: { reason: i % 8 ? "too_many_calls" : "source_away" } });
	if (i % 6 === 0)
		say("token.refused", { oc: "4xx", side: { reason: "@invalid\tgrant" } });
	if (i % 3 === 0) {
		say("consent.withdrawn", { act: "customer" });
		if (i === 12)		// what must never be; the report must say it
			say("pull.begun", { ds: sets[0], n: 1, b: 90 });
	}
	if (i % 10 === 0)
		say("staff.login", { act: "operator", side: { by: randomUUID() } });
	return lines;
}

before(() => {
	ledger = new Ledger({ catalogue: { schemas: join(root, "schemas"),
		adapters: join(root, "adapters"), sources: "" } });
	people = ["C-ADA", "C-BOB", "C-EVE", "C-ZOE"].map((c) => ledger.person(c));
	for (const id of clients)
		ledger.sql(`INSERT INTO guichet.client (id, kind, name)
			VALUES ('${id}', 'oauth', 'Recipient ${id}')`);
	const lines = Array.from({ length: 60 }, (_, i) => story(i)).flat();
	for (let i = 0; i < lines.length; i += 250)
		ledger.write(lines.slice(i, i + 250));
	// the column beside the leaf, as statements write it
	ledger.sql(`UPDATE guichet.journal_line SET grant_id =
		(convert_from(side, 'UTF8')::json->>'grant')::uuid`);
	ledger.order();
	ledger.sql("SELECT guichet.journal_facts(100000)");
	ledger.sql(`CREATE TABLE public.recount (log int, seq bigint, l jsonb, s jsonb)`);
	for (const log of ["restitution", "consent-admin"]) {
		const dir = join(ledger.dir, log);
		ledger.must("journal", "export", dir, "--sides", "--log", log);
		const text = (b) => b ? `'${Buffer.from(b, "base64").toString()
			.replaceAll("'", "''")}'` : "NULL";
		const all = readFileSync(join(dir, "entries.jsonl"), "utf8").trimEnd()
			.split("\n").map((l) => JSON.parse(l));
		ledger.sql(`INSERT INTO public.recount VALUES ${all.map((e) =>
			`(${log === "restitution" ? 0 : 1}, ${e.seq}, ${text(e.leaf)},
			${text(e.side)})`).join(",")}`);
	}
	ledger.sql(`CREATE VIEW public.told AS SELECT log, seq, l->>'ev' AS ev,
		(l->>'t')::timestamptz AS at, l->>'to' AS client, l->>'ds' AS ds,
		l->>'oc' AS oc, (l->>'n')::bigint AS n, (l->>'b')::bigint AS b,
		(l->>'lag')::bigint AS lag, l->>'act' AS act, l->>'id' AS id,
		s->>'grant' AS g, s->>'subject' AS subject, s->>'reason' AS reason,
		s->>'of' AS of, s->>'by' AS by FROM public.recount`);
});
after(() => ledger?.db.drop());

const from = "2026-03-02", to = "2026-03-04";
const report = (name, ...more) => ledger.must("journal", "report", name, "--from",
	from, "--to", to, ...more);
const rows = (name, ...more) => report(name, "--json", ...more).trimEnd().split("\n")
	.filter(Boolean).map((l) => JSON.parse(l));
const within = `at >= '${from}' AND at < '${to}'`;
const recount = (text) => JSON.parse(ledger.sql(
	`SELECT coalesce(json_agg(r), '[]') FROM (${text}) AS r`));
const time = (column) => `to_char(${column} AT TIME ZONE 'UTC',
	'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const when = (ev) => `count(*) FILTER (WHERE ev = '${ev}')`;
const left = "ev IN ('pull.begun', 'delivery.acked')";

// What each must say, by the raw lines alone. Rows are compared as a set where the
// report's own order is a matter of taste.
const byHand = {
	activity: `SELECT coalesce(ds, '') AS ds, client, ${when("pull.begun")} AS pulls,
		${when("delivery.acked")} AS deliveries, ${when("delivery.failed")} AS failed,
		${when("pull.refused")} AS refused,
		coalesce(sum(n) FILTER (WHERE ${left}), 0) AS records,
		coalesce(sum(b) FILTER (WHERE ${left}), 0) AS bytes
		FROM public.told WHERE log = 0 AND ${within} GROUP BY 1, 2`,
	recipients: `SELECT c.client, ${when("pull.begun")} AS pulls,
		${when("delivery.acked")} AS deliveries, ${when("delivery.failed")} AS failed,
		${when("delivery.dead")} AS dead,
		coalesce(sum(n) FILTER (WHERE ${left}), 0) AS records,
		coalesce(sum(b) FILTER (WHERE ${left}), 0) AS bytes,
		(SELECT round(avg(extract(epoch FROM (SELECT min(k.at) FROM public.told AS k
			WHERE k.g = f.g AND k.ds = f.ds AND k.ev = 'delivery.acked'
			  AND k.at > f.at AND k.${within.replaceAll(" at ", " k.at ")})
			- f.at)) * 1000)::bigint
		   FROM public.told AS f
		  WHERE f.client = c.client AND f.${within.replaceAll(" at ", " f.at ")}
		    AND f.ev IN ('delivery.failed', 'delivery.deferred', 'delivery.dead')
		    AND coalesce((SELECT p.ev FROM public.told AS p WHERE p.g = f.g
			AND p.ds = f.ds AND p.ev LIKE 'delivery.%'
			AND p.ev <> 'delivery.attempted' AND p.at < f.at
			ORDER BY p.at DESC LIMIT 1), 'delivery.acked') = 'delivery.acked')
		AS recover,
		(SELECT ${time("max(x.at)")} FROM public.told AS x WHERE x.client = c.client
			AND x.${left}) AS last
		FROM public.told AS c WHERE ${within} AND client IS NOT NULL GROUP BY 1`,
	consents: `SELECT client, ${when("consent.requested")} AS requested,
		${when("consent.shown")} AS shown, ${when("consent.given")} AS given,
		${when("consent.refused")} AS refused, ${when("consent.changed")} AS changed,
		${when("consent.withdrawn")} AS withdrawn,
		${when("consent.expired")} AS expired,
		(SELECT count(*) FROM public.told AS w, public.told AS f
		  WHERE w.ev = 'consent.withdrawn' AND w.client = c.client AND f.g = w.g
		    AND f.ev IN ('pull.begun', 'delivery.attempted') AND f.at > w.at) AS after
		FROM public.told AS c WHERE ev LIKE 'consent.%' AND ${within} GROUP BY 1`,
	late: `SELECT ds, count(*) AS deliveries,
		percentile_disc(0.5) WITHIN GROUP (ORDER BY lag) AS median,
		percentile_disc(0.95) WITHIN GROUP (ORDER BY lag) AS p95,
		percentile_disc(0.99) WITHIN GROUP (ORDER BY lag) AS p99, max(lag) AS worst,
		PROMISED(ds) AS promised, count(*) FILTER (WHERE lag > PROMISED(ds)) AS late
		FROM public.told WHERE ev = 'delivery.acked' AND lag IS NOT NULL AND ${within}
		GROUP BY 1`,
	refusals: `SELECT ev, client, ds, reason, count(*) AS lines,
		${time("max(at)")} AS last FROM public.told WHERE ev IN ('pull.refused',
		'token.refused', 'client.refused', 'consent.refused', 'delivery.cancelled')
		AND ${within} GROUP BY 1, 2, 3, 4`,
	failures: `SELECT ev, client, ds, oc, reason, count(*) AS lines,
		${time("max(at)")} AS last FROM public.told WHERE ev ~
		'^delivery.(failed|deferred|dead)$' AND ${within} GROUP BY 1, 2, 3, 4, 5`,
	people: `SELECT ${time("at")} AS at, ev, NULL AS by, act, client, oc, reason
		FROM public.told WHERE act IN ('operator', 'auditor') AND log = 1
		AND ${within}`,
	breach: `SELECT client, ds, count(DISTINCT subject) AS persons,
		sum(n) AS records, sum(b) AS bytes, ${time("min(at)")} AS first,
		${time("max(at)")} AS last FROM public.told
		WHERE ev IN ('pull.begun', 'delivery.attempted') AND ${within} GROUP BY 1, 2`,
	touched: `SELECT s.customer, client, sum(n) AS records, sum(b) AS bytes,
		${time("max(at)")} AS last FROM public.told
		JOIN guichet.subject AS s ON s.id::text = subject
		WHERE ev IN ('pull.begun', 'delivery.attempted') AND ${within} GROUP BY 1, 2`,
	service: `SELECT ev, ds, count(*) AS lines, sum(good) AS complete,
		sum(cut) AS aborted, sum(away) AS away,
		round(100.0 * sum(good) / count(*), 2)::text AS available,
		percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) AS median,
		percentile_disc(0.95) WITHIN GROUP (ORDER BY ms) AS p95,
		percentile_disc(0.99) WITHIN GROUP (ORDER BY ms) AS p99
		FROM (SELECT 'pull.ended' AS ev, e.ds, (e.oc = 'complete')::int AS good,
			(e.oc = 'aborted')::int AS cut, 0 AS away,
			round(extract(epoch FROM e.at - b.at) * 1000)::bigint AS ms
			FROM public.told AS e JOIN public.told AS b ON b.id = e.of
			WHERE e.ev = 'pull.ended' AND e.${within.replaceAll(" at ", " e.at ")}
		UNION ALL SELECT 'pull.ended', ds, 0, 0, 1, NULL FROM public.told
			WHERE ev = 'pull.refused' AND oc = '5xx' AND ${within}
		UNION ALL SELECT 'delivery.acked', e.ds, (e.ev = 'delivery.acked')::int,
			(e.ev = 'delivery.failed')::int, 0,
			round(extract(epoch FROM e.at - b.at) * 1000)::bigint
			FROM public.told AS e JOIN public.told AS b ON b.id = e.of
			WHERE e.ev IN ('delivery.acked', 'delivery.failed')
			  AND e.${within.replaceAll(" at ", " e.at ")}) AS x GROUP BY 1, 2`,
	funnel: `SELECT s AS ev, (SELECT count(*) FROM public.told WHERE ev = s
			AND ${within}) AS lines,
		CASE WHEN place > 3 THEN (SELECT count(DISTINCT g) FROM public.told
			WHERE ev = s AND ${within}) END AS consents
		FROM unnest(ARRAY['consent.requested', 'consent.shown', 'consent.refused',
		'consent.given', 'token.issued', 'pull.begun', 'delivery.acked',
		'consent.withdrawn', 'consent.expired']) WITH ORDINALITY AS x (s, place)`,
	customer: `SELECT ${time("at")} AS at, ev, client, ds, n AS records, b AS bytes,
		oc, g AS grant FROM public.told WHERE subject = 'ADA' AND ${within}`,
};
const sorted = (list) => list.map((r) => JSON.stringify(r)).sort();

// The schema's own words, read without us.
function promised(text) {
	const ms = (id) => {
		const file = readFileSync(join(root, "schemas", id.split(".")[0],
			`${id.split(".")[1]}.schema.json`), "utf8");
		const [, d, h, m] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(
			JSON.parse(file)["x-latency"]).map((x) => Number(x ?? 0));
		return ((d * 24 + h) * 60 + m) * minute;
	};
	return text.replaceAll("PROMISED(ds)", `CASE ds ${sets.map((ds) =>
		`WHEN '${ds}' THEN ${ms(ds.split("@")[0])}::bigint`).join(" ")} END`);
}

for (const [name, text] of Object.entries(byHand))
	test(`${name}: the recount says the same`, () => {
		const more = name === "customer" ? ["--customer", "C-ADA"] : [];
		const expected = recount(promised(text).replaceAll("'ADA'",
			`'${people[0].id}'`));
		const got = rows(name, ...more);
		assert.ok(expected.length > 0, "there is something to count");
		assert.deepEqual(sorted(got), sorted(expected));
		if (text.includes("client") && name !== "people") {
			const one = rows(name, "--pims", "cozy", ...more);
			const parts = clients.flatMap((c) => rows(name, "--pims", c, ...more));
			assert.ok(one.length > 0 && one.length < got.length || name === "funnel" ||
				name === "late" || name === "service");
			if (got[0].client !== undefined)
				assert.deepEqual(sorted(parts), sorted(got), "its parts");
		}
	});

test("late is late: some of them against the day that is promised", () => {
	for (const row of rows("late"))
		assert.ok(row.late > 0 && row.late < row.deliveries && row.promised ===
			86400000, JSON.stringify(row));
});

test("what must never be is told: something left after a withdrawal", () =>
	assert.equal(rows("consents").reduce((n, r) => n + r.after, 0), 1));

test("integrity: recounted from the notes and verifications themselves", () => {
	const between = (since, past) => ledger.must("journal", "report", "integrity",
		"--json", "--from", since, "--to", past).trimEnd().split("\n")
		.map((l) => JSON.parse(l));
	for (const row of between(from, to)) {
		const note = ledger.must("journal", "checkpoint", "--log", row.name);
		assert.equal(String(row.lines), note.split("\n")[1], row.name);
		assert.equal(row.notes, 0, "none was signed in that March");
	}
	// a life of checkpoints and looks at it: some in time, some bad, one under way
	ledger.sql(`INSERT INTO guichet.journal_note (log, size, note, signed) SELECT
		k % 2, 100000 + k, 'n', timestamptz '2026-04-01' + k * interval '7 hours'
		FROM generate_series(0, 40) AS k;
		INSERT INTO guichet.journal_check (log, ended, good) SELECT k % 2, CASE WHEN
		k % 7 <> 0 THEN timestamptz '2026-04-02' + k * interval '5 hours' END,
		CASE WHEN k % 7 <> 0 THEN k % 3 <> 0 END FROM generate_series(0, 30) AS k`);
	const said = (log, column, table, t) => `(SELECT ${column} FROM guichet.${table}
		WHERE log = ${log} AND ${t} >= '2026-04-03' AND ${t} < '2026-04-07')`;
	const notes = (log, column) => said(log, column, "journal_note", "signed");
	const checks = (log, column) => said(log, column, "journal_check", "ended");
	assert.deepEqual(between("2026-04-03", "2026-04-07"), recount(["restitution",
		"consent-admin"].map((name, log) => `SELECT '${name}' AS name,
		(SELECT count(*) FROM public.recount WHERE log = ${log}) AS lines,
		${notes(log, "count(*)")} AS notes, ${notes(log, time("min(signed)"))} AS first,
		${notes(log, time("max(signed)"))} AS last, ${checks(log, "count(*)")} AS
		verified, ${checks(log, "sum((good IS NOT TRUE)::int)")} AS bad`)
		.join(" UNION ALL ")));
	ledger.sql(`DELETE FROM guichet.journal_note WHERE size >= 100000;
		DELETE FROM guichet.journal_check`);
});

const python = (code, input) => {
	const r = spawnSync("python3", ["-c", code], { input, encoding: "utf8" });
	assert.equal(r.status, 0, r.stderr);
	return r.stdout;
};
const READ = `
import csv, io, json, sys
raw = sys.stdin.buffer.read()
assert raw[:3] == b"\\xef\\xbb\\xbf" and b"\\n" not in raw.replace(b"\\r\\n", b"")
rows = list(csv.reader(io.StringIO(raw[3:].decode(), newline=""), strict=True))
assert len({len(r) for r in rows}) == 1, "as many cells in each row"
print(json.dumps(rows))
`;

test("each as CSV: Python reads the same cells, and none is a formula", () => {
	for (const name of [...Object.keys(byHand), "integrity"]) {
		const more = name === "customer" ? ["--customer", "C-ADA"] : [];
		const [head, ...cells] = JSON.parse(python(READ, report(name, ...more)));
		const plain = rows(name, ...more).map((r) => Object.values(r)
			.map((v) => v === null ? "" : String(v)));
		assert.equal(head.length, plain[0].length, name);
		assert.deepEqual(cells.map((r) => r.map((c) => c.replace(/^'/, ""))), plain,
			name);
		for (const cell of cells.flat())
			assert.doesNotMatch(cell, /^[=+@\t\r]|^-[^\d]/, name);
	}
	assert.match(report("refusals"), /"'@invalid\tgrant"/);
	assert.match(report("recipients"), /"'=banque"/);
});

test("each as JSON Lines: Python reads them, one object a line", () => {
	for (const name of Object.keys(byHand).filter((n) => n !== "customer"))
		python(`import json, sys
for line in sys.stdin: assert isinstance(json.loads(line), dict)`,
			report(name, "--json"));
});

test("a report that names a person is a line that knows whose it is", () => {
	const line = JSON.parse(ledger.sql(`SELECT convert_from(leaf, 'UTF8')
		FROM guichet.journal_line WHERE subject_id = '${people[0].id}'
		AND convert_from(leaf, 'UTF8') LIKE '%report.produced%' LIMIT 1`));
	assert.equal(line.oc, "customer");
	assert.ok(line.tag);
	assert.equal(guichet("journal", "report", "nonsense", "--config",
		ledger.config).code, 64);
});
