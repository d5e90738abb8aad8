// SPDX-License-Identifier: Apache-2.0
// Every page that anybody may open, from the list of routes, so that a new one is
// not forgotten: in both languages, at three widths, light and dark, axe-core
// finds nothing, nothing is wider than the screen, no word is missing. What is
// not here must not open to a stranger.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { ask } from "../../support/gateway.mjs";
import { root } from "../../support/ground.mjs";
import { startCounter } from "../../support/oauth.mjs";

const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
const sizes = { narrow: { width: 320, height: 640 },
	phone: { width: 390, height: 844 }, desk: { width: 1360, height: 900 } };
const shots = process.env.GUICHET_SHOTS;

// Where a path takes a word, those that are looked at.
const open = {
	"/": ["/"], "/connect": ["/connect"], "/commitments": ["/commitments"],
	"/data": ["/data", "/data?q=zzzz", "/data?sector=energy&kind=transaction"],
	"/data/{id}": ["/data/energy.load-curve", "/data/telecom.call-detail",
		"/data/insurance.claim", "/data/bank.transaction",
		"/data/retail.receipt", "/data/mobility.trip"],
	"/developers": ["/developers"], "/developers/changes": ["/developers/changes"],
	"/developers/errors": ["/developers/errors"],
	"/developers/sandbox": ["/developers/sandbox"], "/login": ["/login"],
	"/staff/login": ["/staff/login"], "/status": ["/status"],
	"/verify": ["/verify"],
};
// Pages of somebody, or of something that must exist: page-matrix.test.mjs and
// the scenarios of each go there.
const not_open = [/^\/me(\/|$)/, /^\/audit(\/|$)/, /^\/staff($|\/clients$)/,
	/callback/, /^\/oauth\//, /^\/notice\//, /^\/journal\//, /^\/static\//];

const described = JSON.parse(readFileSync(
	`${root}/gateway/pages/assets/openapi.json`)).paths;
const pages = Object.entries(described).filter(([, m]) =>
	m.get?.tags?.includes("pages")).map(([path]) => path);

let counter, browser;
before(async () => {
	counter = await startCounter({ settings: { sandbox: { open: "yes" },
		organisation: { name: "Énergie du Rhône",
			address: "12 quai Sarrail, Lyon" } } });
	browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox"] });
}, { timeout: 60000 });
after(async () => {
	await browser?.close();
	assert.equal(await counter?.stop(), 0);
});

test("each page of the list of routes is looked at, or opens to no stranger",
	async () => {
		assert.ok(pages.length >= 30, `${pages.length}`);
		for (const path of pages) {
			if (path in open)
				continue;
			assert.ok(not_open.some((re) => re.test(path)),
				`${path} is new: say here what to look at`);
			const r = await ask(counter.issuer + path.replace(/\{\w+\}/g, "x"),
				{ ca: counter.ca_pem });
			assert.notEqual(r.status, 200, `${path} opens to anybody`);
		}
		for (const path of Object.keys(open))
			assert.ok(pages.includes(path), `${path} is no page any more`);
	});

for (const lang of ["en", "fr"])
	for (const [size, viewport] of Object.entries(sizes))
		test(`${lang}, ${size}: nothing to say`, async () => {
			const context = await browser.newContext({ ignoreHTTPSErrors: true,
				viewport, locale: lang, baseURL: counter.issuer,
				colorScheme: size === "phone" ? "dark" : "light" });
			const page = await context.newPage();
			const doubts = [];
			await context.addInitScript(axe);
			for (const path of [...Object.values(open).flat(), "/nothing-here"]) {
				const r = await page.goto(path);
				const wanted = path === "/nothing-here" ? 404 : 200;
				if (r.status() !== wanted)
					doubts.push(`${path}: ${r.status()}`);
				if (await page.getAttribute("html", "lang") !== lang)
					doubts.push(`${path}: not in ${lang}`);
				if (await page.evaluate(() => document.documentElement
					.scrollWidth > innerWidth))
					doubts.push(`${path}: wider than the screen`);
				const word = /(?<![\w./@-])(data|dev|error|change|commit|home|connect|refusal|status|sandbox|sector|kind|every|lasts|type|nav|foot|verify|login)\.[a-z][a-z_.]+(?![\w@-])/
					.exec((await page.innerText("body"))
						.replace(/\S*:\/\/\S*/g, ""));
				if (word)
					doubts.push(`${path}: nobody said ${word[0]}`);
				const found = await page.evaluate(`axe.run(document, { runOnly: [
					"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
					"best-practice"], resultTypes: ["violations"] })`);
				doubts.push(...found.violations.map((v) => `${path}: ${v.id}: ${
					v.nodes[0].html.slice(0, 200)}`));
				if (shots)
					await page.screenshot({ fullPage: true, path: `${shots}/pub-${
						path.slice(1).replace(/\W+/g, "_") || "home"}-${lang}-${size}.png` });
			}
			await context.close();
			assert.deepEqual(doubts, []);
		});
