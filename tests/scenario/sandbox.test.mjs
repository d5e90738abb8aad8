// SPDX-License-Identifier: Apache-2.0
// The sandbox, as a PIMS' developer lives it: a client at once, anybody's
// sign-in by a button, time that passes, faults, records that change, samples
// for an endpoint, sets to download; and never before a real source.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { certificates, guichet, root, temporary } from "../support/ground.mjs";
import { prepareGateway } from "../support/gateway.mjs";
import { keyPair, Pims, startCounter } from "../support/oauth.mjs";
import { createDatabase, sql } from "../support/postgres.mjs";
import { startReceiver } from "../pims/webhook/receiver.mjs";

const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
const SET = "energy.load-curve";
const key = keyPair();
const jwks = { keys: [{ ...key.jwk, kid: key.kid }] };
const shots = process.env.GUICHET_SHOTS;
let counter, receiver, telecom, sets, made, pims, camille, grant, browser;

before(async () => {
	const files = certificates(temporary());
	receiver = await startReceiver({ key: readFileSync(files.key),
		cert: readFileSync(files.certificate) });
	sets = temporary();
	for (const form of ["ndjson", "csv"])
		assert.equal(guichet("synth", "--sector", "energy", "--customers", "10",
			"--days", "5", "--as-of", "2026-06-01", "--to",
			`${form}:${sets}`).code, 0);
	telecom = createDatabase("telecom");
	assert.equal(guichet("synth", "--sector", "telecom", "--customers", "3",
		"--days", "90", "--to", telecom.url).code, 0);
	counter = await startCounter({ settings: {
		sandbox: { open: "yes", sets },
		push: { allow: "127.0.0.0/8 ::1/128", ca_file: files.ca },
		watch: { interval_ms: 200, horizon_margin_ms: 0 } },
		prepare: (g) => {
			cpSync(join(root, "adapters/telecom"), join(g.settings.catalogue
				.adapters, "telecom"), { recursive: true });
			return { catalogue: { ...g.settings.catalogue,
				sources: `${g.settings.catalogue.sources} telecom` },
			sources: { ...g.settings.sources, telecom: telecom.url.replace(
				"user=postgres", "user=guichet_lecture") } };
		} });
	browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox"] });
}, { timeout: 120000 });
after(async () => {
	await browser?.close();
	await receiver?.stop();
	const code = await counter?.stop();
	telecom?.drop();
	assert.equal(code, 0);
});

const post = (path, body, token) => counter.ask(path, { method: "POST",
	headers: { "content-type": "application/json",
		...(token ? { authorization: `Bearer ${token}` } : {}) },
	body: typeof body === "string" ? body : JSON.stringify(body) });
const trigger = async (event, more = {}) => {
	const r = await post("/sandbox/events", { event, ...more },
		made.registration_access_token);
	assert.equal(r.status, 200, r.text);
	assert.equal(r.json.done, true);
	return r.json;
};

test("never before a real source", async () => {
	const g = await prepareGateway();
	const dir = temporary();
	cpSync(join(root, "adapters/energy"), join(dir, "energy"),
		{ recursive: true });
	const conf = join(dir, "energy/source.conf");
	writeFileSync(conf, readFileSync(conf, "utf8").replace("synthetic = yes",
		"synthetic = no"));
	g.change({ sandbox: { open: "yes" }, catalogue: {
		adapters: dir, sources: "energy" } });
	const r = spawnSync(process.env.GUICHET_PROGRAM, ["serve", "--config",
		g.config], { encoding: "utf8", timeout: 20000 });
	assert.equal(r.status, 78, r.stderr);
	assert.match(r.stderr, /error E136: .*'energy' is not marked synthetic/);
	assert.match(r.stderr, /cure: give the sandbox an installation of its own/);
});

test("a client at once, by API; and a whole consent with it", async () => {
	const r = await post("/oauth/register", { client_name: "Ma Vie",
		"purpose#en": "Show you", "purpose#fr": "Vous montrer",
		redirect_uris: ["https://mavie.example/cb"], jwks,
		scope: `${SET} energy.contract telecom.vod-history` });
	assert.equal(r.status, 201, r.text);
	made = r.json;
	assert.equal(made.status, "admitted");
	pims = new Pims(counter, made.client_id, { keys: [key],
		redirect: "https://mavie.example/cb" });
	camille = await counter.customer(0);
	grant = await pims.connect(camille, {
		scope: `${SET} telecom.vod-history` });
	assert.equal((await pims.get(`/v1/datasets/${SET}`, grant.access_token))
		.status, 200);
});

test("the next calls go wrong as asked, then well again", async () => {
	const { grant_id, access_token } = grant;
	const pull = () => pims.get(`/v1/datasets/${SET}?limit=1`, access_token);
	await trigger("fail", { grant_id, calls: 2 });
	for (const status of [503, 503, 200]) {
		const r = await pull();
		assert.equal(r.status, status);
		if (status === 503)
			assert.ok(Number(r.headers["retry-after"]) >= 1);
	}
	await trigger("throttle", { grant_id, calls: 5 });
	assert.equal((await pull()).json.code, "too_many_calls");
	await trigger("clear", { grant_id });
	assert.equal((await pull()).status, 200);
	await trigger("delay", { grant_id, ms: 700 });
	const begun = Date.now();
	assert.equal((await pull()).status, 200);
	assert.ok(Date.now() - begun >= 690);
	const quick = Date.now();
	await pull();
	assert.ok(Date.now() - quick < 690);
});

test("records are corrected and removed at the source", async () => {
	const { grant_id, access_token } = grant;
	const all = async (set, cursor) => (await pims.get(
		`/v1/datasets/${set}?limit=1000${cursor ? `&cursor=${cursor}` : ""}`,
		access_token)).json;
	const before = await all(SET);
	assert.equal((await trigger("correct", { grant_id })).dataset, SET);
	const fresh = await counter.until(async () => {
		const page = await all(SET, before.next);
		return page.records.length > 0 && page;
	}, "the correction");
	assert.equal(fresh.records.length, 1);
	const old = before.records.find((r) => r.day === fresh.records[0].day &&
		r.usage_point === fresh.records[0].usage_point);
	assert.equal(fresh.records[0].total, old.total + 1);
	const seen = await all("telecom.vod-history");
	assert.ok(seen.records.length > 0);
	assert.equal((await trigger("remove", { grant_id })).dataset,
		"telecom.vod-history");
	const gone = await counter.until(async () => {
		const page = await all("telecom.vod-history", seen.next);
		return page.removed?.length > 0 && page;
	}, "the removal");
	assert.ok(seen.records.some((r) => r.order === gone.removed[0].order));
});

test("time passes for this client alone; consents end", async () => {
	const other = counter.register("other");
	const theirs = await other.connect(camille, { scope: SET });
	const until = async (p, t) => Date.parse((await p.get("/v1/grant",
		t.access_token)).json.expires);
	const was = await until(other, theirs);
	await trigger("clock", { days: 10 });
	assert.equal(await until(other, theirs), was);
	// each worker hears of it by itself, within a second
	const refused = async (path, t) => {
		const began = Date.now();
		let status;
		while ((status = (await pims.get(path, t.access_token)).status) === 200)
			assert.ok(Date.now() - began < 1000, `${path} within a second`);
		return status;
	};
	assert.equal(await refused("/v1/grant", grant), 401,
		"its token is too old by now");
	grant = { ...grant, ...(await pims.refresh(grant.refresh_token)).json };
	const now = await until(pims, grant);
	assert.ok(Math.abs(was - now - 10 * 864e5) < 3600e3, `${was - now}`);
	await trigger("revoke", { grant_id: grant.grant_id });
	assert.equal(await refused(`/v1/datasets/${SET}`, grant), 401);
	const next = await pims.connect(camille, { scope: SET });
	await trigger("expire", { grant_id: next.grant_id });
	assert.ok([401, 403].includes(await refused(`/v1/datasets/${SET}`, next)));
	await counter.until(() => sql(counter.db.url, `SELECT state FROM
		guichet.grants WHERE id = '${next.grant_id}'`) === "expired", "ended",
	20000);
	assert.deepEqual(sql(counter.db.url, `SELECT DISTINCT
		convert_from(side, 'UTF8')::json ->> 'reason' FROM guichet.journal_line
		WHERE convert_from(leaf, 'UTF8') LIKE '%"sandbox.triggered"%'
		ORDER BY 1`).split("\n"), ["clear", "clock", "delay", "expire",
		"fail", "throttle"]);
});

test("what cannot be triggered is refused", async () => {
	const token = made.registration_access_token;
	for (const [body, status, said] of [["x", 400, /one JSON object/],
		[{ event: "explode" }, 400, /event is/],
		[{ event: "clock" }, 400, /days is/],
		[{ event: "clock", days: 4000 }, 400, /days is/],
		[{ event: "fail" }, 400, /names no consent/],
		[{ event: "clock", days: 1, grant_id: "x" }, 400, /names no/],
		[{ event: "delay", grant_id: grant.grant_id }, 400, /ms is/],
		[{ event: "fail", grant_id: grant.grant_id, calls: 0 }, 400, /calls/],
		[{ event: "revoke", grant_id: grant.grant_id }, 400, /ended already/]]) {
		const r = await post("/sandbox/events", body, token);
		assert.equal(r.status, status, JSON.stringify(body));
		assert.match(r.json.detail, said);
	}
	assert.equal((await post("/sandbox/events", { event: "clock", days: 1 }))
		.status, 401);
	assert.equal((await post("/sandbox/events", { event: "clock", days: 1 },
		"guess")).status, 401);
});

async function open(path, size = { width: 1360, height: 900 }, locale = "en") {
	const context = await browser.newContext({ ignoreHTTPSErrors: true,
		viewport: size, locale, baseURL: counter.issuer });
	const page = await context.newPage();
	assert.equal((await page.goto(path)).status(), 200, path);
	return page;
}
async function sound(page, name) {
	await page.evaluate(axe);
	const found = await page.evaluate(() => window.axe.run());
	assert.deepEqual(found.violations.map((v) => [v.id, v.nodes[0].html]), []);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <=
		window.innerWidth), `${name} spills`);
	assert.doesNotMatch(await page.textContent("body"),
		/\b(sandbox|dev|login)\.[a-z_.]+\b/);
	if (shots)
		await page.screenshot({ fullPage: true, path: `${shots}/${name}.png` });
}

test("the same on a page: registering, a clock, a fault, an endpoint",
	async () => {
	const page = await open("/developers/sandbox");
	await sound(page, "sandbox");
	await page.fill("#client_name", "Le Mien");
	await page.fill("#redirect_uri", "https://lemien.example/cb");
	await page.fill("#jwks", "nonsense");
	await page.click("button:has-text('Register')");
	assert.match(await page.textContent(".faults"), /JSON object/);
	await page.fill("#client_name", "Le Mien");
	await page.fill("#redirect_uri", "https://lemien.example/cb");
	await page.fill("#jwks", JSON.stringify(jwks));
	await page.click("button:has-text('Register')");
	assert.match(await page.textContent(".done"), /Registered/);
	const facts = await page.locator(".facts dd").allTextContents();
	const [id, , token] = facts;
	assert.match(id, /^pims-[0-9a-f]{16}$/);
	const mine = new Pims(counter, id, { keys: [key],
		redirect: "https://lemien.example/cb" });
	const t = await mine.connect(camille, { scope: SET });
	// back, as another day
	const again = await open("/developers/sandbox", { width: 390, height: 844 },
		"fr");
	await again.fill("#registration_token", token);
	await again.click("button:has-text('Ouvrir')");
	assert.match(await again.textContent("main"), new RegExp(t.grant_id));
	await again.selectOption("select[name=event]", "throttle");
	await again.click("button:has-text('Provoquer')");
	assert.match(await again.textContent("main"), /throttle \(1\)/);
	assert.equal((await mine.get(`/v1/datasets/${SET}`, t.access_token)).status,
		429);
	// an endpoint: not proven hears the challenge alone
	await again.fill("#url", receiver.url);
	await again.click("button:has-text('Enregistrer cette adresse')");
	const secret = await again.textContent("figure:has(pre) pre >> nth=0");
	receiver.keys(secret);
	await sound(again, "sandbox-phone");
	await again.selectOption("#type", "records");
	await again.click("button:has-text('Envoyer')");
	assert.match(await again.textContent("main"), /Prouvée : elle a répondu 200/);
	assert.equal(receiver.of("guichet.records").filter((e) => e.data.grant
		.startsWith("00000000")).length, 0);
	for (const type of ["records", "notice", "connection.ended"]) {
		await again.selectOption("#type", type);
		await again.click("button:has-text('Envoyer')");
		assert.match(await again.textContent("main"), /Reçu : elle a répondu/);
		assert.equal(receiver.of(`guichet.${type}`).filter((e) => e.data.grant
			.startsWith("00000000")).length, 1, type);
	}
	assert.deepEqual(receiver.refused, [], "each was signed");
	await sound(again, "sandbox-sent-phone");
	// addresses inside are none of a developer's
	await again.fill("#url", "http://localhost/x");
	await again.click("button:has-text('Enregistrer cette adresse')");
	assert.match(await again.textContent(".faults"), /https/);
	await again.fill("#url", "https://10.0.0.1/hook");
	await again.click("button:has-text('Enregistrer cette adresse')");
	await again.click("button:has-text('Envoyer')");
	assert.match(await again.textContent("main"), /pas pu être jointe/);
	// a wrong token opens nothing
	const wrong = await open("/developers/sandbox");
	await wrong.fill("#registration_token", "guess");
	await wrong.click("button:has-text('Open')");
	assert.match(await wrong.textContent(".faults"), /no client here/);
});

test("anybody's sign-in by a button", async () => {
	const page = await open("/login");
	await sound(page, "sandbox-login");
	const cards = page.locator("li.card");
	assert.equal(await cards.count(), 2);
	await cards.nth(1).locator("button").click();
	assert.match(page.url(), /\/me$/);
	assert.ok((await page.textContent("main")).includes(
		counter.people[1].name.split(" ")[0]));
});

test("sets to download, with their hashes", async () => {
	const page = await open("/developers/sandbox");
	const names = await page.locator("#sets ~ dl dt").allTextContents();
	const hashes = await page.locator("#sets ~ dl dd code").allTextContents();
	assert.ok(names.includes(`${SET}.ndjson`) && names.includes(`${SET}.csv`));
	for (const [i, name] of names.entries()) {
		const r = await counter.ask(`/developers/sets/${name}`);
		assert.equal(r.status, 200);
		const hash = createHash("sha256").update(r.text);
		assert.equal(r.headers["repr-digest"],
			`sha-256=:${hash.copy().digest("base64")}:`);
		assert.equal(hash.digest("hex"), hashes[i], name);
		assert.equal(r.text, readFileSync(join(sets, name), "utf8"));
	}
	for (const name of ["none.csv", "..%2fguichet.conf", ".ndjson", "x"])
		assert.ok([400, 404].includes((await counter.ask(
			`/developers/sets/${name}`)).status), name);
});
