// SPDX-License-Identifier: Apache-2.0
// The records of the synthetic organisation, as they leave: each keeps its
// schema, says ajv, and our own validator agrees with ajv on them and on
// thousands of spoilt ones.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { guichet, root, temporary, writeSettings } from "../support/ground.mjs";
import { createDatabase, sql } from "../support/postgres.mjs";

const tools = join(root, process.env.SAN ? "build-san" : "build", "tools");
const sets = ["energy.contract", "energy.load-curve", "energy.invoice",
	"telecom.contract", "telecom.call-detail"];
const databases = {};
let config;

function schemaFile(id) {
	const [domain, name] = id.split(".");
	return join(root, `schemas/${domain}/${name}.schema.json`);
}
const schemaOf = (id) => JSON.parse(readFileSync(schemaFile(id), "utf8"));

function judge(schema) {
	// annotations are ours; everything else must be known to ajv
	const ajv = new Ajv({ strict: true, strictTypes: false,
		strictRequired: false, allErrors: false, validateFormats: true,
		logger: false });
	addFormats.default ? addFormats.default(ajv) : addFormats(ajv);
	const words = new Set();
	JSON.stringify(schema, (k, v) => {
		if (k.startsWith("x-"))
			words.add(k);
		return v;
	});
	for (const w of words)
		ajv.addKeyword(w);
	return ajv.compile(schema);
}

// Our verdicts on these lines of JSON: true, or where and why.
function ours(file, lines) {
	const r = spawnSync(join(tools, "validate"), [file],
		{ input: lines.join("\n") + "\n", encoding: "utf8",
		  maxBuffer: 1 << 28 });
	assert.equal(r.status, 0, r.stdout);
	const verdicts = r.stdout.trimEnd().split("\n")
		.map((l) => l === "ok" ? true : l);
	assert.equal(verdicts.length, lines.length);
	return verdicts;
}

function records(id, customer, ...options) {
	return execFileSync(join(tools, "pages"), [config, id, customer,
		...options], { encoding: "utf8", maxBuffer: 1 << 28,
		stdio: ["ignore", "pipe", "ignore"] })
		.split("\n").filter(Boolean);
}

before(() => {
	const dir = temporary();
	const sources = {};
	for (const sector of ["energy", "telecom"]) {
		databases[sector] = createDatabase(sector);
		const r = guichet("synth", "--sector", sector, "--to",
			databases[sector].url, "--customers", "30", "--days", "130");
		assert.equal(r.code, 0, r.err);
		sources[sector] = databases[sector].url;
	}
	config = writeSettings(join(dir, "guichet.conf"), {
		organisation: { name: "Essai", contact: "dpo@example.org" },
		server: { public_url: "https://localhost:24001" },
		database: { url: databases.energy.url },
		catalogue: { schemas: join(root, "schemas"),
			adapters: join(root, "adapters"),
			sources: "energy telecom" },
		sources });
});
after(() => {
	for (const db of Object.values(databases))
		db.drop();
});

function customersOf(sector) {
	return sql(databases[sector].url, sector === "energy"
		? "SELECT id_client FROM crm.client ORDER BY 1"
		: "SELECT ref_abonne FROM abo.abonne ORDER BY 1").split("\n");
}

const real = {};
for (const id of sets)
	test(`${id}: every synthetic record is valid, to ajv and to us`, () => {
		const valid = judge(schemaOf(id));
		const all = customersOf(id.split(".")[0]).slice(0, 12)
			.flatMap((c) => records(id, c));
		assert.ok(all.length > 10, `only ${all.length} records`);
		for (const line of all)
			assert.ok(valid(JSON.parse(line)),
				JSON.stringify(valid.errors) + line);
		ours(schemaFile(id), all).forEach((v, i) =>
			assert.equal(v, true, all[i]));
		real[id] = all;
	});

// A small deterministic generator, so that a failure can be had again.
function dice(seed) {
	let s = seed;
	return (n) => {
		s = (Math.imul(s, 1103515245) + 12345) >>> 0;
		return (s >>> 8) % n;
	};
}

const strange = [null, true, -1, 0, 1.5, 1e300, 12, "", "x", "é".repeat(40),
	"2026-02-30", "2026-02-28", "2026-03-04T25:00:00Z",
	"2026-03-04T10:00:00+01:00", "2026-03-04T10:00:00", "PT30M", "MEASURED",
	"a@b.example", "a@@b", "FR", "fr", "EUR", "EUR\n", "+33600000000", [], {},
	[1, 2], [{}], { a: 1 }];

// Spoils one random place of a record.
function spoil(record, roll) {
	const places = [];
	const walk = (o) => Object.keys(o).forEach((k) => {
		places.push([o, k]);
		if (o[k] && typeof o[k] === "object")
			walk(o[k]);
	});
	walk(record);
	const [at, key] = places[roll(places.length)];
	switch (roll(4)) {
	case 0:
		if (Array.isArray(at))
			at.splice(key, 1);
		else
			delete at[key];
		break;
	case 1:
		if (Array.isArray(at))
			at.push(strange[roll(strange.length)]);
		else
			at[`more${roll(9)}`] = 1;
		break;
	default:
		at[key] = strange[roll(strange.length)];
	}
	return record;
}

for (const id of sets)
	test(`${id}: we agree with ajv on spoilt records`, () => {
		const valid = judge(schemaOf(id)), roll = dice(7);
		const spoilt = Array.from({ length: 2000 }, () =>
			JSON.stringify(spoil(JSON.parse(
				real[id][roll(real[id].length)]), roll)));
		const verdicts = ours(schemaFile(id), spoilt);
		let refused = 0;
		spoilt.forEach((line, i) => {
			const ajv = valid(JSON.parse(line));
			refused += !ajv;
			assert.equal(verdicts[i] === true, ajv, `${line}\nwe: ` +
				`${verdicts[i]}\najv: ${JSON.stringify(valid.errors)}`);
		});
		assert.ok(refused > 500 && refused < 2000, `${refused} refused`);
	});

test("the keywords our schemas do not use yet: we agree with ajv", () => {
	const file = join(temporary(), "schema.json");
	const values = [0, 1, 1.0, 2, 3.5, -1, "", "a", "ab", "abc", "b\n", "b",
		"https://example.org/x", "no uri", [], [1], [1, 1], [1, 1.0, "1"],
		{}, { a: 1 }, { a: 1, b: 2 }, { b: "x" }, null, true, false,
		[{ a: 1 }, { a: 1 }], { a: { a: { a: 1 } } }];
	const schemas = [
		{ const: 1 }, { const: { a: 1 } }, { enum: [1, "a", null, [1]] },
		{ type: ["string", "null"] }, { type: "integer" },
		{ minimum: 1, maximum: 2 }, { exclusiveMinimum: 1 },
		{ exclusiveMaximum: 2 }, { minLength: 2 }, { maxLength: 1 },
		{ pattern: "^b$" }, { pattern: "b" }, { pattern: "^[^a]*$" },
		{ minItems: 1, maxItems: 2 }, { uniqueItems: true },
		{ items: { type: "integer" } }, { items: false },
		{ type: "object", additionalProperties: { type: "integer" } },
		{ properties: { a: true }, additionalProperties: false },
		{ properties: { a: false } }, { required: ["a"] },
		{ oneOf: [{ type: "number" }, { minimum: 2 }] },
		{ anyOf: [{ const: 1 }, { const: "a" }] },
		{ allOf: [{ type: "string" }, { minLength: 1 }] },
		{ not: { type: "string" } }, { format: "uri", type: "string" },
		{ $defs: { n: { type: "integer" } }, items: { $ref: "#/$defs/n" } },
		{ properties: { a: { $ref: "#" } }, type: ["object", "integer"] },
	];
	for (const schema of schemas) {
		execFileSync("sh", ["-c", 'cat > "$0"', file],
			{ input: JSON.stringify(schema) });
		const valid = judge(schema);
		ours(file, values.map((v) => JSON.stringify(v)))
			.forEach((v, i) => assert.equal(v === true,
				valid(values[i]), `${JSON.stringify(schema)} ` +
				`${JSON.stringify(values[i])}: ${v}`));
	}
});

test("what we would not look at is refused with the schema", () => {
	const file = join(temporary(), "schema.json");
	for (const schema of [{ minumum: 1 }, { dependentRequired: {} },
		{ format: "ipv4" }, { pattern: "(" }, { type: "int" },
		{ $ref: "#/$defs/none" }, { $ref: "https://example.org/" },
		{ required: "a" }, { properties: { a: { maxLength: -1 } } }]) {
		execFileSync("sh", ["-c", 'cat > "$0"', file],
			{ input: JSON.stringify(schema) });
		assert.equal(spawnSync(join(tools, "validate"), [file],
			{ input: "" }).status, 78, JSON.stringify(schema));
	}
});
