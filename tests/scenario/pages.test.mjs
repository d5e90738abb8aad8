// SPDX-License-Identifier: Apache-2.0
// The customer's pages in a real browser, without JavaScript: signing in,
// deciding, looking back, stopping; and what a hostile page cannot make of
// them. axe-core finds nothing to say about any of them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { startCozy } from "../pims/cozy/cozy.mjs";
import { prepareGateway, startGateway } from "../support/gateway.mjs";
import { addClient, addCustomer, energySource, pushRequest } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";

const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
const sizes = { phone: { width: 360, height: 740 },
	narrow: { width: 320, height: 640 }, desk: { width: 1280, height: 900 } };
const asked = ["energy.contract", "energy.load-curve"];

let gateway, pims, cozy, redirect, browser, db;
const answers = [];		// what the service received

before(async () => {
	const ground = await prepareGateway({ settings: {
		organisation: { name: "Énergie du Rhône",
			address: "12 quai Sarrail, Lyon",
			privacy_url: "https://energie-rhone.example/privacy" },
		login: { mode: "demo" }, catalogue: energySource({ customers: 10 }) } });
	ground.change({ push: { allow: "127.0.0.0/8", ca_file: ground.ca } });
	gateway = await startGateway({ ground });
	db = gateway.db.url;
	pims = createServer({
		cert: readFileSync(gateway.settings.server.tls_certificate),
		key: readFileSync(gateway.settings.server.tls_key) }, (req, res) => {
		if (req.url.startsWith("/cb?"))
			answers.push(new URL(req.url, redirect).searchParams);
		res.end("received");
	});
	await new Promise((done) => pims.listen(0, "127.0.0.1", done));
	cozy = await startCozy({ dir: `${ground.dir}/cozy`,
		cert: readFileSync(gateway.settings.server.tls_certificate),
		key: readFileSync(gateway.settings.server.tls_key) });
	redirect = `https://localhost:${pims.address().port}/cb`;
	addCustomer(db, "camille", "Camille Moreau", "SYN-00000001");
	addCustomer(db, "ines", "Inès <b>Martin</b>", "SYN-00000002");
	addClient(db, { id: "moncloud", name: "MonCloud", redirect,
		uri: "https://moncloud.example/about", datasets: asked,
		purpose: { fr: "Comprendre votre consommation.",
			en: "Understand what you use." } });
	addClient(db, { id: "cozy", kind: "cozy", name: "Cozy" });
	addClient(db, { id: "solid", kind: "solid", name: "Solid" });
	browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox"] });
});

after(async () => {
	await browser?.close();
	pims?.close();
	await cozy?.stop();
	await gateway?.stop();
});

// A browser of somebody: no JavaScript, every complaint of it kept.
async function visitor({ size = "phone", lang = "fr-FR", scheme = "light",
	js = false } = {}) {
	const context = await browser.newContext({ ignoreHTTPSErrors: true,
		viewport: sizes[size], locale: lang, colorScheme: scheme,
		javaScriptEnabled: js, baseURL: gateway.issuer });
	const page = await context.newPage();
	page.complaints = [];
	page.on("console", (m) => {
		if (/Content Security|Refused/.test(m.text()))
			page.complaints.push(m.text());
	});
	return page;
}

async function signIn(page, who = "camille", next = "/me") {
	await page.goto(`/login?next=${encodeURIComponent(next)}`);
	await page.fill("#login", who);
	await page.fill("#password", who);
	await page.click("main button[type=submit]");
}

const consentPath = (uri) =>
	`/oauth/authorize?client_id=moncloud&request_uri=${encodeURIComponent(uri)}`;
const push = (more = {}) => pushRequest(db, { client: "moncloud", redirect,
	datasets: asked, ...more });

// A grant of Camille's, by the page itself; its id.
async function allow(page, { tick = ["#d0"], request = push() } = {}) {
	await page.goto(consentPath(request));
	for (const t of tick)
		await page.check(t);
	await page.click("button[value=allow]");
	await page.waitForURL(/\/cb\?/);
	return sql(db, "SELECT id FROM guichet.grants ORDER BY created DESC LIMIT 1");
}

// ---- signing in ----

test("a stranger signs in and lands where she was going", async () => {
	const page = await visitor();
	await page.goto("/me");
	assert.match(page.url(), /\/login\?next=%2Fme$/);
	await page.fill("#login", "camille");
	await page.fill("#password", "wrong");
	await page.click("main button[type=submit]");
	assert.match(await page.textContent("[role=alert]"),
		/ne vont pas ensemble/);
	assert.equal(await page.inputValue("#login"), "camille");
	await page.fill("#password", "camille");
	await page.click("main button[type=submit]");
	assert.equal(new URL(page.url()).pathname, "/me");
	assert.match(await page.textContent("h1"), /Bonjour Camille/);
	const cookie = (await page.context().cookies())
		.find((c) => c.name === "__Host-guichet");
	assert.ok(cookie.secure && cookie.httpOnly && cookie.sameSite === "Lax" &&
		cookie.path === "/");
	assert.equal(sql(db, `SELECT count(*) FROM guichet.subject
		WHERE customer = 'SYN-00000001' AND length(key) = 32`), "1");
	await page.context().close();
});

test("signing in never leads to another site", async () => {
	for (const next of ["https://evil.example/", "//evil.example",
		"/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
		"/\t/evil.example", "evil.example", ""]) {
		const page = await visitor();
		await signIn(page, "camille", next);
		assert.equal(page.url(), `${gateway.issuer}/me`, next);
		await page.context().close();
	}
});

test("signing in changes the cookie; signing out ends it for good", async () => {
	const page = await visitor();
	const cookie = async () => (await page.context().cookies())
		.find((c) => c.name === "__Host-guichet")?.value;
	await signIn(page);
	const first = await cookie();
	await signIn(page);
	const second = await cookie();
	assert.notEqual(first, second);
	const opens = async (value) => (await gateway.ask("/me",
		{ headers: { cookie: `__Host-guichet=${value}` } })).status === 200;
	assert.equal(await opens(first), false);
	assert.equal(await opens(second), true);
	await page.click("header button:has-text('Se déconnecter')");
	assert.equal(new URL(page.url()).pathname, "/");
	assert.equal(await cookie(), undefined);
	assert.equal(await opens(second), false);
	await page.context().close();
});

test("a form made by another site signs nobody in", async () => {
	const post = (body, headers = {}) => gateway.ask("/login", {
		method: "POST", body, headers: {
			"content-type": "application/x-www-form-urlencoded", ...headers } });
	assert.equal((await post("login=camille&password=camille")).status, 403);
	const form = await gateway.ask("/login");
	const token = /name="token" value="([^"]+)"/.exec(form.text)[1];
	assert.equal((await post(
		`login=camille&password=camille&token=${token}`)).status, 403);
});

test("wrong passwords are counted for all workers, then wait", async () => {
	const form = await gateway.ask("/login");
	const token = /name="token" value="([^"]+)"/.exec(form.text)[1];
	const post = (login, password) => gateway.ask("/login", { method: "POST",
		body: `login=${login}&password=${password}&token=${token}`, headers: {
			cookie: `__Host-guichet-login=${token}`,
			"content-type": "application/x-www-form-urlencoded" } });
	addCustomer(db, "guessed", "Guessed", "SYN-00000008");
	for (let i = 0; i < 5; i++)
		assert.equal((await post("guessed", `try-${i}`)).status, 422);
	const r = await post("guessed", "guessed");	// even the right one
	assert.equal(r.status, 429);
	assert.ok(Number(r.headers["retry-after"]) > 600);
	assert.match(r.text, /quart d’heure/);
	assert.equal((await post("camille", "camille")).status, 303);
	assert.equal(sql(db, `SELECT count(*)
		FROM guichet.journal_line
		WHERE convert_from(leaf, 'UTF8') LIKE '%login_failed%'`) >= 5, true);
	sql(db, "UPDATE guichet.login_failure SET until = now() - interval '1 s'");
	assert.equal((await post("guessed", "guessed")).status, 303);
});

// ---- deciding ----

test("the page tells who, why, what and until when before she decides",
	async () => {
	const page = await visitor(), path = consentPath(push());
	await page.goto(path);		// still a stranger
	assert.match(await page.textContent("main"),
		/MonCloud demande à recevoir.*rien n’est envoyé avant/s);
	await signIn(page, "camille", path);
	assert.match(await page.textContent("h1"), /MonCloud/);
	assert.match(await page.textContent(".purpose"),
		/Comprendre votre consommation.*mots de MonCloud/s);
	assert.equal(await page.locator("input:checked").count(), 0);
	assert.equal(await page.locator("input[type=checkbox]").count(), 3);
	// purpose and end stand on the first screen of a phone
	for (const what of [".purpose", ".facts dd:nth-of-type(2)"]) {
		const box = await page.locator(what).boundingBox();
		assert.ok(box.y + box.height <= sizes.phone.height, what);
	}
	await page.context().close();
});

test("what a data set contains says each thing once", async () => {
	addClient(db, { id: "bills", name: "MesFactures", redirect,
		datasets: ["energy.invoice"], purpose: { fr: "Ranger vos factures.",
			en: "Keep your bills." } });
	for (const [lang, one, size] of [["fr-FR", "Montant", "phone"],
		["en-GB", "Amount", "desk"]]) {
		const page = await visitor({ lang, size });
		await signIn(page, "camille", consentPath(pushRequest(db, {
			client: "bills", redirect, datasets: ["energy.invoice"] }))
			.replace("moncloud", "bills"));
		await page.click(".choice summary");
		const names = await page.locator(".fields li").allTextContents();
		assert.deepEqual(names, [...new Set(names)]);
		assert.deepEqual(names.filter((n) => n === one ||
			n.startsWith(`${one} (`)), lang === "fr-FR" ?
			["Montant (Lignes)", "Montant"] : ["Amount (Lines)", "Amount"]);
		await page.context().close();
	}
});

test("refusing is as near, as large and as plain as allowing", async () => {
	const page = await visitor({ js: true });
	await signIn(page, "camille", consentPath(push()));
	const look = (e) => {
		const s = getComputedStyle(e), b = e.getBoundingClientRect();
		return [b.width, b.height, b.y, s.backgroundColor, s.color, s.fontSize,
			s.fontWeight, s.borderColor, s.borderWidth];
	};
	assert.deepEqual(await page.locator("button[value=refuse]").evaluate(look),
		await page.locator("button[value=allow]").evaluate(look));
	await page.context().close();
});

test("nothing ticked is told; another language keeps what is ticked",
	async () => {
	const page = await visitor();
	await signIn(page, "camille", consentPath(push()));
	await page.click("button[value=allow]");
	assert.match(await page.textContent("[role=alert]"), /Aucune donnée/);
	await page.click("[role=alert] a");
	await page.check("#d1");
	await page.selectOption("#days", "90");
	await page.selectOption("#since", "today");
	await page.click("header button[lang=en]");
	assert.match(await page.textContent("h1"), /asks to receive your data/);
	assert.match(await page.textContent(".purpose"), /Understand what you use/);
	assert.equal(await page.isChecked("#d1"), true);
	assert.equal(await page.isChecked("#d0"), false);
	assert.equal(await page.inputValue("#days"), "90");
	assert.equal(await page.inputValue("#since"), "today");
	await page.context().close();
});

test("she allows less than was asked, and that is what is granted", async () => {
	const page = await visitor();
	answers.length = 0;
	await signIn(page);
	await page.goto(consentPath(push({ state: "abc" })));
	await page.check("#d1");
	await page.selectOption("#days", "30");
	await page.click("button[value=allow]");
	await page.waitForURL(/\/cb\?/);
	assert.equal(await page.textContent("body"), "received");
	assert.deepEqual(page.complaints, []);
	const answer = answers.at(-1);
	assert.equal(answer.get("state"), "abc");
	assert.equal(answer.get("iss"), gateway.issuer);
	assert.ok(answer.get("code").length >= 22);
	assert.equal(sql(db, `SELECT datasets, language, purpose,
		expires BETWEEN now() + interval '29 days' AND now() + interval '31 days'
		FROM guichet.grants ORDER BY created DESC LIMIT 1`),
		"{energy.load-curve}|fr|Comprendre votre consommation.|t");
	await page.context().close();
});

test("one notice has one hash, whatever is ticked; another language another",
	async () => {
	const page = await visitor();
	const hash = () => sql(db, `SELECT encode(notice_sha256, 'hex')
		FROM guichet.grants ORDER BY created DESC LIMIT 1`);
	const more = { until: "2027-06-30" };
	await signIn(page);
	await allow(page, { tick: ["#d0"], request: push({ more }) });
	const one = hash();
	await allow(page, { tick: ["#d0", "#d1"], request: push({ more }) });
	assert.equal(hash(), one);
	await allow(page, { request: push({ more: { until: "2027-06-30",
		purpose: "Autre chose." } }) });
	assert.notEqual(hash(), one);
	await page.context().close();
});

test("refusing tells the service, and only that", async () => {
	const page = await visitor();
	const before_ = sql(db, "SELECT count(*) FROM guichet.grants");
	answers.length = 0;
	await signIn(page);
	await page.goto(consentPath(push()));
	await page.click("button[value=refuse]");
	await page.waitForURL(/\/cb\?/);
	assert.equal(answers.at(-1).get("error"), "access_denied");
	assert.equal(sql(db, "SELECT count(*) FROM guichet.grants"), before_);
	await page.context().close();
});

test("a request is answered once; an unknown one is told here", async () => {
	const page = await visitor();
	const request = push();
	await signIn(page);
	await allow(page, { request });
	for (const uri of [request, request.slice(0, -3) + "AAA", "x"]) {
		const r = await page.goto(consentPath(uri));
		assert.equal(r.status(), 400);
		assert.match(await page.textContent("main"), /trop ancienne/);
		assert.equal(new URL(page.url()).origin, gateway.issuer);
	}
	await page.context().close();
});

test("a service's words are shown as words", async () => {
	const page = await visitor();
	const purpose = `<img src=x onerror=alert(1)> "q" & 'a'`;
	await signIn(page, "ines", consentPath(push({ more: { purpose } })));
	assert.equal(await page.textContent("blockquote"), purpose);
	assert.equal(await page.locator("main img").count(), 0);
	await page.goto("/me");
	assert.match(await page.textContent("h1"), /Inès <b>Martin<\/b>/);
	await page.context().close();
});

// ---- looking back, stopping ----

test("she sees what she allowed and stops it: one click, at once", async () => {
	const page = await visitor();
	await signIn(page);
	const id = await allow(page);
	await page.goto("/me");
	await page.click(`form[action="/me/withdraw/${id}"] button`);
	assert.match(await page.textContent("[role=status]"), /C’est fait/);
	assert.equal(sql(db, `SELECT state, ended_by FROM guichet.grants
		WHERE id = '${id}'`), "withdrawn|customer");
	assert.equal(sql(db, `SELECT count(*) FROM guichet.journal_line
		WHERE grant_id = '${id}'
		AND convert_from(leaf, 'UTF8') LIKE '%consent.withdrawn%'`), "1");
	assert.match(await page.textContent(".history"), /Vous avez tout arrêté/);
	assert.match(await page.textContent("main"), /Arrêté le/);
	await page.context().close();
});

test("stopping needs her own form", async () => {
	const page = await visitor();
	await signIn(page);
	const id = await allow(page);
	const cookie = (await page.context().cookies())
		.map((c) => `${c.name}=${c.value}`).join("; ");
	await page.goto(`/me/withdraw/${id}`);
	const csrf = await page.getAttribute("main input[name=csrf]", "value");
	const post = (body, headers = {}, path = `/me/withdraw/${id}`) =>
		gateway.ask(path, { method: "POST", body, headers: { cookie,
			"content-type": "application/x-www-form-urlencoded",
			...headers } });
	const live = () => sql(db, `SELECT state FROM guichet.grants
		WHERE id = '${id}'`) === "active";

	assert.equal((await post("")).status, 403);
	assert.equal((await post(`csrf=${"A".repeat(43)}`)).status, 403);
	assert.equal((await post(`csrf=${csrf}`,
		{ origin: "https://evil.example" })).status, 403);
	assert.equal((await post(`csrf=${csrf}`,
		{ "sec-fetch-site": "cross-site" })).status, 403);
	assert.equal((await post(`csrf=${csrf}`, { cookie: "" })).status, 303);
	assert.equal((await post(`csrf=${csrf}`, {}, "/me/withdraw/nope")).status,
		404);
	assert.equal(live(), true);
	assert.equal((await post(`csrf=${csrf}`,
		{ origin: gateway.issuer })).status, 303);
	assert.equal(live(), false);
	assert.equal((await post(`csrf=${csrf}`)).status, 303);	// twice is once
	await page.context().close();
});

test("another customer's permission does not exist for her", async () => {
	const camille = await visitor(), ines = await visitor();
	await signIn(camille);
	const id = await allow(camille);
	await signIn(ines, "ines");
	assert.equal((await ines.goto(`/me/withdraw/${id}`)).status(), 404);
	assert.match(await ines.textContent("main"), /ne figure pas parmi/);
	await ines.goto("/me");
	assert.equal(await ines.locator(`a[href*="${id}"]`).count(), 0);
	const csrf = await ines.getAttribute("header input[name=csrf]", "value");
	const cookie = (await ines.context().cookies())
		.map((c) => `${c.name}=${c.value}`).join("; ");
	const r = await gateway.ask(`/me/withdraw/${id}`, { method: "POST",
		body: `csrf=${csrf}`, headers: { cookie,
			"content-type": "application/x-www-form-urlencoded" } });
	assert.equal(r.status, 404);
	assert.equal(sql(db, `SELECT state FROM guichet.grants
		WHERE id = '${id}'`), "active");
	await camille.context().close();
	await ines.context().close();
});

// ---- connecting a cloud of her own ----

async function fillConnect(page, address, { tick = ["#d0"] } = {}) {
	await page.goto("/me/connect");
	await page.check("#cozy");
	await page.fill("#address", address);
	for (const t of tick)
		await page.check(t);
}

test("an address that is no cloud is told, and what she chose is kept",
	async () => {
	const page = await visitor();
	await signIn(page);
	assert.equal(await (await page.goto("/me/connect")).status(), 200);
	assert.equal(await page.locator("input:checked").count(), 0);
	for (const [address, says] of [
		["https://localhost:1", /Rien n’a répondu/],
		["http://alice.example", /n’est pas celle d’un cloud/],
		["https://10.0.0.1", /n’est pas celle|Rien n’a répondu/]]) {
		await fillConnect(page, address, { tick: ["#d1"] });
		await page.selectOption("#days", "90");
		await page.click("button[value=allow]");
		assert.match(await page.textContent("[role=alert]"), says, address);
		assert.equal(await page.inputValue("#address"), address);
		assert.equal(await page.isChecked("#cozy"), true);
		assert.equal(await page.isChecked("#d1"), true);
		assert.equal(await page.inputValue("#days"), "90");
	}
	await page.uncheck("#d1");
	await page.click("button[value=allow]");
	assert.match(await page.textContent("[role=alert]"), /Aucune donnée/);
	await page.click("header button[lang=en]");
	assert.match(await page.textContent("h1"), /Connect my personal cloud/);
	assert.equal(await page.isChecked("#cozy"), true);
	assert.equal(sql(db, `SELECT count(*) FROM guichet.grants
		WHERE client_id = 'cozy'`), "0");
	await page.context().close();
});

test("before she leaves for her cloud she learns what it must show",
	async () => {
	const page = await visitor();
	await signIn(page);
	await fillConnect(page, cozy.origin);
	await page.click("button[value=allow]");
	const host = new URL(cozy.origin).host;
	assert.ok((await page.textContent("main")).includes(host));
	assert.deepEqual(page.complaints, []);
	assert.equal(sql(db, `SELECT g.state, g.datasets, d.address,
		length(g.notice_sha256) FROM guichet.grants AS g
		JOIN guichet.destination AS d ON d.grant_id = g.id
		WHERE g.client_id = 'cozy'`),
		`pending|{energy.contract}|${cozy.origin}|32`);
	await page.click(`a[href^="${cozy.origin}"]`);
	assert.equal(new URL(page.url()).origin, cozy.origin);
	await page.goto("/me");
	assert.match(await page.textContent(".state.pending"), /À confirmer/);
	await page.context().close();
});

// ---- every page ----

test("no page may be framed, kept, or run anything", async () => {
	for (const path of ["/", "/login", "/nothing-here", "/oauth/authorize"]) {
		const { headers } = await gateway.ask(path,
			{ headers: { accept: "text/html" } });
		const csp = headers["content-security-policy"];
		assert.match(csp, /default-src 'none'/, path);
		assert.match(csp, /frame-ancestors 'none'/, path);
		assert.match(csp, /base-uri 'none'/, path);
		assert.doesNotMatch(csp, /unsafe|script-src|\*/, path);
		assert.equal(headers["x-frame-options"], "DENY", path);
		assert.equal(headers["x-content-type-options"], "nosniff", path);
		assert.equal(headers["cache-control"], "no-store", path);
		assert.equal(headers["set-cookie"]?.some((c) =>
			!/^__Host-/.test(c)) ?? false, false, path);
	}
	const css = /\/static\/guichet\.css\?v=\w+/.exec(
		(await gateway.ask("/")).text)[0];
	const style = await gateway.ask(css);
	assert.match(style.headers["content-type"], /^text\/css/);
	assert.match(style.headers["cache-control"], /immutable/);
	assert.equal((await gateway.ask("/static/fr.po")).status, 404);
});

test("axe finds nothing, nothing overflows, every word is said", async () => {
	const ids = /\b(consent|me|grant|login|home|connect|refusal|event|state|choice|nav|foot|form|since|until|history)\.[a-z_]+\b/;
	const setup = await visitor();
	await signIn(setup);
	const grant = await allow(setup, { tick: ["#d0", "#d1"] });
	await setup.context().close();

	for (const [size, lang, scheme] of [["narrow", "fr", "light"],
		["narrow", "en", "dark"], ["desk", "fr", "dark"],
		["desk", "en", "light"]]) {
		const page = await visitor({ size, lang, scheme, js: true });
		const look = async (name) => {
			const where = `${name} ${size} ${lang} ${scheme}`;
			assert.equal(await page.getAttribute("html", "lang"), lang, where);
			assert.equal(await page.evaluate(() =>
				document.documentElement.scrollWidth > innerWidth), false,
				`${where}: wider than the screen`);
			assert.doesNotMatch(await page.innerText("body"), ids, where);
			const found = await page.evaluate(axe + `;
				axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a",
				"wcag21aa", "wcag22aa", "best-practice"] })`);
			assert.deepEqual(found.violations.map((v) =>
				`${v.id}: ${v.nodes[0].html}`), [], where);
		};
		for (const path of ["/", "/login", "/nothing-here"]) {
			await page.goto(path);
			await look(path);
		}
		await signIn(page, "camille", consentPath(push()));
		await look("consent");
		await page.locator("summary").first().click();
		await page.click("button[value=allow]");
		await look("consent with a fault");
		for (const path of ["/me", `/me/withdraw/${grant}`,
			"/me/connect"]) {
			await page.goto(path);
			await look(path);
		}
		await page.context().close();
	}
});

test("one who objected is told why, and nothing can be ticked or forced", async () => {
	addCustomer(db, "maxime", "Maxime", "SYN-00000009");
	const page = await visitor();
	await signIn(page, "maxime");
	await page.goto(consentPath(push()));
	assert.equal(await page.locator("input[type=checkbox]").count(), 0);
	assert.match(await page.textContent("main"), /demandé que personne/);
	// a form of somebody's own making ticks it all the same
	await page.evaluate(() => {
		const box = document.createElement("input");
		Object.assign(box, { type: "checkbox", name: "dataset",
			value: "energy.contract", checked: true });
		document.querySelector("#consent").append(box);
	}).catch(() => {});
	await page.click("button[value=allow]");
	assert.equal(sql(db, `SELECT count(*) FROM guichet.grants AS g
		JOIN guichet.subject AS s ON s.id = g.subject_id
		WHERE s.customer = 'SYN-00000009'`), "0");
});
