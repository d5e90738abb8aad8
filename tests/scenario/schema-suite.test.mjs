// SPDX-License-Identifier: Apache-2.0
// Our validator on the JSON-Schema test suite (Debian's package), for every
// keyword we know. A schema that says something we would not look at is refused
// when it is read; those are counted, and what is read must be judged right.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, temporary } from "../support/ground.mjs";

const tool = join(root, process.env.SAN ? "build-san" : "build", "tools/validate");
const suites = "/usr/share/json-schema-test-suite/tests";
const draft = ["draft2020-12", "draft7", "draft6", "draft4"]
	.find((d) => existsSync(join(suites, d)));
const keywords = ["type", "enum", "const", "properties", "required",
	"additionalProperties", "items", "minimum", "maximum", "exclusiveMinimum",
	"exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
	"uniqueItems", "pattern", "allOf", "anyOf", "oneOf", "not", "ref"];
// meant otherwise before 2020-12: there a $ref hid what stood beside it
const otherwise = /ref overrides any sibling|remote ref|\$ref to boolean/;
const file = join(temporary(), "schema.json");

function verdicts(schema, values) {
	writeFileSync(file, JSON.stringify(schema));
	const r = spawnSync(tool, [file], { encoding: "utf8",
		input: values.map((v) => JSON.stringify(v)).join("\n") + "\n" });
	if (r.status === 78)
		return null;
	assert.equal(r.status, 0, r.stderr + JSON.stringify(schema));
	return r.stdout.trimEnd().split("\n").map((l) => l === "ok");
}

let judged = 0, refused = 0;
for (const k of keywords.filter((w) => existsSync(join(suites, draft,
	`${w}.json`))))
	test(`${k}: as the suite says`, () => {
		const groups = JSON.parse(readFileSync(join(suites, draft,
			`${k}.json`)));
		let here = 0;
		for (const g of groups) {
			// records are objects: the value stands in one
			const schema = typeof g.schema === "object" &&
				!JSON.stringify(g.schema).includes("$ref") ?
				{ type: "object", properties: { v: g.schema } } : null;
			const said = schema === null || otherwise.test(g.description) ?
				null : verdicts(schema, g.tests.map((t) => ({ v: t.data })));
			if (said === null) {
				refused += g.tests.length;
				continue;
			}
			g.tests.forEach((t, i) => assert.equal(said[i], t.valid,
				`${g.description}: ${t.description}`));
			judged += g.tests.length;
			here += g.tests.length;
		}
		assert.ok(here > 0 || k === "ref", `${k}: nothing was read`);
	});

test("most of the suite was judged", () => {
	assert.ok(judged > 150, `${judged} judged, ${refused} refused`);
});
