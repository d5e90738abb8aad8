// SPDX-License-Identifier: Apache-2.0
// The six synthetic organisations: what an adapter's SQL makes of the legacy
// tables is what `guichet synth` writes as NDJSON and CSV, record by record; and
// every record is valid, to ajv and to us.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guichet, root, temporary, writeSettings } from "../support/ground.mjs";
import { createDatabase, sql } from "../support/postgres.mjs";
import { judge, schemas, sectors } from "../support/records.mjs";

const tools = join(root, process.env.SAN ? "build-san" : "build", "tools");
const people = 12, days = 100, as_of = "2026-11-24";
const dir = temporary(), databases = {};
const configs = {};
let config;

function synth(sector, to, ...more) {
	const r = guichet("synth", "--sector", sector, "--to", to, "--customers",
		String(people), "--days", String(days), "--as-of", as_of, ...more);
	assert.equal(r.code, 0, r.err);
}

const settle = (file, which, sources) => writeSettings(join(dir, file), {
	organisation: { name: "Essai", contact: "dpo@example.org" },
	server: { public_url: "https://localhost:24001" },
	database: { url: databases.energy.url },
	catalogue: { schemas: join(root, "schemas"),
		adapters: join(root, "adapters"), sources: which }, sources });

const linesOf = (id, at = join(dir, "nd")) =>
	readFileSync(join(at, `${id}.ndjson`), "utf8").split("\n").filter(Boolean);
const recordsOf = (id) => linesOf(id).map((l) => JSON.parse(l));

before(() => {
	const sources = {};
	for (const sector of sectors) {
		// a charset of its time, with the letters of French and no more
		databases[sector] = createDatabase(sector, undefined,
			sector === "insurance" ? "WIN1252" : null);
		synth(sector, `postgres:${databases[sector].url}`);
		synth(sector, `ndjson:${join(dir, "nd")}`);
		synth(sector, `csv:${join(dir, "csv")}`);
		sources[sector] = databases[sector].url;
	}
	for (const sector of sectors)
		configs[sector] = settle(`${sector}.conf`, sector, sources);
	config = settle("guichet.conf", sectors.join(" "), sources);
});
after(() => Object.values(databases).forEach((db) => db.drop()));

// Members in one order, so that two records can be compared as texts.
const steady = (v) => Array.isArray(v) ? v.map(steady) :
	v && typeof v === "object" ? Object.fromEntries(Object.keys(v).sort()
		.map((k) => [k, steady(v[k])])) : v;
const text = (r) => JSON.stringify(steady(r));

const customers = [...Array(people).keys()].map((i) =>
	`SYN-${String(i + 1).padStart(8, "0")}`);

function pulled(id, customer) {
	return execFileSync(join(tools, "pages"),
		[configs[id.split(".")[0]], id, customer],
		{ encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe",
			"ignore"] }).split("\n").filter(Boolean);
}

for (const s of schemas())
	test(`${s["x-id"]}: from tables, from files: the same, and valid`, () => {
		const id = s["x-id"], valid = judge(s);
		const written = linesOf(id);
		const read = pulled(id, customers.join(","));
		assert.ok(written.length > 4, `${written.length} records`);
		const a = read.map((l) => text(JSON.parse(l))).sort();
		const b = written.map((l) => text(JSON.parse(l))).sort();
		a.forEach((r, i) => assert.equal(r, b[i]));
		assert.equal(a.length, b.length);
		for (const line of written)
			assert.ok(valid(JSON.parse(line)), JSON.stringify(valid.errors) +
				line.slice(0, 400));
		const [domain, name] = id.split(".");
		const r = spawnSync(join(tools, "validate"),
			[join(root, `schemas/${domain}/${name}.schema.json`)],
			{ input: `${written.join("\n")}\n`, encoding: "utf8",
				maxBuffer: 1 << 28 });
		assert.equal(r.status, 0, r.stdout);
		assert.deepEqual(r.stdout.split("\n").filter((l) => l && l !== "ok"), []);
	});

test("values lie where the schemas say they plausibly do", () => {
	const walk = (schema, record, path, see) => {
		for (const [k, f] of Object.entries(schema.properties ?? {})) {
			const v = record?.[k];
			if (v === undefined)
				continue;
			if (f["x-plausible"] && v !== 0)
				see(`${path}${k}`, f["x-plausible"], v);
			walk(f, v, `${path}${k}.`, see);
			if (f.items)
				v.forEach((x) => walk(f.items, x, `${path}${k}[].`, see));
		}
	};
	for (const s of schemas()) {
		const out = {}, all = {};
		for (const r of recordsOf(s["x-id"]))
			walk(s, r, `${s["x-id"]} `, (path, [low, high], v) => {
				all[path] = (all[path] ?? 0) + 1;
				if (v < low || v > high)
					out[path] = (out[path] ?? 0) + 1;
			});
		for (const [path, n] of Object.entries(out))
			assert.ok(n < 0.02 * all[path], `${path}: ${n} of ${all[path]}`);
	}
});

test("CSV: the same records, a column a field, lists as JSON", () => {
	// RFC 4180, read by hand: quotes are doubled inside quotes
	const parse = (row) => {
		const cells = [];
		for (const m of row.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g))
			cells.push(m[1]);
		return cells;
	};
	for (const s of schemas()) {
		const rows = readFileSync(join(dir, "csv", `${s["x-id"]}.csv`), "utf8")
			.split("\r\n").filter(Boolean);
		const header = rows.shift().split(","), nd = recordsOf(s["x-id"]);
		assert.equal(rows.length, nd.length);
		rows.slice(0, 100).forEach((row, i) => {
			const cells = parse(row);
			header.forEach((path, k) => {
				const v = path.split(".").reduce((o, p) => o?.[p], nd[i]);
				const cell = cells[k] ?? "";
				const told = cell.startsWith('"') ?
					cell.slice(1, -1).replaceAll('""', '"') : cell;
				assert.equal(told, v === undefined ? "" : Array.isArray(v) ?
					told : String(typeof v === "number" ? told : v), path);
				if (Array.isArray(v))
					assert.deepEqual(JSON.parse(told), v);
				if (typeof v === "number")
					assert.equal(Number(told), v);
			});
		});
	}
});

test("byte for byte the same; person N in any population", () => {
	const hash = (at, id) => createHash("sha256")
		.update(readFileSync(join(at, `${id}.ndjson`))).digest("hex");
	for (const sector of sectors) {
		synth(sector, `ndjson:${join(dir, "again")}`);
		synth(sector, `ndjson:${join(dir, "few")}`, "--customers", "5");
		synth(sector, `ndjson:${join(dir, "other")}`, "--seed", "7");
	}
	for (const f of readdirSync(join(dir, "nd"))) {
		const id = f.slice(0, -".ndjson".length);
		assert.equal(hash(join(dir, "again"), id), hash(join(dir, "nd"), id));
		assert.notEqual(hash(join(dir, "other"), id), hash(join(dir, "nd"), id));
		const few = linesOf(id, join(dir, "few"));
		assert.deepEqual(few, linesOf(id).slice(0, few.length), id);
	}
});

// ---- one person across the sectors ----

test("what is billed is what the bank saw, to the cent", () => {
	const ops = recordsOf("bank.transaction");
	const from = ops.map((o) => o.date).sort()[0];
	const until = ops.map((o) => o.date).sort().at(-1);
	let n = 0;
	const seen = (who, date, amount, label) => {
		if (date < from || date > until || who === "SYN-00000005")
			return;
		assert.ok(ops.some((o) => o.account === `SYN-B-${who.slice(4)}-1` &&
			o.date === date && Math.round(o.amount * 100) ===
			-Math.round(amount * 100) && o.label.includes(label)),
			`${who} ${date} ${amount} ${label}`);
		n++;
	};
	for (const b of recordsOf("energy.invoice"))
		if (b.paid_on)
			seen(b.customer, b.paid_on, b.amount, "ENERGIE");
	for (const b of recordsOf("telecom.bill"))
		if (b.paid_on)
			seen(b.customer, b.paid_on, b.amount, "TELECOM");
	const day = (t, more) => new Date(Date.parse(t.slice(0, 10)) +
		more * 86400e3).toISOString().slice(0, 10);
	for (const r of recordsOf("retail.receipt"))
		if (day(r.time, 1) > from)
			seen(`SYN-${r.receipt.slice(6, 14)}`, day(r.time, 1), r.paid,
				"GRAND PRE");
	for (const p of recordsOf("mobility.pass"))
		seen(p.customer, day(p.start, 1), p.price, "HIRONDELLE");
	assert.ok(n > 200, `${n} payments`);
});

test("a shared account is its two holders', and only theirs", () => {
	const shared = recordsOf("bank.account").filter((a) => a.shared);
	const holders = {};
	for (const a of shared)
		(holders[a.account] ??= []).push(a.customer);
	assert.deepEqual(holders["SYN-B-00000001-J"],
		["SYN-00000001", "SYN-00000004"]);
	for (const h of Object.values(holders))
		assert.ok(h.length <= 2);
	const [camille, germaine] = ["SYN-00000001", "SYN-00000004"].map((c) =>
		pulled("bank.transaction", c).map((l) => JSON.parse(l))
			.filter((o) => o.account === "SYN-B-00000001-J"));
	assert.ok(camille.length > 5);
	assert.deepEqual(camille, germaine);
});

test("names, births and towns agree from one organisation to the next", () => {
	const energy = new Map(recordsOf("energy.customer").map((c) =>
		[c.customer, c]));
	for (const m of recordsOf("insurance.member")) {
		const e = energy.get(m.customer);
		for (const k of ["given_name", "family_name", "email", "phone"])
			assert.equal(m[k], e[k]);
		assert.deepEqual(m.address, e.address);
	}
	const solene = recordsOf("insurance.member")
		.find((m) => m.customer === "SYN-00000006");
	assert.match(solene.family_name, /Ÿvray de la Brèche-Saint-Élœil/);
	assert.equal(sql(databases.insurance.url, "SHOW server_encoding"), "WIN1252");
});

// ---- believable ----

test("receipts add up, points follow, nobody is at the till", () => {
	const lines = recordsOf("retail.receipt-line");
	for (const r of recordsOf("retail.receipt").slice(0, 120)) {
		const mine = lines.filter((l) => l.receipt === r.receipt);
		const cents = (x) => Math.round(x * 100);
		assert.equal(mine.reduce((s, l) => s + cents(l.amount), 0),
			cents(r.total), r.receipt);
		assert.equal(cents(r.total) - cents(r.discount), cents(r.paid));
		assert.equal(Math.floor(r.total), r.points);
		mine.forEach((l) => assert.ok(Math.abs(l.quantity * l.price -
			l.amount) <= 0.00501 + 1e-9));
	}
	assert.ok(lines.every((l) => /^2\d{12}$/.test(l.barcode)));
});

test("gas follows the cold; a leak runs for days; six o'clock is local", () => {
	const gas = recordsOf("energy.gas-daily");
	const mean = (m) => {
		const v = gas.filter((g) => m.includes(g.day.slice(5, 7)))
			.map((g) => g.energy);
		return v.reduce((a, b) => a + b, 0) / v.length;
	};
	assert.ok(mean(["11"]) > 1.5 * mean(["08"]), `${mean(["11"])}`);
	for (const g of gas)
		assert.match(g.start + g.end, /T06:00:00.*T06:00:00/);
	const change = gas.find((g) => g.day === "2026-10-24");
	assert.equal((Date.parse(change.end) - Date.parse(change.start)) / 36e5, 25);
	const water = recordsOf("energy.water");
	assert.ok(water.some((w) => w.leak && w.volume > 450));
});

test("prepaid lines have no bill; a phone sleeps at home; films are evenings", () => {
	const leo = recordsOf("telecom.contract")
		.find((c) => c.customer === "SYN-00000005");
	assert.equal(leo.plan.code, "PREP");
	const bills = recordsOf("telecom.bill");
	assert.ok(!bills.some((b) => b.contract === leo.contract));
	for (const b of bills)
		assert.equal(b.lines.reduce((s, l) => s + Math.round(l.amount * 100), 0),
			Math.round(b.amount * 100));
	for (const v of recordsOf("telecom.vod-history"))
		assert.match(v.time, /T(19|2[0-3]):/);
});

test("who may take part is said by each organisation", () => {
	const reason = (sector, who) => sql(databases[sector].url,
		`SELECT coalesce(reason, '-') FROM (${readFileSync(join(root, "adapters",
			sector, "customers.sql"), "utf8").replace(":customer",
			`'${who}'`)}) AS r`);
	for (const sector of sectors) {
		assert.equal(reason(sector, "SYN-00000001"), "-", sector);
		assert.equal(reason(sector, "SYN-00000009"), "opposition", sector);
	}
});

test("guichet check finds nothing to say about any of the six", () => {
	for (const sector of sectors)
		sql(databases[sector].url, "ANALYZE");
	const r = guichet("check", "--config", config, "--json",
		"--customer", "SYN-00000001");
	const found = JSON.parse(r.out).findings
		.filter((f) => !/E229|E230/.test(f.code));	// the tests' own role
	assert.deepEqual(found, []);
});
