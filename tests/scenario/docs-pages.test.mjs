// SPDX-License-Identifier: Apache-2.0
// The pages a PIMS' developer and the public read: found, filled from the
// schemas and live figures, in both languages, three widths, without a word from
// axe-core; and the machine-readable forms beside them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { root } from "../support/ground.mjs";
import { startGranted } from "../support/granted.mjs";
import { sql } from "../support/postgres.mjs";

const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
const sizes = { narrow: { width: 320, height: 640 },
	phone: { width: 390, height: 844 }, desk: { width: 1360, height: 900 } };
const pages = ["/data", "/data/energy.load-curve", "/data/telecom.call-detail",
	"/developers", "/developers/errors", "/developers/changes",
	"/commitments"];
const shots = process.env.GUICHET_SHOTS;
let s, browser;

before(async () => {
	s = await startGranted({ customers: 3, days: 25, settings: {
		organisation: { name: "Énergie du Rhône" } } });
	s.grant(s.people[0]);
	browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox"] });
}, { timeout: 60000 });
after(async () => {
	await browser?.close();
	assert.equal(await s?.stop(), 0);
});

async function visit(path, { size = "desk", lang = "en", scheme = "light",
	js = false } = {}) {
	const context = await browser.newContext({ ignoreHTTPSErrors: true,
		viewport: sizes[size], locale: lang, colorScheme: scheme,
		javaScriptEnabled: js, baseURL: s.gateway.issuer });
	const page = await context.newPage();
	const answer = await page.goto(path);
	assert.equal(answer.status(), 200, path);
	return page;
}

// Here two ways of looking; tests/scenario/slow does all six.
const looks = process.env.GUICHET_ALL_LOOKS ?
	["en", "fr"].flatMap((lang) => Object.keys(sizes).map((s) => [lang, s])) :
	[["en", "desk"], ["fr", "narrow"]];
for (const [lang, size] of looks)
		test(`axe finds nothing, nothing spills: ${lang}, ${size}`, async () => {
			for (const path of pages) {
				const page = await visit(path, { lang, size, js: true,
					scheme: size === "phone" ? "dark" : "light" });
				await page.evaluate(axe);
				const found = await page.evaluate(() => window.axe.run());
				assert.deepEqual(found.violations.map((v) => [path, v.id,
					v.nodes[0].html, v.nodes[0].failureSummary]), []);
				assert.ok(await page.evaluate(() => document.documentElement
					.scrollWidth <= window.innerWidth), `${path} spills`);
				// every word was written: no name of ours is left
				assert.doesNotMatch(await page.textContent("body"),
					/\b(data|dev|commit|error|type|every|sector)\.[a-z_]+\b(?!-|@)/);
				if (shots)
					await page.screenshot({ fullPage: size !== "narrow", path:
						`${shots}/${path.slice(1).replaceAll("/", "_")}-${lang}-${size}.png` });
				await page.context().close();
			}
		});

test("data sets are found by word, sector and kind", async () => {
	const titles = async (query) => {
		const page = await visit(`/data?${query}`);
		const all = await page.locator(".set code").allTextContents();
		await page.context().close();
		return all;
	};
	const all = await titles("");
	assert.ok(all.length >= 25, `${all.length}`);
	assert.ok((await titles("sector=telecom"))
		.every((id) => id.startsWith("telecom.")));
	assert.ok((await titles("q=half-hour")).includes("energy.load-curve"));
	assert.ok(!(await titles("kind=characteristic"))
		.includes("energy.load-curve"));
	assert.deepEqual(await titles("q=zzzzzz"), []);
	assert.deepEqual(await titles("q=%3Cscript%3E"), []);
});

test("a data set's page says every field, code and recipient", async () => {
	const schema = JSON.parse(readFileSync(
		`${root}/schemas/energy/load-curve.schema.json`));
	const page = await visit("/data/energy.load-curve");
	const text = await page.textContent("main");
	for (const [name, f] of Object.entries(schema.properties)) {
		assert.ok(text.includes(name) && text.includes(f.title), name);
		for (const label of Object.values(f["x-codes"] ?? {}))
			assert.ok(text.includes(label.en), label.en);
	}
	assert.match(text, /PIMS/);		// who receives it
	assert.match(text, /Given back here/);
	const french = await visit("/data/energy.load-curve", { lang: "fr" });
	assert.ok((await french.textContent("main"))
		.includes(schema["x-fr"].description));
	await Promise.all([page.context().close(), french.context().close()]);
	const excluded = await visit("/data/telecom.call-detail");
	assert.match(await excluded.textContent("main"),
		/The other person did not consent/);
	await excluded.context().close();
});

test("the same for programs: the schema itself", async () => {
	const r = await s.raw("/data/energy.load-curve/schema.json", {},
		{ "accept-encoding": "gzip" });
	assert.equal(r.headers["content-type"], "application/schema+json");
	assert.equal(r.headers["content-encoding"], "gzip");
	const bare = await s.get("/data/energy.load-curve/schema.json", {});
	assert.deepEqual(bare.json, JSON.parse(readFileSync(
		`${root}/schemas/energy/load-curve.schema.json`)));
	assert.equal((await s.get("/data/energy.load-curve/schema.json", {},
		{ "if-none-match": bare.headers.etag })).status, 304);
	for (const path of ["/data/none", "/data/none/schema.json", "/data/a/b"])
		assert.equal((await s.get(path, {})).status, 404, path);
});

test("commitments carry this moment's figures", async () => {
	const page = await visit("/commitments");
	const figures = Object.fromEntries(await page.locator(".pledges > div")
		.evaluateAll((all) => all.map((d) => [d.querySelector("dt").textContent,
			d.querySelector("dd").textContent])));
	await page.context().close();
	const count = (what) => sql(s.own.url, `SELECT count(*) FROM ${what}`);
	assert.equal(figures["permissions live now"],
		count("guichet.grants WHERE state = 'active'"));
	assert.equal(figures["recipients admitted"],
		count("guichet.client WHERE state = 'admitted'"));
	const given = await visit("/data");
	assert.equal(figures["data sets given back"], String(await given
		.locator(".set .state.active").count()));
	await given.context().close();
	assert.match(figures["last checkpoint"], /\d/);
});

test("each error's page is where the error says it is", async () => {
	const r = await s.get("/v1/datasets/none", s.grant(s.people[0]));
	const where = new URL(r.json.type);
	const page = await visit(where.pathname + where.hash);
	assert.ok(await page.locator(where.hash).isVisible());
	await page.context().close();
});
