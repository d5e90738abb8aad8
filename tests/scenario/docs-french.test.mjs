// SPDX-License-Identifier: Apache-2.0
// Pages read in French too (NAME.fr.md) say what their English twins (NAME.md)
// say: the same parts, the same commands to the letter, the same tables and
// links; and every link of the documentation leads somewhere.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { root } from "../support/ground.mjs";

const pages = ["tutorial", "how-to", "explanation", "reference"].flatMap((d) =>
	readdirSync(join(root, "docs", d)).filter((f) => f.endsWith(".md"))
		.map((f) => `docs/${d}/${f}`));
const read = (page) => readFileSync(join(root, page), "utf8");
const french = pages.filter((page) => page.endsWith(".fr.md"));
const all = (text, what) => [...text.matchAll(what)].map((m) => m[1]);

// what a person types or copies; not what a script says to people
const shape = (text) => ({
	parts: all(text, /^(#+) /gm),
	blocks: all(text, /^ {4,}(\S.*)$/gm),
	rows: all(text, /^(\|).*\|$/gm).length,
	bold: all(text, /^(?:- )?(\*\*)/gm).length,
	links: all(text, /\]\(([^)]*)\)/g).map((l) => l.replace(/\.fr\.md/, ".md"))
		.sort(),
});

test("each French page has an English twin that says the same", () => {
	assert.ok(french.length >= 8, `${french.length} pages`);
	for (const page of french) {
		const twin = page.replace(/\.fr\.md$/, ".md");
		assert.ok(existsSync(join(root, twin)), `${twin} of ${page}`);
		assert.deepEqual(shape(read(page)), shape(read(twin)), page);
	}
});

test("what compliance officers read is there in French", () => {
	for (const name of ["how-to/audit-the-journal", "how-to/check-a-receipt",
		"how-to/export-the-journal", "how-to/forget-a-person",
		"how-to/witness-the-journal", "explanation/law-map",
		"explanation/what-the-journal-does-not-prove"])
		assert.ok(french.includes(`docs/${name}.fr.md`), name);
});

// The tests that a page names are there.
test("every link, and every test that is named, leads somewhere", () => {
	for (const page of ["README.md", ...pages])
		for (const link of all(read(page), /\]\(([^)#]+)(?:#[^)]*)?\)/g))
			assert.ok(/^(https?|mailto):/.test(link) || existsSync(
				join(root, dirname(page), link)), `${page}: ${link}`);
	const tests = ["tests/scenario", "tests/unit", "tests/fuzz"].flatMap((d) =>
		readdirSync(join(root, d)).map((f) => f.split(".")[0]));
	const [, ...columns] = all(read("docs/explanation/threat-model.md"),
		/^\|.*\|.*\|.*\| (.*) \|$/gm).filter((c) => /^(fuzz )?`/.test(c));
	const named = columns.flatMap((c) => all(c, /`([a-z0-9_-]+)`/g));
	assert.ok(named.length > 10);
	for (const name of named)
		assert.ok(tests.includes(name), `the test ${name}`);
});
