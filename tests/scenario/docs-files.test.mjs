// SPDX-License-Identifier: Apache-2.0
// `guichet docs`: the public pages as files, which need no server, and the page
// for colleagues, which tells where each field comes from. A browser reads them
// from the disk, axe-core and html-validate judge them, PostgreSQL is asked again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync,
	writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";
import { program, root, temporary } from "../support/ground.mjs";
import { prepareGateway } from "../support/gateway.mjs";
import { energySource } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";

const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
const sizes = { narrow: { width: 320, height: 640 },
	phone: { width: 390, height: 844 }, desk: { width: 1360, height: 900 } };
const shots = process.env.GUICHET_SHOTS;
let counter, browser, dir, pages, mapping, source;

const sourceUrl = () => /^url = (.*)$/m.exec(readFileSync(
	join(source.adapters, "energy/source.conf"), "utf8"))[1];
const docs = (...args) => spawnSync(program, ["docs", ...args, "--config",
	counter.config], { cwd: root, encoding: "utf8", timeout: 60000 });
const all = (at) => readdirSync(at, { recursive: true }).map(String)
	.filter((f) => statSync(join(at, f)).isFile()).sort();

before(async () => {
	dir = temporary();
	pages = join(dir, "pages");
	mapping = join(dir, "mapping");
	source = energySource({ customers: 3, days: 5 });
	counter = await prepareGateway({ migrate: false,
		settings: { catalogue: source } });
	browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox"] });
	const made = docs("--static", pages, "--people", "2", "--mapping", mapping);
	assert.equal(made.status, 0, made.stderr);
	assert.match(made.stdout, /pages\/index\.html: \d+ files\n.*mapping\/index\.html/);
}, { timeout: 60000 });
after(async () => {
	await browser?.close();
});

const schemas = readdirSync(join(root, "schemas"), { recursive: true })
	.filter((f) => f.endsWith(".schema.json"))
	.map((f) => JSON.parse(readFileSync(join(root, "schemas", f))));
const idOf = (s) => /([a-z]+\.[a-z-]+)/.exec(s["x-id"] ?? s.$id.split("/").at(-1))[1];

test("a page for every schema in each language, the schema itself beside it", () => {
	const files = all(pages);
	for (const lang of ["en", "fr"])
		assert.equal(files.filter((f) => f.startsWith(`${lang}/`)).length,
			schemas.length + 1);
	const given = readdirSync(join(pages, "schemas"));
	assert.equal(given.length, schemas.length);
	for (const f of given) {
		const [domain, name] = f.replace(".schema.json", "").split(/\.(.*)/);
		assert.deepEqual(JSON.parse(readFileSync(join(pages, "schemas", f))),
			JSON.parse(readFileSync(join(root, "schemas", domain,
				`${name}.schema.json`))));
	}
});

test("every link leads to a file, or to the counter itself", () => {
	const seen = { file: 0, counter: 0 };
	for (const site of [pages, mapping])
		for (const f of all(site).filter((f) => f.endsWith(".html"))) {
			const text = readFileSync(join(site, f), "utf8");
			const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map((m) => m[1]));
			for (const [, to] of text.matchAll(/ (?:href|src)="([^"]*)"/g)) {
				if (to.startsWith("#")) {
					assert.ok(ids.has(to.slice(1)), `${f}: ${to}`);
				} else if (/^(https|mailto):/.test(to)) {
					assert.ok(to.startsWith("mailto:") ||
						to.startsWith(counter.issuer), `${f}: ${to}`);
					seen.counter++;
				} else {
					const there = resolve(dirname(join(site, f)), to);
					assert.ok(there.startsWith(site) && existsSync(there) &&
						statSync(there).isFile(), `${f}: ${to}`);
					seen.file++;
				}
			}
			assert.doesNotMatch(text, /<form|<script|href="\/|src="\//, f);
		}
	assert.ok(seen.file > 500 && seen.counter > 100, JSON.stringify(seen));
});

test("html-validate has nothing to say", async () => {
	const judge = new HtmlValidate({ extends: ["html-validate:standard"],
		rules: { "no-trailing-whitespace": "off", "long-title": "off" } });
	for (const site of [pages, mapping])
		for (const f of all(site).filter((f) => (every ? /\.html$/ :
			/^(fr\/(index|energy\.l.*|telecom\.c.*)|index)\.html$/).test(f))) {
			const r = await judge.validateFile(join(site, f));
			assert.deepEqual(r.results.flatMap((one) => one.messages.map((m) =>
				`${f}:${m.line} ${m.ruleId} ${m.message}`)), []);
		}
	// and it does judge
	const bad = await judge.validateString("<!doctype html><html><p><div></div></html>");
	assert.equal(bad.valid, false);
});

// Here two ways of looking; tests/scenario/slow does all six, and every file.
const every = process.env.GUICHET_ALL_LOOKS;
const looks = every ?
	["en", "fr"].flatMap((lang) => Object.keys(sizes).map((s) => [lang, s])) :
	[["en", "desk"], ["fr", "narrow"]];
for (const [lang, size] of looks)
	test(`from a disk, axe finds nothing: ${lang}, ${size}`, async () => {
		const context = await browser.newContext({ viewport: sizes[size],
			colorScheme: size === "phone" ? "dark" : "light" });
		const page = await context.newPage();
		for (const [site, name] of [[pages, "index"], [pages, "energy.contract"],
			[mapping, "index"]]) {
			const file = join(site, lang, `${name}.html`);
			await page.goto(String(pathToFileURL(file)));
			await page.evaluate(axe);
			const found = await page.evaluate(() => window.axe.run());
			assert.deepEqual(found.violations.map((v) => [file, v.id,
				v.nodes[0].html, v.nodes[0].failureSummary]), []);
			assert.ok(await page.evaluate(() => document.documentElement
				.scrollWidth <= window.innerWidth), `${file} spills`);
			// the style was found: the body is no browser's default
			assert.notEqual(await page.evaluate(() => getComputedStyle(document.body)
				.backgroundColor), "rgba(0, 0, 0, 0)");
			assert.doesNotMatch(await page.textContent("body"),
				/\b(data|mapping|docs|sandbox|type|every|sector)\.[a-z_]+\b(?!-|@|\.)/);
			if (shots)
				await page.screenshot({ fullPage: size === "desk", path: join(shots,
					`files-${site === mapping ? "mapping" : name}-${lang}-${size}.png`) });
		}
		await context.close();
	});

test("a reader goes from the way in to a field, and to the other language", async () => {
	const page = await browser.newPage();
	await page.goto(String(pathToFileURL(join(pages, "index.html"))));
	await page.click("main a[lang=fr]");
	await page.click("main a[href='energy.load-curve.html']");
	assert.equal(await page.getAttribute("html", "lang"), "fr");
	await page.click("header a[lang=en]");
	assert.equal(await page.getAttribute("html", "lang"), "en");
	assert.match(page.url(), /en\/energy\.load-curve\.html$/);
	assert.ok((await page.textContent("main")).includes("readings[].energy"));
	await page.close();
});

test("the synthetic records beside it are those the page names", () => {
	const text = readFileSync(join(pages, "en/energy.contract.html"), "utf8");
	for (const form of ["ndjson", "csv"]) {
		const set = readFileSync(join(pages, `sets/energy.contract.${form}`));
		assert.ok(set.length > 0);
		assert.ok(text.includes(createHash("sha256").update(set).digest("hex")));
	}
	assert.ok(!text.includes("energy.customer.ndjson"));
});

// ---- for colleagues ----

const rows = async (id) => {
	const page = await browser.newPage();
	await page.goto(String(pathToFileURL(join(mapping, "en/index.html"))));
	const all = await page.evaluate((id) => {
		let at = document.getElementById(id);
		while (!at.querySelector?.("table"))
			at = at.nextElementSibling;
		return [...at.querySelectorAll("tbody tr")].map((tr) =>
			[...tr.children].map((c) => (c.querySelector("code") ?? c).textContent));
	}, id);
	await page.close();
	return all;
};

test("each field: the column, or the expression at its line, and its type", async () => {
	const file = readFileSync(join(root, "adapters/energy/energy.contract.sql"), "utf8");
	const lines = file.split("\n");
	const found = Object.fromEntries((await rows("energy.contract@1"))
		.map(([field, ...rest]) => [field, rest]));
	assert.deepEqual(found.contract.slice(0, 1), ["crm.contrat.num_ctr"]);
	assert.deepEqual(found["offer.name"].slice(0, 1), ["ref.offre.lib_off"]);
	assert.equal(found.vendor[0], "'Régie de Valombre'");
	assert.match(found.tariff_option[0], /^CASE c\.code_opt[^]*'EJP' END$/);
	assert.equal(found["services[].name"][1], "character varying[]");
	const types = sql(sourceUrl(), `SELECT format_type(atttypid, atttypmod)
		FROM pg_attribute WHERE attrelid = 'crm.contrat'::regclass
		AND attname = 'num_ctr'`);
	assert.equal(found.contract[1], types);
	for (const [field, [said, , place]] of Object.entries(found)) {
		const line = /^energy\.contract\.sql:(\d+)$/.exec(place ?? "")?.[1];
		if (line === undefined)
			continue;
		const name = said.split(".").at(-1);
		assert.ok(lines[line - 1].includes(said.split("\n")[0].trim()) ||
			lines[line - 1].includes(name), `${field}: ${place} ${said}`);
	}
	assert.ok(Object.values(found).filter(([, , place]) => place).length > 25);
});

test("a field without a column says so; a column tells what it becomes", async () => {
	const curve = await rows("energy.load-curve@1");
	assert.ok(curve.some(([field, said]) => field === "readings[].energy" &&
		said === "si.courbe_jour.soutirage"), JSON.stringify(curve));
	const columns = await rows("columns");
	assert.ok(columns.some(([column, source, field]) => source === "energy" &&
		column === "si.courbe_jour.soutirage" &&
		field === "energy.load-curve@1 readings[].energy"));
});

// ---- what it refuses ----

test("a directory in use is left alone; a wrong wish is told", () => {
	const used = join(dir, "used");
	mkdirSync(used);
	writeFileSync(join(used, "mine.txt"), "mine");
	const r = docs("--static", used);
	assert.equal(r.status, 73);
	assert.match(r.stderr, /new or empty directory/);
	assert.deepEqual(all(used), ["mine.txt"]);
	assert.equal(docs().status, 64);
	assert.equal(docs("--people", "3", "--mapping", join(dir, "m")).status, 64);
	assert.equal(docs("--static", "/proc/no").status, 73);
});

test("the public pages ask no source; those for colleagues say which is away", () => {
	const away = join(dir, "away.conf");
	writeFileSync(away, `${readFileSync(counter.config, "utf8")}
[sources]
energy = postgresql://127.0.0.1:1/none
`);
	const ask = (...args) => spawnSync(program, ["docs", ...args, "--config", away],
		{ cwd: root, encoding: "utf8" });
	const still = ask("--static", join(dir, "away"));
	assert.equal(still.status, 0, still.stderr);
	const live = ask("--mapping", join(dir, "away-mapping"));
	assert.equal(live.status, 78);
	assert.match(live.stderr, /E21\d/);
	assert.ok(!existsSync(join(dir, "away-mapping")));
});
