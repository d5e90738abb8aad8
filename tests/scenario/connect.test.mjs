// SPDX-License-Identifier: Apache-2.0
// From /connect to the first record and back, in a real browser without
// JavaScript: what one may choose, what each asks, why there are two approvals,
// and what a customer is told when deliveries fail for good.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { startPushing } from "../support/pushing.mjs";
import { guichet } from "../support/ground.mjs";

const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
const sizes = { phone: { width: 360, height: 740 },
	narrow: { width: 320, height: 640 }, desk: { width: 1280, height: 900 } };
const shots = process.env.SHOTS;
let p, browser, who;

before(async () => {
	p = await startPushing({ sets: ["energy.contract"], kinds: [], settings: {
		organisation: { name: "Énergie du Rhône" },
		push: { webid: "https://counter.example/card#me" } } });
	who = p.logins[0];
	const add = (id, kind, name, ...more) => {
		const r = guichet("client", "add", id, "--kind", kind, "--name", name,
			...more, "--config", p.ground.config);
		assert.equal(r.code, 0, r.err);
	};
	add("cozy", "cozy", "Cozy", "--how-en", "Ask your city for one.",
		"--how-fr", "Demandez le vôtre à votre ville.",
		"--how-url", "https://cozy.example/get");
	add("pod", "solid", "Solid");
	add("files", "webdav", "Nextcloud");
	p.sql(`INSERT INTO guichet.client (id, kind, name) VALUES
		('clair', 'webhook', 'Clair'), ('shut', 'webhook', 'Fermé')`);
	p.sql(`INSERT INTO guichet.endpoint (client_id, url, host, link, sealed,
		state) VALUES ('clair', 'https://clair.example/in', 'clair.example',
		'https://clair.example/link', 'x', 'open'), ('shut',
		'https://shut.example/in', 'shut.example', NULL, 'x', 'unproven')`);
	browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox"] });
});
after(async () => {
	await browser?.close();
	await p?.stop();
});

async function visitor({ size = "phone", lang = "fr-FR", scheme = "light",
	js = false } = {}) {
	const context = await browser.newContext({ ignoreHTTPSErrors: true,
		viewport: sizes[size], locale: lang, colorScheme: scheme,
		javaScriptEnabled: js, baseURL: p.ground.issuer });
	return context.newPage();
}
async function enter(page) {
	await page.fill("#login", who.login);
	await page.fill("#password", who.password);
	await page.click("main button[type=submit]");
}

test("a stranger sees what there is, and where to get one", async () => {
	const page = await visitor();
	await page.goto("/connect");
	const names = await page.locator(".cloud h3").allTextContents();
	assert.ok(["Cozy", "Solid", "Nextcloud", "Clair"].every((n) =>
		names.includes(n)), names.join());
	assert.ok(!names.includes("Fermé"));	// it has not proven itself
	assert.match(await page.textContent("main"), /Demandez le vôtre à votre ville/);
	assert.equal(await page.locator(
		'a[href="https://cozy.example/get"]').count(), 1);
	assert.match(await page.textContent(".twice"), /approuver deux fois/);
	await page.context().close();
});

test("choosing leads through the sign-in to what this one asks", async () => {
	const page = await visitor();
	const asks = async (id) => {
		await page.goto("/connect");
		await page.click(`a[href="/me/connect?client=${id}"]`);
		if (/\/login/.test(page.url()))
			await enter(page);
		assert.match(page.url(), new RegExp(`/me/connect\\?client=${id}$`));
		assert.equal(await page.locator("input[type=radio]").count(), 0);
		return page.locator("#address").count();
	};
	assert.equal(await asks("cozy"), 1);
	assert.equal(await asks("clair"), 0);	// it has a page of its own
	assert.equal(await asks("pod"), 1);
	assert.equal(await asks("files"), 1);
	assert.equal(await page.locator("#password").isVisible(), false);
	await page.click("summary");
	assert.equal(await page.locator("#password").isVisible(), true);
	await page.context().close();
});

test("from the choice to the first record, and home again", async () => {
	const page = await visitor();
	await page.goto("/me/connect?client=cozy");
	await enter(page);
	await page.fill("#address", "nothing");
	await page.check("#d0");
	await page.click("button[value=allow]");
	assert.equal(await page.inputValue("#address"), "nothing");
	assert.equal(await page.locator("input[type=radio]").count(), 0);
	await page.fill("#address", p.cozy.origin);
	await page.click("button[value=allow]");
	await page.click(`a[href^="${p.cozy.origin}"]`);
	await page.click("#accept");
	assert.equal(page.url(), `${p.ground.issuer}/me`);
	await p.until(() => p.sql("SELECT count(*) FROM guichet.subscription " +
		"WHERE delivered IS NOT NULL") === "1", "received");
	await page.context().close();
});

test("when deliveries fail for good she is told why, and what to do",
	async () => {
		const page = await visitor({ lang: "en-GB" });
		await page.goto("/me");
		await enter(page);
		assert.equal(await page.locator(".fault").count(), 0);
		for (const [reason, says] of [["gone: disconnected there",
			/no longer lets us in/], ["moved: http 308", /moved/],
			["reauth: keys refused", /approve again/],
			["refused: http 402", /takes nothing more/],
			["later: http 500", /did not answer/]]) {
			p.sql(`UPDATE guichet.subscription SET state = 'dead',
				reason = '${reason}', due = NULL`);
			await page.reload();
			assert.match(await page.textContent(".fault"), says);
		}
		await page.click(".fault a");
		assert.match(page.url(), /\/me\/connect\?client=cozy$/);
		await page.context().close();
	});

test("a pod: whom to let in, and a button for when it is done", async () => {
	const page = await visitor();
	await page.goto("/me/connect?client=pod");
	await enter(page);
	await page.fill("#address", "https://alice.pod.example/energy");
	await page.check("#d0");
	await page.click("button[value=allow]");
	assert.match(await page.textContent("main"), /counter\.example\/card#me/);
	assert.match(await page.textContent("main"), /alice\.pod\.example\/energy\//);
	assert.match(await page.textContent("main"), /commence tout seul/);
	assert.equal(await page.locator('a[href^="/connect/callback/"]').count(), 1);
	await page.context().close();
});

test("axe finds nothing, nothing overflows, in both languages", async () => {
	const unsaid = /\b(start|connect|next|grant|refusal)\.[a-z_]+\b/;
	for (const [size, lang, scheme] of [["phone", "fr-FR", "light"],
		["narrow", "fr-FR", "dark"], ["desk", "en-GB", "light"]]) {
		const page = await visitor({ size, lang, scheme, js: true });
		const look = async (name) => {
			const wide = await page.evaluate(() => [document.documentElement
				.scrollWidth, innerWidth]);
			assert.ok(wide[0] <= wide[1], `${name} ${size}: ${wide}`);
			assert.doesNotMatch(await page.textContent("main"), unsaid, name);
			await page.evaluate(axe);
			const { violations } = await page.evaluate(() => window.axe.run());
			assert.deepEqual(violations.map((v) => `${v.id}: ${
				v.nodes[0].html}`), [], `${name} ${size}`);
			if (shots)
				await page.screenshot({ fullPage: true,
					path: `${shots}/${name}-${size}.png` });
		};
		await page.goto("/connect");
		await look("start");
		await page.goto("/me/connect?client=files");
		await enter(page);
		await look("files");
		await page.click("summary");
		await page.click("button[value=allow]");
		for (const id of ["cozy", "clair"]) {
			await page.goto(`/me/connect?client=${id}`);
			await look(id);
		}
		await page.goto("/me/connect?client=pod");
		await page.fill("#address", "https://alice.pod.example/energy/");
		await page.check("#d0");
		await page.click("button[value=allow]");
		await look("next");
		await page.goto("/me");
		await look("me");
		await page.context().close();
	}
});
