// SPDX-License-Identifier: Apache-2.0
// The synthetic organisation: the same by seed and date, believable, nobody
// real, and every record as its published schema says (judged by ajv, on rows
// that psql read with the adapters' own files).
import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guichet, root } from "../support/ground.mjs";
import { createDatabase, sql } from "../support/postgres.mjs";
import { judge, json, lines, records, schemas } from "../support/records.mjs";

const as_of = "2026-11-24";
const made = [];

function fill(sector, customers, more = []) {
	const db = createDatabase(sector);
	made.push(db);
	const r = guichet("synth", "--sector", sector, "--to",
		`postgres:${db.url}`, "--customers", String(customers),
		"--as-of", as_of, ...more);
	assert.equal(r.code, 0, r.err);
	return db.url;
}

const number = (url, text) => Number(sql(url, text));

let energy, telecom;
before(() => {
	energy = fill("energy", 60);
	telecom = fill("telecom", 60, ["--days", "120"]);
});
after(() => made.forEach((db) => db.drop()));

for (const dataset of ["energy.contract", "energy.load-curve",
	"energy.invoice", "telecom.contract", "telecom.call-detail"])
	test(`${dataset}: every record is as its schema says`, () => {
		const schema = schemas().find((s) => s["x-id"] === dataset);
		const url = dataset.startsWith("energy") ? energy : telecom;
		const valid = judge(schema);
		let n = 0;
		for (let p = 1; p <= 14; p++)
			for (const r of records(url, dataset,
				`SYN-${String(p).padStart(8, "0")}`)) {
				assert.ok(valid(r), JSON.stringify(valid.errors) +
					JSON.stringify(r).slice(0, 600));
				n++;
			}
		assert.ok(n >= 14, `${n} records`);
	});

// ---- the same, always ----

const digest = (url, table, order, where = "true") => sql(url,
	`SELECT md5(string_agg(t::text, '|' ORDER BY ${order}))
	   FROM ${table} AS t WHERE ${where}`);

test("same seed and date, same rows; another seed, others", () => {
	const again = fill("energy", 8, ["--days", "60"]);
	const twice = fill("energy", 8, ["--days", "60"]);
	const other = fill("energy", 8, ["--days", "60", "--seed", "7"]);
	const look = (u) => digest(u, "si.courbe_jour", "pdl, jour, version") +
		digest(u, "crm.contrat", "num_ctr") + digest(u, "fac.ligne", "num_fac, rang");
	assert.equal(look(again), look(twice));
	assert.notEqual(look(again), look(other));
});

test("person N is the same in a larger population", () => {
	const few = fill("energy", 9);
	for (const [table, order, where] of [
		["crm.client", "id_client", "id_client <= 'SYN-00000009'"],
		["si.courbe_jour", "pdl, jour, version", "pdl < 'SYN-0000000100'"],
		["fac.facture", "num_fac", "num_ctr < 'SYN-E-00000010'"]])
		assert.equal(digest(few, table, order, where),
			digest(energy, table, order, where), table);
});

test("a later date extends the past and does not rewrite it", () => {
	const earlier = fill("telecom", 14, ["--days", "30", "--as-of", "2026-10-01"]);
	const where = "maj_le < '2026-09-30' AND maj_le >= '2026-09-10' " +
		"AND id_ligne / 10 BETWEEN 11 AND 14";
	assert.ok(number(earlier, `SELECT count(*) FROM cdr.appel WHERE ${where}`) > 50);
	assert.equal(digest(earlier, "cdr.appel", "id_appel", where),
		digest(telecom, "cdr.appel", "id_appel", where));
});

test("one person in both sectors: reference, name, birth, e-mail", () => {
	const who = (url, t, id, b, m) => json(url, `SELECT json_build_array(${id},
		nom, prenom, ${b}, ${m}) FROM ${t} ORDER BY ${id}`)
		.map((p) => JSON.stringify(p));
	const e = who(energy, "crm.client", "id_client", "date_nais", "mail");
	const t = new Set(who(telecom, "abo.abonne", "ref_abonne", "ne_le", "courriel"));
	assert.ok(e.length >= 55);
	for (const p of e)
		assert.ok(t.has(p), p);
});

// ---- nobody real ----

test("no address, number or domain outside what is kept for fiction", () => {
	const mails = [...lines(energy, "SELECT mail FROM crm.client WHERE mail IS NOT NULL"),
		...lines(telecom, "SELECT courriel FROM abo.abonne WHERE courriel IS NOT NULL")];
	assert.ok(mails.length > 80);
	for (const m of mails)
		assert.match(m, /^[a-z0-9.]+@example\.(org|com|net)$/);
	const kept = /^(\+33(63998|19900|26191|35301|46571|53649)\d{4}|\+447700900\d{3}|\+120255501\d{2}|888)$/;
	const numbers = [...lines(telecom, "SELECT DISTINCT nd FROM abo.ligne"),
		...lines(telecom, "SELECT DISTINCT correspondant FROM cdr.appel"),
		...lines(energy, "SELECT DISTINCT tel FROM crm.client")];
	assert.ok(numbers.length > 300);
	for (const n of numbers)
		assert.match(n, kept);
	for (const [url, column] of [[energy, "pdl FROM si.courbe_jour"],
		[energy, "num_ctr FROM crm.contrat"], [telecom, "id_appel FROM cdr.appel"]])
		assert.equal(number(url, `SELECT count(*) FROM (SELECT ${column}) AS t (x)
			WHERE x NOT LIKE 'SYN-%'`), 0);
});

test("other people's numbers leave masked", () => {
	for (const r of records(telecom, "telecom.call-detail", "SYN-00000008"))
		if (!["SERVICE", "VOICE_MAIL"].includes(r.partner_kind))
			assert.match(r.partner, /XXXX$/);
});

// ---- believable ----

test("days: 46 half-hours in March, 50 in October, instants in one row", () => {
	const days = records(energy, "energy.load-curve", "SYN-00000001");
	const of = (day) => days.find((d) => d.day === day);
	assert.equal(of("2026-03-29").readings.length, 46);
	assert.equal(of("2026-10-25").readings.length, 50);
	assert.equal(of("2026-03-28").readings.length, 48);
	for (const d of days) {
		const at = d.readings.map((r) => Date.parse(r.start));
		at.slice(1).forEach((t, i) => assert.equal(t - at[i], 30 * 60e3, d.day));
	}
});

test("load: winter over summer, evening over night, week-ends later", () => {
	const w = Object.fromEntries(json(energy, `
		SELECT json_build_array(season, round(avg(v))) FROM (
		SELECT CASE WHEN extract(month FROM jour) IN (12, 1, 2) THEN 'winter'
		            WHEN extract(month FROM jour) IN (6, 7, 8) THEN 'summer' END,
		       (SELECT sum(x) FROM unnest(soutirage) AS x)
		  FROM si.courbe_jour WHERE courante) AS t (season, v)
		 WHERE season IS NOT NULL GROUP BY season`));
	assert.ok(w.winter > 1.5 * w.summer, JSON.stringify(w));
	const hour = (from, to, we) => number(energy, `
		SELECT avg(v) FROM (SELECT (SELECT avg(x) FROM
		unnest(soutirage[${from * 2 + 1}:${to * 2}]) AS x)
		  FROM si.courbe_jour WHERE courante AND pas_min = 30
		   AND cardinality(soutirage) = 48
		   AND extract(month FROM jour) IN (4, 5, 9)
		   AND extract(isodow FROM jour) ${we ? ">" : "<"} 5.5) AS t (v)`);
	assert.ok(hour(19, 21) > 2 * hour(4, 5));
	// homes without a tank that heats into the morning, heating off
	const peak = (we) => number(energy, `
		SELECT i / 2.0 FROM si.courbe_jour AS k JOIN crm.contrat USING (pdl),
		       generate_series(10, 24) AS i
		 WHERE code_opt = 'BASE' AND pas_min = 30 AND courante
		   AND extract(month FROM jour) BETWEEN 6 AND 8
		   AND extract(isodow FROM jour) ${we ? ">" : "<"} 5.5
		 GROUP BY i HAVING i < 22 ORDER BY avg(soutirage[i + 1]) DESC LIMIT 1`);
	assert.ok(peak(true) - peak(false) >= 1, `${peak(false)} ${peak(true)}`);
});

test("weekdays: more at home at the week-end, more calls on working days", () => {
	const ratio = (url, text) => number(url, `SELECT avg(v) FILTER (WHERE we) /
		avg(v) FILTER (WHERE NOT we) FROM (${text}) AS t`);
	const load = ratio(energy, `SELECT extract(isodow FROM jour) > 5 AS we,
		(SELECT sum(x) FROM unnest(soutirage) AS x) AS v
		FROM si.courbe_jour WHERE courante`);
	assert.ok(load > 1.02 && load < 1.4, `load ${load}`);
	const calls = ratio(telecom, `SELECT extract(isodow FROM debut) > 5 AS we,
		count(*) AS v FROM cdr.appel WHERE pays = 'FR'
		GROUP BY debut::date, 1`);
	assert.ok(calls > 0.3 && calls < 0.98, `calls ${calls}`);
});

// Degrees under 15, by the climate of the country alone: the weather of a day is
// not told, so that a slope is what a statistician would find without it.
test("load: homes heated by electricity follow the cold, others do not", () => {
	const rows = json(energy, `
		WITH day AS (SELECT q.chauffage AS by, k.pdl,
			greatest(0, 15 - 12.2 + 7.8 * cos(2 * pi() *
				(extract(doy FROM k.jour) - 24) / 365.25))::float8 AS cold,
			(SELECT sum(x) / 1000.0 FROM unnest(k.soutirage) AS x)::float8 AS kwh
		  FROM si.courbe_jour AS k JOIN crm.contrat AS c USING (pdl)
		  JOIN crm.profil_logement AS q USING (num_ctr) WHERE k.courante)
		SELECT json_build_object('by', by, 'slope', regr_slope(kwh, cold),
			'r', corr(kwh, cold), 'share', regr_slope(kwh, cold) * avg(cold)
			/ avg(kwh)) FROM day GROUP BY by, pdl HAVING count(*) > 300`);
	const of = (electric, what) => rows.filter((r) => (r.by === "E") === electric)
		.map((r) => r[what]).sort((a, b) => a - b);
	const median = (list) => list[list.length >> 1];
	assert.ok(of(true, "slope").length >= 5 && of(false, "slope").length >= 5,
		JSON.stringify(rows));
	// kWh a day for each degree; a French home heated by electricity: 1 to 6
	assert.ok(median(of(true, "slope")) > 1 && median(of(true, "slope")) < 6,
		JSON.stringify(of(true, "slope")));
	assert.ok(Math.abs(median(of(false, "slope"))) < 0.35,
		JSON.stringify(of(false, "slope")));
	assert.ok(median(of(true, "r")) > 0.6, JSON.stringify(of(true, "r")));
	// heating is a third to three quarters of the year there
	const share = median(of(true, "share"));
	assert.ok(share > 0.3 && share < 0.75, `${share}`);
	assert.ok(median(of(false, "share")) < 0.15);
});

test("load: a tank heats at off-peak hours, the sun gives at noon", () => {
	const average = (customer, pick) => {
		const days = records(energy, "energy.load-curve", customer)
			.filter((d) => d.day.startsWith("2026-06") && d.readings.length === 48);
		return [...Array(48).keys()].map((i) =>
			days.reduce((s, d) => s + (pick(d.readings[i]) ?? 0), 0) / days.length);
	};
	const camille = average("SYN-00000001", (r) => r.energy);
	assert.ok(Math.max(...camille.slice(0, 14), ...camille.slice(45)) > 500);
	const yannick = average("SYN-00000003", (r) => r.injected);
	assert.ok(yannick[27] > 400 && yannick[2] === 0, yannick[27]);
});

test("load: estimates, corrections as versions, a meter replaced", () => {
	assert.ok(number(energy, `SELECT count(*) FROM si.courbe_jour WHERE version = 2`) > 5);
	assert.equal(number(energy, `SELECT count(*) FROM (SELECT pdl, jour FROM
		si.courbe_jour GROUP BY 1, 2 HAVING count(*) FILTER (WHERE courante) <> 1) x`), 0);
	const q = records(energy, "energy.load-curve", "SYN-00000006")
		.flatMap((d) => d.readings.map((r) => r.quality));
	assert.deepEqual([...new Set(q)].sort(), ["CORRECTED", "ESTIMATED", "MEASURED"]);
	const steps = records(energy, "energy.load-curve", "SYN-00000004").map((d) => d.step);
	assert.deepEqual([...new Set(steps)].sort(), ["PT30M", "PT60M"]);
	assert.equal(number(energy, `SELECT count(DISTINCT matricule) FROM si.compteur
		WHERE pdl = 'SYN-0000000040'`), 2);
});

test("bills: lines add up to the cent, quantities are the readings", () => {
	let n = 0;
	for (const who of ["SYN-00000001", "SYN-00000002", "SYN-00000006", "SYN-00000010"]) {
		const days = records(energy, "energy.load-curve", who);
		const contracts = records(energy, "energy.contract", who);
		for (const b of records(energy, "energy.invoice", who)) {
			const cents = (x) => Math.round(x * 100);
			const sum = b.lines.reduce((s, l) => s + cents(l.amount), 0);
			assert.equal(sum, cents(b.amount), b.invoice);
			assert.equal(cents(b.amount_without_tax) + cents(b.tax), cents(b.amount));
			const pdl = contracts.find((c) => c.contract === b.contract).usage_point;
			const wh = days.filter((d) => d.usage_point === pdl &&
				d.day >= b.period.start && d.day <= b.period.end)
				.reduce((s, d) => s + d.readings.reduce((t, r) => t + r.energy, 0), 0);
			assert.equal(wh, Math.round(b.consumption * 1000), b.invoice);
			for (const l of b.lines.filter((x) => /ENERGY|EXCISE/.test(x.kind)))
				assert.equal(cents(l.amount), Math.round(
					Math.round(l.price * 1e6) * Math.round(l.quantity * 1e3) / 1e7));
			assert.ok(!b.paid_on || b.paid_on > b.date);
			n++;
		}
	}
	assert.ok(n >= 12, `${n} bills`);
});

test("bills: peak and off-peak follow the contract's hours", () => {
	const paris = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Paris",
		hour: "2-digit", minute: "2-digit", hour12: false });
	const who = "SYN-00000001";
	const [c] = records(energy, "energy.contract", who);
	const periods = c.meter.off_peak_hours.split(" ").map((p) => p.split("-"));
	const off = (t) => periods.some(([a, b]) => a < b ? t >= a && t < b : t >= a || t < b);
	const days = records(energy, "energy.load-curve", who);
	for (const b of records(energy, "energy.invoice", who)) {
		let wh = 0;
		for (const d of days)
			if (d.day >= b.period.start && d.day <= b.period.end)
				for (const r of d.readings)
					if (off(paris.format(new Date(r.start))))
						wh += r.energy;
		const line = b.lines.find((l) => l.kind === "OFF_PEAK_ENERGY");
		assert.equal(Math.round(line.quantity * 1000), wh, b.invoice);
	}
});

test("calls: heavy tail, few contacts for most, nights quiet, texts answered", () => {
	const q = sql(telecom, `SELECT percentile_disc(ARRAY[0.5, 0.95, 0.999])
		WITHIN GROUP (ORDER BY duree_s) FROM cdr.appel
		WHERE type_com = 'V' AND code_cause = 16`)
		.match(/\d+/g).map(Number);
	assert.ok(q[0] > 20 && q[0] < 200 && q[1] > 5 * q[0] && q[2] > 30 * q[0] &&
		q[2] <= 4 * 3600, q.join());
	const share = number(telecom, `SELECT avg(top) FROM (SELECT sum(n) FILTER
		(WHERE rank <= 3)::float / sum(n) AS top FROM (SELECT id_ligne,
		count(*) AS n, rank() OVER (PARTITION BY id_ligne ORDER BY count(*) DESC)
		  FROM cdr.appel GROUP BY id_ligne, correspondant) AS c
		GROUP BY id_ligne) AS l`);
	assert.ok(share > 0.35 && share < 0.8, String(share));
	const at = (h) => number(telecom, `SELECT count(*) FROM cdr.appel
		WHERE pays = 'FR' AND extract(hour FROM debut) = ${h}`);
	assert.ok(at(18) > 15 * Math.max(at(3), 1));
	const missed = number(telecom, `SELECT avg((code_cause IN (17, 19))::int)
		FROM cdr.appel WHERE type_com = 'V'`);
	assert.ok(missed > 0.08 && missed < 0.3, String(missed));
});

test("calls: abroad on another clock, and arriving late", () => {
	const far = records(telecom, "telecom.call-detail", "SYN-00000008")
		.filter((c) => c.country !== "FR");
	assert.ok(far.length > 20);
	for (const c of far)
		assert.ok(Date.parse(c.changed) - Date.parse(c.start) > 86400e3);
});

// ---- the trap: a join changes, nothing else does ----

test("changed: touching any joined table moves it, and .changed.sql says who", () => {
	const c = "SYN-00000001";
	const since = "2030-01-01T00:00:00Z", until = "2040-01-01T00:00:00Z";
	for (const [url, dataset, table, where] of [
		[energy, "energy.contract", "crm.contrat", `id_client = '${c}'`],
		[energy, "energy.contract", "crm.client", `id_client = '${c}'`],
		[energy, "energy.contract", "crm.adresse", "id_adr = 10"],
		[energy, "energy.contract", "ref.offre", "code_off = 'VALHC'"],
		[energy, "energy.contract", "si.compteur", "pdl = 'SYN-0000000010'"],
		[energy, "energy.load-curve", "crm.rattachement", `id_client = '${c}'`],
		[energy, "energy.load-curve", "si.courbe_jour", "pdl = 'SYN-0000000010' AND courante"],
		[energy, "energy.invoice", "fac.facture", "num_ctr = 'SYN-E-00000001-1'"],
		[energy, "energy.invoice", "fac.reglement", "num_fac LIKE 'SYN-F-0000000010%'"],
		[telecom, "telecom.contract", "abo.ligne", `ref_abonne = '${c}'`],
		[telecom, "telecom.contract", "abo.abonne", `ref_abonne = '${c}'`],
		[telecom, "telecom.contract", "cat.forfait", `code_forfait = (SELECT
			code_forfait FROM abo.ligne WHERE id_ligne = 10)`],
		[telecom, "telecom.call-detail", "cdr.appel", "id_ligne = 10"],
		[telecom, "telecom.call-detail", "abo.ligne", `ref_abonne = '${c}'`]]) {
		const [sector] = dataset.split(".");
		const column = sector === "energy" ? "date_maj" : "maj_le";
		const file = (f) => readFileSync(join(root, "adapters", sector, f), "utf8")
			.replaceAll(":customer", `'${c}'`).replaceAll(":since", `'${since}'`)
			.replaceAll(":until", `'${until}'`);
		const seen = json(url, `BEGIN; UPDATE ${table} SET ${column} = '2035-05-05'
			WHERE ${where}; SELECT json_build_array(
			(SELECT max(r.changed) >= '2035-05-05' FROM (${file(`${dataset}.sql`)}) AS r),
			EXISTS (SELECT FROM (${file(`${dataset}.changed.sql`)}) AS w
				WHERE w.customer = '${c}')); ROLLBACK;`)[0];
		assert.deepEqual(seen, [true, true], `${dataset} and ${table}`);
	}
});

// ---- the command ----

test("who may not take part has no login; passwords are kept as scrypt", () => {
	const db = createDatabase("own");
	made.push(db);
	sql(db.url, `CREATE SCHEMA guichet; CREATE TABLE guichet.demo_customer (
		login text PRIMARY KEY, password_hash bytea, customer text UNIQUE,
		name text, story jsonb)`);
	const told = JSON.parse(guichet("synth", "--logins", db.url, "--json").out);
	const kept = json(db.url, `SELECT json_build_array(login, customer,
		encode(password_hash, 'hex'), story) FROM guichet.demo_customer`);
	assert.equal(kept.length, told.length);
	assert.ok(told.length >= 10);
	for (const nobody of ["SYN-00000005", "SYN-00000009"])
		assert.ok(!told.some((t) => t.reference === nobody), nobody);
	for (const [login, customer, hash] of kept) {
		const t = told.find((x) => x.login === login);
		const [salt, key] = [hash.slice(0, 32), hash.slice(32)];
		assert.equal(t.reference, customer);
		assert.equal(scryptSync(t.password, Buffer.from(salt, "hex"), 32,
			{ N: 1024 }).toString("hex"), key);
	}
	// somebody of an organisation's own tables; once, under one login
	const own = (ref) => guichet("synth", "--logins", db.url, "--customer", ref,
		"--json");
	assert.deepEqual(JSON.parse(own("20417").out), [{ login: "20417",
		password: "bonjour-20417", reference: "20417", name: "20417", story: "" }]);
	assert.equal(own("20417").code, 0);
	assert.match(own("SYN-00000001").err, /demo_customer_customer_key[^]*one reference has one login/);
});

test("a database that is not empty is refused, and nothing is lost", () => {
	const before_ = number(energy, "SELECT count(*) FROM crm.client");
	const r = guichet("synth", "--sector", "energy", "--to", `postgres:${energy}`);
	assert.equal(r.code, 78);
	assert.match(r.err, /E403/);
	assert.match(r.err, /empty database/);
	assert.equal(number(energy, "SELECT count(*) FROM crm.client"), before_);
});

test("wrong words are refused with a reason", () => {
	for (const [args, told] of [
		[["--to", "postgres:x"], /--sector/],
		[["--sector", "energy", "--to", "x", "--as-of", "2026-02-30"], /--as-of/],
		[["--sector", "energy", "--to", "x", "--as-of", "yesterday"], /--as-of/],
		[["--sector", "energy", "--to", "x", "--customers", "0"], /--customers/],
		[["--sector", "energy", "--to", "x", "--days", "99999"], /--days/],
		[["--sector", "water", "--to", "x"], /energy, telecom/],
		[["--logins", "x", "--customer", "x".repeat(32)], /1 to 31 bytes/],
		[["--sector", "energy", "--to", "x", "--customer", "A"], /--logins alone/],
		[[], /--to or --logins/]]) {
		const r = guichet("synth", ...args);
		assert.ok(r.code === 64 || r.code === 78, args.join(" "));
		assert.match(r.err, told);
	}
});
