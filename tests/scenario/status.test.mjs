// SPDX-License-Identifier: Apache-2.0
// The public page /status: each part in plain words, in both languages, while parts
// of the house are away, and never a word about what is behind it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { startGranted } from "../support/granted.mjs";
import { sql, startPostgres } from "../support/postgres.mjs";

const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
const postgres = startPostgres();
process.on("exit", postgres.remove);
process.env.GUICHET_TEST_PG = postgres.url;
const shots = process.env.GUICHET_SHOTS;
let s, base;

before(async () => {
	base = postgres.url;
	s = await startGranted({ customers: 3, days: 25,
		settings: { server: { web_workers: 1 } } });
}, { timeout: 60000 });
after(async () => {
	s.gateway.signal("SIGKILL");
});

async function page(lang = "en") {
	const r = await s.gateway.ask(`/status?lang=${lang}`,
		{ headers: { "accept-language": lang } });
	assert.equal(r.status, 200);
	assert.doesNotMatch(r.text, /postgres|socket|database|SQL|guichet_|energy\.|E\d{3}/);
	return r.text;
}
const states = (text) => [...text.matchAll(/class="state \w+">([^<]*)</g)]
	.map((m) => m[1]).join();

test("all is well, and says so in both languages", async () => {
	assert.match(await page(), /Yes, everything works\./);
	assert.equal(states(await page("fr")), "fonctionne,fonctionne,fonctionne,fonctionne");
});

test("it reads well: axe finds nothing, phone and desk", async () => {
	const browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox"] });
	for (const [width, locale] of [[320, "fr"], [1280, "en"]]) {
		const context = await browser.newContext({ locale, baseURL: s.gateway.issuer,
			viewport: { width, height: 900 }, ignoreHTTPSErrors: true });
		const p = await context.newPage();
		await p.goto("/status");
		await p.evaluate(axe);
		assert.deepEqual((await p.evaluate(() => window.axe.run())).violations
			.map((v) => [v.id, v.nodes[0].html]), []);
		assert.ok(await p.evaluate(() => document.documentElement.scrollWidth <=
			document.documentElement.clientWidth));
		if (shots) await p.screenshot({ path: `${shots}/status-${width}.png`, fullPage: true });
	}
	await browser.close();
});

test("a delivery that waits for long is told", async () => {
	const { id } = s.grant(s.people[0]);
	// leased, so that nobody takes it
	sql(s.own.url, `INSERT INTO guichet.subscription (id, grant_id, dataset, host,
		due, owner, lease_until) VALUES ('${id}', '${id}', 'energy.load-curve', 'x',
		now() - interval '1 hour', 'x/1', now() + interval '1 hour')`);
	await s.gateway.until(async () => states(await page()) ===
		"works,works,behind,works", "behind", 20000);
	assert.match(await page(), /Mostly: one part is behind\. Nothing is lost\./);
	// one that its customer paused waits for her, and is not late
	sql(s.own.url, `UPDATE guichet.subscription SET state = 'paused' WHERE id = '${id}'`);
	await s.gateway.until(async () => states(await page()) ===
		"works,works,works,works", "paused", 20000);
});

test("an organisation's database is away: which data, by their title", async () => {
	sql(base, `ALTER DATABASE "${s.energy.name}" ALLOW_CONNECTIONS false;
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		 WHERE datname = '${s.energy.name}'`);
	await s.gateway.until(async () => /cannot be reached/.test(states(await page())),
		"away");
	const text = await page("fr");
	assert.match(text, /Aucune ne peut être lue/);
	assert.match(text, /<li>Consommation d&#39;électricité, demi-heure par demi-heure</);
});

test("our own is away: the page answers, and says what cannot be done", async () => {
	postgres.stop();
	await s.gateway.until(async () => states(await page()) === "cannot be reached,"
		.repeat(4).slice(0, -1), "away");
	assert.match(await page(), /Nobody can sign in, allow or stop anything right now/);
});
