// SPDX-License-Identifier: Apache-2.0
// Colleagues sign in at the organisation's OpenID Connect provider (oidc-provider
// from npm, not ours), and a claim tells their roles. How an answer is checked is
// told by sign-in.test.mjs, whose code this is; here, what is colleagues' own.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Browser } from "../support/browser.mjs";
import { prepareGateway, serveOnce, startGateway }
	from "../support/gateway.mjs";
import { guichet } from "../support/ground.mjs";
import { energySource } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";
import { startProvider } from "../support/provider.mjs";

const roles = (...list) => ({ realm_access: { roles: list } });
const accounts = {
	audrey: { name: "Audrey", ...roles("offline_access", "guichet-auditor") },
	denis: { name: "Denis", ...roles("legal", "dsb", "guichet-admission") },
	text: { name: "Tex", realm_access: { roles: "guichet-operator" } },
	mallory: { name: "Mallory", ...roles("guichet-audit", "auditor",
		"GUICHET-AUDITOR", "guichet-auditor dsb", "") },
	plain: { name: "Plain" },
	odd: { name: "Odd", realm_access: { roles: [1, null, { a: 1 }] } },
	"SYN-00000001": { name: "Camille", ref: "SYN-00000001" },
};
let ground, gateway, provider, ca, spoiled = null;

const client = () => ({ client_id: "guichet", client_secret: "a secret",
	redirect_uris: ["/login/callback", "/staff/login/callback"]
		.map((p) => ground.issuer + p),
	post_logout_redirect_uris: [`${ground.issuer}/`] });
const provide = (more) => startProvider({ accounts, client: client(),
	cert: ground.settings.server.tls_certificate,
	key: ground.settings.server.tls_key, ...more });
const settings = (staff = {}) => ({
	login: { mode: "oidc", issuer: provider.issuer, client_id: "guichet",
		client_secret_file: join(ground.dir, "secret"), ca_file: ground.ca },
	staff: { role_claim: "realm_access.roles",
		dpo: "guichet-dpo dsb", ...staff } });

before(async () => {
	ground = await prepareGateway({ settings: {
		catalogue: energySource({ customers: 2, days: 2 }) } });
	writeFileSync(join(ground.dir, "secret"), "a secret\n", { mode: 0o600 });
	provider = await provide({ spoil: (path, text) =>
		spoiled ? spoiled(path, text) : text });
	ground.change(settings());
	gateway = await startGateway({ ground });
	ca = readFileSync(ground.ca);
});
after(async () => {
	const deaths = gateway?.said(/died role=/) ?? 0;
	await gateway?.stop();
	await provider?.stop();
	assert.equal(deaths, 0, "no process of the gateway died");
});

const browser = (from = provider) => new Browser({ gateway, ca,
	provider: from });
const there = { path: "/staff?lang=en", callback: "/staff/login/callback" };
const cookie = (b) => b.jar[new URL(gateway.issuer).host]
	?.["__Host-guichet-staff"];
const lines = (event) => sql(gateway.db.url, `SELECT
	convert_from(side, 'UTF8') FROM guichet.journal_line
	WHERE convert_from(leaf, 'UTF8') LIKE '%"ev":"${event}"%' ORDER BY id`)
	.split("\n").filter(Boolean);

test("a colleague comes in with the roles her claim tells, and no other",
	async () => {
	for (const [who, opens, closed] of [
		["audrey", /href="\/audit"/, /href="\/staff\/clients"/],
		["denis", /href="\/staff\/clients"/, /none such/],
		["text", />Operations</, /href="\/audit"/]]) {
		const b = browser(), r = await b.signIn(who, there);
		assert.equal(r.status, 200, r.text);
		assert.equal(r.at.pathname, "/staff");
		assert.match(r.text, new RegExp(`Hello ${accounts[who].name}`));
		assert.match(r.text, opens);
		assert.doesNotMatch(r.text, closed);
	}
	assert.equal(sql(gateway.db.url, `SELECT subject || ' ' || issuer || ' ' ||
		array_to_string(roles, ',') FROM guichet.staff
		WHERE subject = 'denis'`), `denis ${provider.issuer} dpo,admission`);
	assert.equal(lines("staff.login").length, 3);
	const asked = provider.asked.at(-1);
	assert.equal(asked.code_challenge_method, "S256");
	assert.ok(asked.nonce.length >= 43);
});

test("without a role nobody comes in, however it is spelt; the journal has it",
	async () => {
	for (const who of ["mallory", "plain", "odd"]) {
		const b = browser(), r = await b.signIn(who, there);
		assert.equal(r.status, 403, r.text);
		assert.match(r.text, /pas de rôle à ce guichet/);
		assert.equal(cookie(b), undefined);
		assert.equal((await b.go("/staff")).status, 303);
	}
	assert.equal(lines("staff.login_failed").length, 3);
	assert.equal(sql(gateway.db.url, `SELECT count(*) FROM guichet.staff
		WHERE subject IN ('mallory', 'plain', 'odd')`), "0");
});

test("a role taken away there is gone when she comes next", async () => {
	const kept = accounts.audrey;
	accounts.audrey = { name: "Audrey", ...roles("guichet-operator") };
	const r = await browser().signIn("audrey", there);
	assert.match(r.text, />Operations</);
	assert.doesNotMatch(r.text, /href="\/audit"/);
	accounts.audrey = { name: "Audrey", ...roles() };
	assert.equal((await browser().signIn("audrey", there)).status, 403);
	accounts.audrey = kept;
});

test("who is shut out here is out at once, whatever the provider says",
	async () => {
	const b = browser();
	await b.signIn("denis", there);
	const id = sql(gateway.db.url, `SELECT id FROM guichet.staff
		WHERE subject = 'denis'`);
	const act = (what) => guichet("staff", what, id, "--reason", "a trial",
		"--config", gateway.config).code;
	assert.equal(act("disable"), 0);
	assert.equal((await b.go("/staff")).status, 303);
	assert.equal((await browser().signIn("denis", there)).status, 403);
	assert.equal(act("enable"), 0);
	assert.equal((await browser().signIn("denis", there)).status, 200);
});

test("a visit belongs to one browser and one door", async () => {
	const b = browser(), back = (await b.there("audrey", there)).to;
	assert.equal((await browser().go(back)).status, 400);	// no visit begun
	// an answer for customers at colleagues' door, and the other way round
	const she = browser(), hers = new URL((await she.there("SYN-00000001")).to);
	hers.pathname = "/staff/login/callback";
	assert.equal((await she.go(String(hers))).status, 400);
	const mine = new URL(back);
	mine.pathname = "/login/callback";
	assert.equal((await b.go(String(mine))).status, 400);
	assert.equal((await b.go(back)).status, 303);
	assert.equal((await b.go(back)).status, 400);	// once
	// a customer who is no colleague stays one
	assert.equal((await browser().signIn("SYN-00000001", there)).status, 403);
});

test("an id_token that is not hers is refused", async () => {
	const b = browser(), back = (await b.there("audrey", there)).to;
	spoiled = (path, text) => path !== "/token" ? text : JSON.stringify({
		...JSON.parse(text), id_token: JSON.parse(text).id_token.slice(0, -9) });
	assert.equal((await b.go(back)).status, 400);
	spoiled = null;
	assert.equal(cookie(b), undefined);
});

test("signing in leads to no other site, and always to a new cookie", async () => {
	const b = browser();
	b.jar[new URL(gateway.issuer).host] = { "__Host-guichet-staff":
		"A".repeat(43) };
	const r = await b.signIn("audrey", { ...there,
		path: "/staff/login?next=https://evil.example/" });
	assert.equal(r.at.href, `${gateway.issuer}/staff`);
	assert.notEqual(cookie(b), "A".repeat(43));
});

test("no password is taken", async () => {
	assert.equal((await gateway.ask("/staff/login", { method: "POST",
		body: "login=audrey&password=x", headers: {
			"content-type": "application/x-www-form-urlencoded" } })).status, 404);
});

test("she changes her mind there; the provider goes away in the middle",
	async () => {
	const b = browser(), page = await b.follow("/staff");
	const r = await b.follow(`${page.at}?abort=1`);
	assert.equal(r.status, 403);
	assert.match(r.text, /Vous ne vous êtes pas connecté/);
});

test("signing out ends both: ours at once, theirs after she confirms",
	async () => {
	const b = browser(), hall = await b.signIn("audrey", there);
	assert.match(hall.headers["content-security-policy"],
		new RegExp(`form-action 'self' ${provider.issuer};`));
	const csrf = /action="\/staff\/logout"[^]*?name="csrf" value="([^"]+)"/
		.exec(hall.text)[1];
	const old = cookie(b);
	const r = await b.go("/staff/logout", { method: "POST",
		body: `csrf=${csrf}`, headers: { origin: gateway.issuer,
			"content-type": "application/x-www-form-urlencoded" } });
	assert.equal(new URL(r.to).origin, provider.issuer);
	assert.equal((await gateway.ask("/staff", { headers: {
		cookie: `__Host-guichet-staff=${old}` } })).status, 303);
	const ask = await b.go(r.to);
	const xsrf = /name="xsrf" value="([^"]+)"/.exec(ask.text)[1];
	const done = await b.go(`${provider.issuer}/session/end/confirm`, {
		method: "POST", body: `xsrf=${xsrf}&logout=yes`,
		headers: { "content-type": "application/x-www-form-urlencoded" } });
	assert.equal(done.to, `${gateway.issuer}/`);
	// the next visit asks who it is
	assert.equal((await b.follow("/staff")).at.origin, provider.issuer);
});

test("colleagues may have a provider of their own", async () => {
	await gateway.stop();
	const theirs = await provide({ alg: "ES256", accounts: {
		ada: { name: "Ada", groups: ["/it/guichet"] } },
		client: { ...client(), client_id: "inside", client_secret: "another" } });
	writeFileSync(join(ground.dir, "inside"), "another\n", { mode: 0o600 });
	ground.change(settings({ issuer: theirs.issuer, client_id: "inside",
		client_secret_file: join(ground.dir, "inside"),
		role_claim: "groups", admin: "/it/guichet" }));
	gateway = await startGateway({ ground });
	const r = await browser(theirs).signIn("ada", there);
	assert.equal(r.status, 200, r.text);
	assert.match(r.text, /Hello Ada/);
	assert.match((await browser().signIn("SYN-00000001")).text,
		/Bonjour Camille/);
	await theirs.stop();
});

test("without a claim named, the door is closed; a wrong issuer is told",
	async () => {
	await gateway.stop();
	ground.change(settings({ role_claim: "" }));
	gateway = await startGateway({ ground });
	assert.equal((await gateway.ask("/staff/login")).status, 404);
	assert.equal((await gateway.ask("/staff/login/callback?code=x&state=x"))
		.status, 404);
	ground.change(settings({ issuer: "http://127.0.0.1:1" }));
	const r = serveOnce(ground);
	assert.equal(r.code, 78);
	assert.match(r.err, /not https/);
});
