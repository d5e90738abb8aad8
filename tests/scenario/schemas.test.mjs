// SPDX-License-Identifier: Apache-2.0
// Every schema that is shipped, by the rules of the house (a meta-schema, judged
// by ajv) and by the program's own reader; and what no meta-schema can say.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import { guichet, root, temporary, writeSettings } from "../support/ground.mjs";
import { judge, schemaFiles, schemas, sectors } from "../support/records.mjs";

const meta = new Ajv2020({ strict: true, strictRequired: false,
	strictTypes: false, allErrors: true })
	.compile(JSON.parse(readFileSync(join(root, "schemas/data-set.meta.json"))));

// Every field of a schema, with its path; lists show as "readings[]".
function* fields(of, path = "") {
	for (const [name, f] of Object.entries(of.properties ?? {})) {
		yield [`${path}${name}`, f];
		yield* fields(f, `${path}${name}.`);
		if (f.items)
			yield* fields(f.items, `${path}${name}[].`);
	}
}

const promised = {
	energy: ["contract", "customer", "daily-energy", "delivery-point",
		"gas-daily", "home-profile", "invoice", "load-curve", "maximum-power",
		"meter-statement", "payment-terms", "water"],
	telecom: ["bill", "call-detail", "contract", "location", "vod-history"],
	insurance: ["claim", "contract", "home", "household", "member",
		"payment-terms"],
	bank: ["account", "product", "transaction"],
	retail: ["loyalty", "receipt", "receipt-line"],
	mobility: ["parking", "pass", "trip"],
};
// UCUM (units in braces are counted things)
const units = ["W", "W.h", "kW.h", "kV.A", "m3", "kW.h/m3", "L", "m2", "m", "s",
	"min", "a", "deg", "GBy", "{EUR}", "{EUR}/mo", "{EUR}/kW.h", "{person}",
	"{room}", "{item}", "{point}", "{trip}", "{contract}"];

test("six sectors: the data sets that are promised, each in its file", () => {
	for (const sector of sectors)
		assert.deepEqual(readdirSync(join(root, "schemas", sector)).sort(),
			promised[sector].map((n) => `${n}.schema.json`).sort());
	for (const f of schemaFiles()) {
		const s = JSON.parse(readFileSync(f, "utf8"));
		assert.ok(f.endsWith(`/${s["x-id"].replace(".", "/")}.schema.json`), f);
		assert.equal(s.$id, `urn:guichet:schema:${s["x-id"]}:${s["x-version"]}`);
	}
});

for (const s of schemas())
	test(`${s["x-id"]}: by the rules of the house`, () => {
		assert.ok(meta(s), JSON.stringify(meta.errors, null, 1));
		const all = Object.fromEntries(fields(s)), mine = s.properties;
		for (const key of s["x-natural-key"])
			assert.ok(s.required.includes(key), key);
		assert.ok(!s["x-period"] || s.required.includes(s["x-period"]));
		for (const [path, f] of Object.entries(all)) {
			if (f.enum)
				assert.deepEqual(Object.keys(f["x-codes"]).sort(),
					[...f.enum].sort(), path);
			if (f["x-unit"])
				assert.ok(units.includes(f["x-unit"]), `${path} ${f["x-unit"]}`);
			const p = f["x-plausible"];
			if (p)
				assert.ok(p[0] < p[1] && p[0] <= f.examples[0] &&
					f.examples[0] <= p[1], `${path}: ${p}`);
			if (f["x-source"])
				assert.ok(Object.keys(s["x-sources"]).some((k) =>
					f["x-source"].startsWith(k) || k.startsWith(
					f["x-source"].split(":")[0]) ||
					f["x-source"].startsWith("EN 13757")), path);
		}
		assert.notEqual(mine.changed, undefined);
	});

// the pilot had no schema for these: each field names the public standard, save
// those every data set here has
test("mobility and water: field by field, where it comes from", () => {
	const ours = ["customer", "vendor", "currency", "changed", "pass"];
	for (const s of schemas())
		if (s["x-domain"] === "mobility" || s["x-id"] === "energy.water")
			for (const [path, f] of fields(s))
				assert.ok(f["x-source"] || ours.includes(path),
					`${s["x-id"]} ${path}`);
});

test("the examples make a valid record, to ajv", () => {
	const example = (f) => f.properties ? Object.fromEntries(
		Object.entries(f.properties).map(([k, v]) => [k, example(v)])) :
		f.items ? [example(f.items)] : f.examples[0];
	for (const s of schemas()) {
		const valid = judge(s);
		assert.ok(valid(example(s)), s["x-id"] + JSON.stringify(valid.errors));
	}
});

test("the program reads them all", () => {
	const config = writeSettings(join(temporary(), "guichet.conf"), {
		organisation: { name: "Essai", contact: "dpo@example.org" },
		server: { public_url: "https://localhost:24002" },
		database: { url: "postgresql:///nowhere" },
		catalogue: { schemas: join(root, "schemas"),
			adapters: join(root, "adapters"), sources: "energy telecom" } });
	const r = guichet("check", "--config", config, "--files", "--json");
	assert.deepEqual(JSON.parse(r.out).findings, []);
	assert.equal(r.code, 0);
});
