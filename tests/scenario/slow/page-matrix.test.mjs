// SPDX-License-Identifier: Apache-2.0
// Every page in every state that a person may meet, in a real browser, at four
// widths, in both languages: axe-core finds nothing, nothing is wider than the
// screen, every word is said. One browser, one page that walks through them.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { startCounter } from "../../support/oauth.mjs";
import { energySource } from "../../support/people.mjs";
import { sql } from "../../support/postgres.mjs";

const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
const sizes = { narrow: { width: 320, height: 640 },
	phone: { width: 360, height: 740 },
	tablet: { width: 768, height: 1024 }, desk: { width: 1280, height: 900 } };
const long = "Compagnie" + "TrèsLongueSansAucuneEspace".repeat(3) + " & <b>fils</b>";
const shots = process.env.SHOTS;
let counter, alpha, browser, db, receipt, staff, withdrawable, shared;
const requests = {};

// Everybody holds her contract with somebody who is told, and her load curve with
// somebody who must agree.
function heldTogether() {
	const catalogue = energySource({ customers: 3, days: 6 });
	const file = `${catalogue.adapters}/energy/customers.sql`;
	writeFileSync(file, readFileSync(file, "utf8").replace("  FROM crm.client",
		`, '[{"customer": "ANOTHER", "agree": "any",
			"datasets": ["energy.contract"]}, {"customer": "ONE-MORE",
			"agree": "all", "datasets": ["energy.load-curve"]}]'::jsonb
			AS coholders
		FROM crm.client`));
	return catalogue;
}

before(async () => {
	counter = await startCounter({ settings: { catalogue: heldTogether(),
		organisation: { name: "Énergie du Rhône" }, log: { level: "info" } } });
	db = counter.db.url;
	alpha = counter.register("alpha", { flags: ["--uri",
		"https://alpha.example/"] });
	counter.register("longone");
	sql(db, `UPDATE guichet.client SET name = '${long}' WHERE id = 'longone';
		INSERT INTO guichet.client (id, kind, name) VALUES
			('cozy', 'cozy', 'Cozy'), ('pod', 'solid', 'Solid');
		INSERT INTO guichet.client (id, kind, name, state, contact, purpose)
		SELECT 'asks' || n, 'oauth', CASE n WHEN 1 THEN '${long}' ELSE 'Essai ' || n END,
			(ARRAY['requested', 'reviewed', 'suspended', 'refused'])[n],
			'a@x.example', '{"fr": "Vous montrer", "en": "Show you"}'
		FROM generate_series(1, 4) AS n`);
	// one with nothing, one with forty permissions in every state
	const camille = await counter.customer(0);
	const t = await alpha.connect(camille);
	withdrawable = t.grant_id;
	await counter.customer(1);
	// what the other gave, in every state that the first may see it in
	shared = sql(db, `WITH given AS (
			INSERT INTO guichet.grants (id, client_id, subject_id, pairwise,
				datasets, details, purpose, language, notice_sha256, state,
				awaits, awaits_until, created, expires, ended, ended_by)
			SELECT gen_random_uuid(), CASE n WHEN 1 THEN 'longone' ELSE 'alpha'
					END, (SELECT id FROM guichet.subject
					WHERE id <> g.subject_id AND customer LIKE 'SYN%'
					LIMIT 1), 'q' || n, g.datasets, g.details, g.purpose,
				'fr', g.notice_sha256, (ARRAY['pending', 'pending', 'active',
					'withdrawn'])[n], CASE WHEN n < 3 THEN 1 ELSE 0 END,
				now() + interval '9 days', now(), g.expires,
				CASE WHEN n > 3 THEN now() END, CASE WHEN n > 3 THEN 'coholder'
					END
			FROM guichet.grants AS g, generate_series(1, 4) AS n
			WHERE g.id = '${t.grant_id}' RETURNING id, pairwise)
		INSERT INTO guichet.coholder (grant_id, subject_id, answer)
		SELECT v.id, g.subject_id, (ARRAY['awaited', 'agreed', 'told',
			'refused'])[right(v.pairwise, 1)::int]
		FROM given AS v, guichet.grants AS g WHERE g.id = '${t.grant_id}'
		RETURNING grant_id`).split("\n");
	sql(db, `INSERT INTO guichet.grants (id, client_id, subject_id, pairwise,
			datasets, details, purpose, language, notice_sha256, state, opened,
			created, expires, ended, ended_by)
		SELECT gen_random_uuid(), CASE WHEN n % 7 = 0 THEN 'longone'
				WHEN s = 'pending' THEN 'cozy' ELSE 'alpha' END,
			g.subject_id, 'p' || n, g.datasets, g.details, g.purpose, 'fr',
			g.notice_sha256, s, s <> 'pending', now() - interval '9 days', now() + n * interval
			'20 days', CASE WHEN s IN ('withdrawn', 'expired') THEN now() END,
			CASE s WHEN 'withdrawn' THEN 'system' WHEN 'expired' THEN 'time' END
		FROM guichet.grants AS g, LATERAL (SELECT n, (ARRAY['active', 'paused',
			'pending', 'withdrawn', 'expired'])[n % 5 + 1] AS s
			FROM generate_series(1, 39) AS n) AS more
		WHERE g.id = '${t.grant_id}';
		INSERT INTO guichet.destination (grant_id, kind, address, host)
		SELECT id, 'cozy', 'https://' || repeat('camille', 9) || '.cozy.example',
			'x.cozy.example' FROM guichet.grants WHERE client_id = 'cozy';
		INSERT INTO guichet.subscription (id, grant_id, dataset, host, state,
			reason, due)
		SELECT gen_random_uuid(), id, 'energy.contract', 'x.cozy.example',
			'dead', 'gone: 410', NULL FROM guichet.grants
		WHERE client_id = 'longone' AND state = 'active'`);
	receipt = (await camille.ask(`/me/receipt/${t.grant_id}`)).text;
	staff = JSON.parse(counter.cli("staff", "demo", "--json").out);
	browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox"] });
});
after(async () => {
	await browser?.close();
	await counter?.stop();
});

const doubts = [];
let looked = 0;

// At all widths, as it stands.
async function look(page, name, lang) {
	const where = `${name} ${lang}`;
	assert.equal(await page.getAttribute("html", "lang"), lang, where);
	const said = await page.innerText("body");
	const word = /(?<![\w./@-])(consent|me|grant|login|home|connect|refusal|event|state|choice|nav|foot|form|since|until|history|mydata|receipt|start|clients|staff|shared|held)\.[a-z_.]+(?!\w|@)/
		.exec(said.replace(/\S*:\/\/\S*/g, ""));
	if (word && !/\.(example|jwt|org)/.test(word[0]))
		doubts.push(`${where}: nobody said ${word[0]}`);
	for (const [size, box] of Object.entries(sizes)) {
		await page.setViewportSize(box);
		if (await page.evaluate(() =>
			document.documentElement.scrollWidth > innerWidth))
			doubts.push(`${where} ${size}: wider than the screen`);
		const found = await page.evaluate(`axe.run(document, { runOnly: [
			"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
			"best-practice"], resultTypes: ["violations"] })`);
		doubts.push(...found.violations.map((v) =>
			`${where} ${size}: ${v.id}: ${v.nodes[0].html.slice(0, 200)}`));
		looked++;
		if (shots)
			await page.screenshot({ fullPage: true, path:
				`${shots}/${name.replace(/\W+/g, "-")}-${lang}-${size}.png` });
	}
}

async function enter(page, path, person, next) {
	await page.goto(`${path}?next=${encodeURIComponent(next)}`);
	await page.fill("#login", person.login);
	await page.fill("#password", person.password);
	await page.click("main button[type=submit]");
}

async function consent(lang, params = {}) {
	const r = await alpha.par({ scope: "energy.contract energy.load-curve",
		...params });
	return `/oauth/authorize?${new URLSearchParams({ client_id: "alpha",
		request_uri: r.json.request_uri })}`;
}

async function visitor(lang) {
	const context = await browser.newContext({ ignoreHTTPSErrors: true,
		locale: lang, baseURL: counter.issuer });
	await context.addInitScript(axe);
	return context.newPage();
}

for (const lang of ["fr", "en"]) {
	test(`held together: ${lang}`, async () => {
		const page = await visitor(lang);
		await enter(page, "/login", counter.people[0], await consent(lang));
		await look(page, "consent held together", lang);
		await page.goto("/me");
		await look(page, "me held together", lang);
		for (const [i, id] of shared.entries()) {
			await page.goto(`/me/shared/${id}`);
			await look(page, `shared ${i}`, lang);
		}
		await page.goto(`/me?done=agree&grant=${shared[0]}`);
		await look(page, "agreed", lang);
		await page.context().close();
	});

	test(`every page, every state: ${lang}`, async () => {
		const go = async (page, path, name = path) => {
			await page.goto(path);
			await look(page, name, lang);
		};
		const page = await visitor(lang);
		const [full, empty] = counter.people;

		for (const path of ["/", "/login", "/connect", "/verify", "/data",
			"/nothing-here", "/staff/login"])
			await go(page, path);
		await page.goto("/login");
		await page.fill("#login", full.login);
		await page.fill("#password", "wrong");
		await page.click("main button[type=submit]");
		await look(page, "wrong password", lang);
		for (const [name, text] of [["no receipt", "x"], ["a receipt", receipt],
			["another's receipt", receipt.slice(0, -3) + "AAA"]]) {
			await page.goto("/verify");
			await page.fill("#text", text);
			await page.click("main button[type=submit]");
			await look(page, name, lang);
		}

		await enter(page, "/login", full, await consent(lang));
		await look(page, "consent", lang);
		await page.click("button[value=allow]");
		await look(page, "consent with a fault", lang);
		await go(page, "/me", "forty permissions");
		await page.evaluate(() => document.querySelectorAll("details")
			.forEach((d) => d.open = true));
		await look(page, "forty permissions, open", lang);
		await go(page, `/me?done=extend&grant=${withdrawable}`, "extended");
		for (const path of [`/me/withdraw/${withdrawable}`, "/me/data",
			"/me/connect", "/me/connect?client=cozy"])
			await go(page, path);
		await page.click("button[value=allow]");
		await look(page, "connect with a fault", lang);
		await go(page, `/me/withdraw/${"0".repeat(8)}-0000-4000-8000-000000000000`,
			"unknown permission");
		await page.context().close();

		const other = await visitor(lang);
		await enter(other, "/login", empty, "/me");
		await look(other, "no permission yet", lang);
		await other.context().close();

		const desk = await visitor(lang);
		await enter(desk, "/staff/login", staff.find((p) =>
			p.roles.includes("admission")), "/staff/clients");
		await go(desk, "/staff");
		await go(desk, "/staff/clients");
		await go(desk, "/staff/clients?fault=late", "a late admission");
		await desk.context().close();
	});
}

test("not one doubt, in all of them", () => {
	assert.deepEqual([...new Set(doubts)], []);
	assert.ok(looked > 100, String(looked));
});
