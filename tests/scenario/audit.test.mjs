// SPDX-License-Identifier: Apache-2.0
// The auditors' pages: what is found, what is counted (held against an independent
// recount), what may be seen by whom, what is proven; that each reading is a line;
// in a browser without JavaScript, in both languages, at three widths, with axe.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { prepareGateway, startGateway } from "../support/gateway.mjs";
import { guichet } from "../support/ground.mjs";
import { judge } from "../support/judge.mjs";
import { Ledger } from "../support/ledger.mjs";
import { addClient, energySource } from "../support/people.mjs";
import { StaffMember } from "../support/staff.mjs";
import { sql } from "../support/postgres.mjs";

const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
const day = 86400000, noon = Math.floor(Date.now() / day) * day - day / 2;
const LINES = 1000;
let gateway, ledger, staff, ada, written, browser;

before(async () => {
	const ground = await prepareGateway({ settings: {
		organisation: { name: "Régie de Valombre" }, login: { mode: "demo" },
		catalogue: energySource({ customers: 2 }),
		journal: { interval_ms: 50 } } });
	staff = JSON.parse(guichet("staff", "demo", "--json", "--config",
		ground.config).out);
	ledger = new Ledger({}, ground);
	ada = ledger.person("C-ADA-4711");
	const bob = ledger.person("C-BOB-0815");
	addClient(ground.db.url, { id: "ma-vie", name: "Ma Vie en Clair" });
	addClient(ground.db.url, { id: "cozy", kind: "cozy", name: "Cozy" });
	const kinds = ["pull.begun", "pull.ended", "delivery.attempted",
		"delivery.acked", "delivery.failed", "pull.refused"];
	written = Array.from({ length: LINES }, (_, i) => ledger.line({
		ev: kinds[i * 7 % kinds.length], at: noon - (i % 20) * day - i * 1000,
		person: i % 40 === 0 ? ada : bob, to: i % 3 ? "cozy" : "ma-vie",
		ds: i % 2 ? "energy.load-curve@1" : "energy.invoice@1", n: i % 30,
		b: i * 10, oc: i % 11 === 0 ? "aborted" : "complete", act: "recipient",
		side: { call: i.toString(16).padStart(16, "0"),
			reason: i % 6 === 5 ? "=cmd|' /C calc'!A0" : undefined } }));
	written.push(...["consent.requested", "consent.shown", "consent.given",
		"consent.withdrawn"].map((ev, i) => ledger.line({ ev, log: 1, person: ada,
		at: noon - day + i * 1000, to: "cozy", act: "customer" })));
	for (let i = 0; i < written.length; i += 250)
		ledger.write(written.slice(i, i + 250));
	gateway = await startGateway({ ground });
	await gateway.until(() => Number(sql(gateway.db.url,
		"SELECT count(*) FROM guichet.journal_fact")) >= written.length, "decoded");
	browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox"] });
});
after(async () => {
	await browser?.close();
	await gateway?.stop();
});

async function member(role) {
	const s = new StaffMember(gateway);
	await s.signIn(staff.find((p) => p.roles[0] === role));
	return s;
}
const facts = (where) => Number(sql(gateway.db.url,
	`SELECT count(*) FROM guichet.journal_fact WHERE ${where}`));
// the organisation's day, which begins before UTC's
const iso = (ms) => new Date(ms).toLocaleDateString("sv-SE",
	{ timeZone: "Europe/Paris" });
const period = `from=${iso(noon - 40 * day)}&to=${iso(Date.now())}`;
const leaves = () => written.map((l) => ({ ...JSON.parse(l.leaf), ...l }));

test("who has no such role sees nothing of it", async () => {
	for (const role of ["operator", "admission", "admin"]) {
		const s = await member(role);
		for (const path of ["/audit", "/audit/reports", "/audit/verify",
			"/audit/reports/activity", "/audit/line/0/1"])
			assert.equal((await s.get(path)).status, 403, `${role} ${path}`);
	}
	assert.equal((await gateway.ask("/audit")).status, 303);
});

test("each reading is a line, by whom, before anything is shown", async () => {
	const s = await member("auditor");
	const read = facts("ev = 'access.read'"), made = facts("ev = 'report.produced'");
	for (const path of ["/audit", "/audit/line/0/1", "/audit?q=refus"])
		assert.equal((await s.get(path)).status, 200, path);
	assert.equal((await s.get("/audit/reports/activity")).status, 200);
	await gateway.until(() => facts("ev = 'access.read'") === read + 3 &&
		facts("ev = 'report.produced'") === made + 1, "readings in the journal");
	const id = sql(gateway.db.url, `SELECT id FROM guichet.staff
		WHERE subject = '${staff.find((p) => p.roles[0] === "auditor").login}'`);
	assert.equal(facts(`ev = 'access.read' AND by = '${id}' AND act = 'auditor'`) >= 3,
		true);
});

test("sums and facets are those of the lines", async () => {
	const s = await member("auditor");
	const page = (await s.get(`/audit?${period}&client=ma-vie&lang=en`)).text;
	const mine = leaves().filter((l) => l.to === "ma-vie");
	const records = mine.filter((l) => ["pull.begun", "delivery.acked"]
		.includes(l.ev)).reduce((n, l) => n + l.n, 0);
	const figures = [...page.matchAll(/<dd>([\d,]+)<\/dd>/g)]
		.map((m) => Number(m[1].replaceAll(",", "")));
	assert.equal(figures[0], mine.length);
	assert.equal(figures[1], records);
	assert.match(page, /Ma Vie en Clair/);
});

test("words find events, data sets and calls; nothing else", async () => {
	const s = await member("auditor");
	const shown = async (q) => [...(await s.get(`/audit?${period}&lang=en&q=${
		encodeURIComponent(q)}`)).text.matchAll(/class="said"/g)].length;
	assert.equal(await shown("refused"), 50);
	assert.equal(await shown("0000000000000010"), 1);
	assert.ok(await shown("invoice") >= 0);
	assert.equal(await shown("zzzz"), 0);
	assert.equal(await shown("C-ADA-4711"), 0);
	assert.equal(await shown("' OR 1=1 --"), 0);
});

test("older lines: page after page, each line once", async () => {
	const s = await member("auditor");
	const seen = new Set();
	let path = `/audit?${period}&client=ma-vie&ev=delivery.acked`;
	while (path) {
		const { text } = await s.get(path);
		for (const [, line] of text.matchAll(/\/audit\/line\/(\d\/\d+)/g)) {
			assert.ok(!seen.has(line), line);
			seen.add(line);
		}
		path = /href="(\/audit[^"]*before=[^"]*)"/.exec(text)?.[1].replaceAll("&amp;", "&");
	}
	assert.equal(seen.size, leaves().filter((l) => l.to === "ma-vie" &&
		l.ev === "delivery.acked").length);
	assert.ok(seen.size > 100);
});

test("a person is for the DPO alone, and looking for her is told", async () => {
	const auditor = await member("auditor"), dpo = await member("dpo");
	const path = `/audit?${period}&customer=C-ADA-4711`;
	const hers = leaves().filter((l) => l.person === ada).length;
	const total = (text) => Number(/<dd>([\d\u202f\u00a0 ,]+)<\/dd>/.exec(text)[1]
		.replace(/\D/g, ""));
	assert.ok(total((await auditor.get(path)).text) >= written.length);
	assert.equal(total((await dpo.get(path)).text), hers);
	assert.equal((await auditor.get("/audit/reports/customer?customer=C-ADA-4711"))
		.status, 403);
	assert.equal((await auditor.get("/audit/reports/touched")).status, 403);
	assert.doesNotMatch((await auditor.get("/audit/reports")).text,
		/reports\/customer|reports\/touched/);
	const place = sql(gateway.db.url, `SELECT log || '/' || seq FROM
		guichet.journal_fact WHERE subject_id = '${ada.id}' LIMIT 1`);
	assert.doesNotMatch((await auditor.get(`/audit/line/${place}`)).text, /C-ADA/);
	assert.match((await dpo.get(`/audit/line/${place}`)).text, /C-ADA-4711/);
	await gateway.until(() => facts("reason = 'one person'") >= 1, "told");
	assert.equal(facts("coalesce(reason, '') LIKE '%ADA%'"), 0);
});

// ---- reports: the same figures from the raw log, by other means ----

const parse = (text) => text.replace(/^\ufeff/, "").trimEnd().split("\r\n")
	.map((row) => [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)]
		.map((m) => m[1]?.replaceAll('""', '"') ?? m[2]));

test("totals equal an independent recount, in every form", async () => {
	const s = await member("dpo");
	const dir = join(ledger.dir, "recount");
	const r = guichet("journal", "export", dir, "--config", gateway.config);
	assert.equal(r.code, 0, r.err);
	sql(gateway.db.url, `CREATE TABLE IF NOT EXISTS public.recount (l jsonb)`);
	const raw = readFileSync(join(dir, "entries.jsonl"), "utf8").trimEnd()
		.split("\n").map((l) => Buffer.from(JSON.parse(l).leaf, "base64").toString());
	sql(gateway.db.url, `INSERT INTO public.recount VALUES ${raw.map((l) =>
		`('${l.replaceAll("'", "''")}')`).join(",")}`);
	const expected = sql(gateway.db.url, `SELECT json_agg(row) FROM (SELECT
		l->>'ds' AS ds, l->>'to' AS client,
		count(*) FILTER (WHERE l->>'ev' = 'pull.begun') AS pulls,
		count(*) FILTER (WHERE l->>'ev' = 'delivery.acked') AS deliveries,
		count(*) FILTER (WHERE l->>'ev' = 'delivery.failed') AS failed,
		count(*) FILTER (WHERE l->>'ev' = 'pull.refused') AS refused,
		coalesce(sum((l->>'n')::int) FILTER (WHERE l->>'ev' IN
			('pull.begun', 'delivery.acked')), 0) AS records,
		coalesce(sum((l->>'b')::int) FILTER (WHERE l->>'ev' IN
			('pull.begun', 'delivery.acked')), 0) AS bytes
		FROM public.recount GROUP BY 1, 2 ORDER BY 1, 2) AS row`);
	const path = `/audit/reports/activity?${period}`;
	const jsonl = (await s.get(`${path}&format=jsonl`)).text.trimEnd().split("\n")
		.map((l) => JSON.parse(l));
	assert.deepEqual(jsonl, JSON.parse(expected));
	const csv = parse((await s.get(`${path}&format=csv&lang=en`)).text);
	assert.deepEqual(csv[0], ["Data set", "Recipient", "Pulls", "Deliveries",
		"Failed", "Refused", "Records", "Volume"]);
	assert.deepEqual(csv.slice(1), jsonl.map((o) => Object.values(o).map(String)));
	const fr = (await s.get(`${path}&lang=fr`)).text;
	assert.match(fr, /Établir/);
	const sum = jsonl.reduce((n, o) => n + o.records, 0);
	assert.ok(fr.replace(/[\u202f\u00a0 ]/g, "").includes(`>${sum}<`), "the total");
	// and by the command, from its own process
	const cli = guichet("journal", "report", "activity", "--json", "--config",
		gateway.config).out.trimEnd().split("\n").map((l) => JSON.parse(l));
	assert.deepEqual(cli, jsonl);
	sql(gateway.db.url, "DROP TABLE public.recount");
});

test("every report is made, in both languages and all forms", async () => {
	const s = await member("dpo");
	// reports are made of what is decoded; pages say how far that is
	await gateway.until(() => sql(gateway.db.url, `SELECT bool_and(m.seq >=
		h.size) AND guichet.lines_waiting() = 0 FROM guichet.journal_fact_mark AS
		m JOIN guichet.journal_head AS h USING (log)`) === "t", "decoded");
	for (const name of ["activity", "recipients", "consents", "late", "refusals",
		"failures", "people", "integrity", "breach", "touched", "service", "funnel",
		"customer"]) {
		for (const lang of ["fr", "en"]) {
			const r = await s.get(`/audit/reports/${name}?${period}&lang=${lang}${
				name === "customer" ? "&customer=C-ADA-4711" : ""}`);
			assert.equal(r.status, 200, name);
			assert.doesNotMatch(r.text, />report\.|>audit\./, name);
			if (name !== "late")
				assert.match(r.text, /<table/, name);
		}
		const jsonl = await s.get(`/audit/reports/${name}?${period}&format=jsonl${
			name === "customer" ? "&customer=C-ADA-4711" : ""}`);
		for (const line of jsonl.text.trimEnd().split("\n").filter(Boolean))
			JSON.parse(line);
	}
	assert.equal((await s.get("/audit/reports/nonsense")).status, 404);
});

test("the report about one person has all her lines; consents add up", async () => {
	const s = await member("dpo");
	const rows = (await s.get(`/audit/reports/customer?${period}&format=jsonl&` +
		"customer=C-ADA-4711")).text.trimEnd().split("\n");
	assert.equal(rows.length, leaves().filter((l) => l.person === ada).length);
	const consents = JSON.parse((await s.get(`/audit/reports/consents?${period
	}&format=jsonl`)).text);
	assert.deepEqual(consents, { client: "cozy", requested: 1, shown: 1, given: 1,
		refused: 0, changed: 0, withdrawn: 1, expired: 0, after: 0 });
});

test("what would be a formula is none in a spreadsheet", async () => {
	const s = await member("auditor");
	const csv = parse((await s.get(`/audit/reports/refusals?${period}&format=csv`))
		.text);
	const reasons = csv.slice(1).map((r) => r[3]).filter(Boolean);
	assert.ok(reasons.length > 0);
	for (const reason of reasons)
		assert.match(reason, /^'=cmd/);
});

test("a line's proof is checked by Go's judge", async () => {
	const s = await member("auditor");
	const at = sql(gateway.db.url, `SELECT seq FROM guichet.journal_fact
		WHERE log = 0 AND id = '${written[500].id}'`);
	const page = await s.get(`/audit/line/0/${at}?lang=en`);
	assert.match(page.text, /is the one whose hash is in the tree/);
	const proof = await gateway.ask(`/journal/restitution/proof/${at}`);
	assert.equal(proof.status, 200, proof.text);
	writeFileSync(join(ledger.dir, "p"), proof.text);
	writeFileSync(join(ledger.dir, "leaf"), written[500].leaf);
	const vkey = readFileSync(join(ledger.dir, "recount/vkey"), "utf8").trim();
	assert.deepEqual(judge("proof", join(ledger.dir, "p"), vkey,
		join(ledger.dir, "leaf")), { good: true, said: `ok ${at}` });
	assert.equal((await gateway.ask("/journal/restitution/proof/999999")).status, 404);
	assert.equal((await gateway.ask("/journal/none/proof/1")).status, 404);
	assert.equal((await gateway.ask("/journal/restitution/proof/-1")).status, 404);
});

test("the verify button: all is as signed; then a line is altered, and named",
	async () => {
	const s = await member("auditor");
	const ended = () => Number(sql(gateway.db.url, `SELECT count(*) FROM
		guichet.journal_check WHERE ended IS NOT NULL`));
	await gateway.until(() => ended() >= 2, "the daily verification");
	assert.match((await s.get("/audit/verify?lang=en")).text,
		/Every one of the [\d,]+ lines is as it was signed/);
	assert.equal((await s.post("/audit/verify", {})).status, 403);
	sql(gateway.db.url, `UPDATE guichet.journal_line SET leaf = leaf || ' '::bytea
		WHERE id = '${written[321].id}'`);
	const seq = sql(gateway.db.url, `SELECT seq FROM guichet.journal_fact
		WHERE id = '${written[321].id}'`);
	const before = ended();
	const r = await s.post("/audit/verify", { csrf: await s.csrf("/audit/verify") });
	assert.equal(r.status, 303);
	await gateway.until(() => ended() === before + 2, "verified anew");
	assert.match((await s.get("/audit/verify?lang=en")).text, new RegExp(
		`This log is not the one that was signed: entry ${seq} was altered`));
	assert.match((await s.get(`/audit/line/0/${seq}?lang=en`)).text, /was altered/);
	sql(gateway.db.url, `UPDATE guichet.journal_line SET leaf =
		substring(leaf FOR length(leaf) - 1) WHERE id = '${written[321].id}'`);
});

// ---- in a browser ----

async function visitor(lang, width, scheme = "light") {
	const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: lang,
		viewport: { width, height: 900 }, colorScheme: scheme,
		javaScriptEnabled: false, baseURL: gateway.issuer });
	const page = await context.newPage();
	const dpo = staff.find((p) => p.roles.includes("dpo"));
	await page.goto("/staff/login?next=/audit");
	await page.fill("#login", dpo.login);
	await page.fill("#password", dpo.password);
	await page.click("main button[type=submit]");
	await page.waitForURL(/\/audit/);
	return { page, context };
}

async function faults(context, url) {
	const page = await (await browser.newContext({ ignoreHTTPSErrors: true,
		bypassCSP: true, baseURL: gateway.issuer, viewport: context.size,
		locale: context.lang, colorScheme: context.scheme,
		storageState: await context.storageState() })).newPage();
	await page.goto(url);
	await page.evaluate(axe);
	const found = await page.evaluate(() => axe.run());
	const wide = await page.evaluate(() =>
		document.documentElement.scrollWidth > innerWidth);
	await page.context().close();
	return [...found.violations.map((v) => `${v.id}: ${v.nodes[0].html}`),
		...(wide ? ["it scrolls sideways"] : [])];
}

for (const [lang, width, scheme] of [["fr-FR", 320, "light"], ["en-GB", 768, "dark"],
	["fr-FR", 1280, "light"]])
	test(`pages for eyes and for aids: ${lang}, ${width} px, ${scheme}`, async () => {
		const { page, context } = await visitor(lang, width, scheme);
		Object.assign(context, { size: { width, height: 900 }, lang, scheme });
		for (const url of [`/audit?${period}`, "/audit/reports",
			`/audit/reports/activity?${period}`, "/audit/line/0/10",
			"/audit/verify"]) {
			assert.equal((await page.goto(url)).status(), 200, url);
			assert.deepEqual(await faults(context, url), [], url);
			if (process.env.PICTURES) {
				await page.screenshot({ fullPage: true, path: `${process.env.PICTURES
				}/${url.split("?")[0].replaceAll("/", "_")}-${lang}-${width}.png` });
			}
		}
		await context.close();
	});
