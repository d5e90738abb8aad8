// SPDX-License-Identifier: Apache-2.0
// Customers sign in at the organisation's OpenID Connect provider: oidc-provider
// from npm, a certified one that is not ours. The good way first, then every
// way in which an answer may be wrong.
import assert from "node:assert/strict";
import { createHash, createPrivateKey } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { prepareGateway, startGateway } from "../support/gateway.mjs";
import { Browser } from "../support/browser.mjs";
import { b64, jws, keyPair, now } from "../support/oauth.mjs";
import { root, temporary } from "../support/ground.mjs";
import { addClient, energySource, pushRequest } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";
import { startProvider } from "../support/provider.mjs";

const accounts = {
	camille: { name: "Camille Moreau", ref: "web-1" },
	ines: { name: "Inès", ref: "web-2" },
	nobody: { name: "Nobody", ref: "web-99" },
	twice: { name: "Twice", ref: "web-twice" },
};
let schemas, ground, gateway, provider, ca, spoiled = null;

const client = (more = {}) => ({ client_id: "guichet",
	redirect_uris: [`${ground.issuer}/login/callback`],
	post_logout_redirect_uris: [`${ground.issuer}/`], ...more });

before(async () => {
	const catalogue = energySource({ customers: 5 });
	// the bills ask for a recent and strong sign-in
	schemas = join(temporary(), "schemas");
	cpSync(join(root, "schemas"), schemas, { recursive: true });
	const bills = join(schemas, "energy/invoice.schema.json");
	writeFileSync(bills, JSON.stringify({ ...JSON.parse(readFileSync(bills)),
		"x-sign-in": { max_age: "PT5M", acr: "urn:test:strong" } }));
	catalogue.schemas = schemas;
	ground = await prepareGateway({ settings: { catalogue,
		server: { web_workers: 2 } } });
	writeFileSync(join(catalogue.adapters, "energy/login.sql"), `
-- Which customer is behind an account of the web site.
SELECT i.id_client AS customer, 'M. ' || (:claims::json ->> 'sub') AS name
  FROM crm.client AS i
 WHERE :claim = 'web-' || substr(i.id_client, 12, 1)
    OR :claim = 'web-twice' AND i.id_client IN ('SYN-00000001', 'SYN-00000002')
`);
	writeFileSync(join(ground.dir, "secret"), "a secret+of/ours\n",
		{ mode: 0o600 });
	provider = await startProvider({ accounts, ...tls(), client: client({
		client_secret: "a secret+of/ours",
		token_endpoint_auth_method: "client_secret_basic" }),
		spoil: (path, text, res) => spoiled ? spoiled(path, text, res) : text });
	ground.change({ login: login() });
	gateway = await startGateway({ ground });
	ca = readFileSync(ground.ca);
});
after(async () => {
	await gateway?.stop();
	await provider?.stop();
});

const tls = () => ({ cert: ground.settings.server.tls_certificate,
	key: ground.settings.server.tls_key });
const login = (more = {}) => ({ mode: "oidc", issuer: provider.issuer,
	client_id: "guichet", client_secret_file: join(ground.dir, "secret"),
	ca_file: ground.ca, customer_claim: "ref", ...more });

const browser = () => new Browser({ gateway, provider, ca });

test("she signs in there and lands where she was going", async () => {
	const b = browser();
	const r = await b.signIn("camille", { path: "/me?before=x" });
	assert.equal(r.at.pathname + r.at.search, "/me?before=x");
	assert.match(r.text, /Bonjour M\. camille/);
	const asked = provider.asked.at(-1);
	assert.equal(asked.response_type, "code");
	assert.equal(asked.code_challenge_method, "S256");
	assert.ok(asked.nonce.length >= 43 && asked.state.length >= 43);
	assert.equal(asked.scope, "openid profile");
	assert.equal(asked.ui_locales, "fr");
	assert.equal(sql(gateway.db.url, `SELECT customer FROM guichet.subject`),
		"SYN-00000001");
	// what was not said is not made up: neither how strongly nor when
	assert.equal(sql(gateway.db.url, `SELECT acr, extract(epoch FROM auth_time)
		FROM guichet.session`), "|0.000000");
});

test("the story she is part of goes along (W3C Trace Context)", async () => {
	const b = browser(), back = await b.there("camille");
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
	assert.equal((await b.go(back.to, { headers: { tracestate: "shop=1",
		traceparent: `00-${trace}-00f067aa0ba902b7-01` } })).status, 303);
	const { headers } = provider.heard.findLast((q) => q.url === "/token");
	assert.match(headers.traceparent, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
	assert.ok(!headers.traceparent.includes("00f067aa0ba902b7"), "a parent of its own");
	assert.equal(headers.tracestate, "shop=1");
	await browser().signIn("camille");
	assert.equal(provider.heard.findLast((q) => q.url === "/token").headers
		.traceparent, undefined);
});

test("the password never passes here: there is no form to post", async () => {
	assert.equal((await gateway.ask("/login", { method: "POST",
		body: "login=camille&password=camille", headers: {
			"content-type": "application/x-www-form-urlencoded" } })).status, 404);
});

test("one account is one customer, or nobody", async () => {
	for (const [as, said] of [["nobody", /relié à aucun client/],
		["twice", /n’a pas abouti/]]) {
		const b = browser(), r = await b.signIn(as);
		assert.match(r.text, said);
		assert.equal(b.session, undefined);
	}
});

test("she may change her mind there", async () => {
	const b = browser(), page = await b.follow("/login");
	const r = await b.follow(`${page.at}?abort=1`);
	assert.equal(r.status, 403);
	assert.match(r.text, /Vous ne vous êtes pas connecté/);
});

test("an answer of another browser, another visit, a second time: refused",
	async () => {
	const b = browser(), back = (await b.there("camille")).to;
	const other = browser();
	assert.equal((await other.go(back)).status, 400);	// no visit begun
	await other.follow("/login");
	assert.equal((await other.go(back)).status, 400);	// not this one
	assert.equal(other.session, undefined);
	const wrong = new URL(back);
	wrong.searchParams.set("state", b64(Buffer.alloc(32)));
	const b2 = browser();
	Object.assign(b2.jar, structuredClone(b.jar));
	assert.equal((await b2.go(String(wrong))).status, 400);
	const mixed = new URL(back);
	mixed.searchParams.set("iss", "https://evil.example");
	const b3 = browser();
	Object.assign(b3.jar, structuredClone(b.jar));
	assert.equal((await b3.go(String(mixed))).status, 400);
	const twice = new URL(back);
	twice.searchParams.append("code", "x");
	assert.equal((await b.go(String(twice))).status, 400);
	const b4 = browser();
	assert.equal((await b4.signIn("camille")).status, 200);
});

test("signing in never leads to another site, and always to a new cookie",
	async () => {
	const b = browser();
	b.jar[new URL(gateway.issuer).host] = { "__Host-guichet": "A".repeat(43) };
	const r = await b.signIn("camille", { path:
		"/login?next=https://evil.example/" });
	assert.equal(r.at.href, `${gateway.issuer}/me`);
	assert.notEqual(b.session, "A".repeat(43));
	const one = b.session;
	await b.follow("/login?next=/me");
	assert.notEqual(b.session, one);
});

// ---- an id_token that is wrong in one way ----

const parts = (token) => token.split(".").slice(0, 2)
	.map((p) => JSON.parse(Buffer.from(p, "base64url")));
const asSigner = (jwk) => ({ kind: "RS256", jwk,
	privateKey: createPrivateKey({ key: jwk, format: "jwk" }) });
// Signs the token anew with the provider's own key, changed.
const resign = (change, header = {}, key, alg = "RS256") => (path, text) => {
	if (path !== "/token" || !text.startsWith("{"))
		return text;
	const answer = JSON.parse(text), [h, claims] = parts(answer.id_token);
	change(claims);
	answer.id_token = jws({ ...h, ...header }, claims,
		key ?? asSigner(provider.keys[0]), alg);
	return JSON.stringify(answer);
};
const foreign = keyPair("RS256");

for (const [what, how] of [
	["another issuer", resign((c) => c.iss = "https://evil.example")],
	["another client", resign((c) => c.aud = "somebody")],
	["ours among others, without azp", resign((c) => c.aud = ["guichet", "x"])],
	["ours among others, for another", resign((c) => {
		c.aud = ["guichet", "x"]; c.azp = "x"; })],
	["expired", resign((c) => c.exp = now() - 120)],
	["issued in the future", resign((c) => c.iat = now() + 300)],
	["issued long ago", resign((c) => c.iat = now() - 3600)],
	["no iat", resign((c) => delete c.iat)],
	["another nonce", resign((c) => c.nonce = "x".repeat(43))],
	["no nonce", resign((c) => delete c.nonce)],
	["no sub", resign((c) => delete c.sub)],
	["alg none", resign(() => {}, { alg: "none" }, undefined, "none")],
	["HS256 with the public key", resign(() => {}, { alg: "HS256" },
		foreign, "HS256")],
	["PS256 by the RS256 key", resign(() => {}, { alg: "PS256" },
		undefined, "PS256")],
	["a key of somebody else", resign(() => {}, {}, foreign)],
	["a crit header", resign(() => {}, { crit: ["x"], x: 1 })],
	["a key in the header", resign(() => {}, { jku: "https://evil.example" })],
	["no id_token", (path, text) => path === "/token" ?
		JSON.stringify({ ...JSON.parse(text), id_token: undefined }) : text],
	["cut", (path, text) => path === "/token" ? JSON.stringify({
		...JSON.parse(text), id_token: JSON.parse(text).id_token.slice(0, -9) })
		: text],
	["not JSON", (path, text) => path === "/token" ? "<html>" : text],
	["a duplicate member", (path, text) => path === "/token" ?
		text.replace("{", '{"id_token":"x",') : text],
])
	test(`an id_token that is wrong: ${what}`, async () => {
		const b = browser(), back = (await b.there("camille")).to;
		spoiled = how;
		const r = await b.go(back);
		spoiled = null;
		assert.equal(r.status, 400, r.text);
		assert.match(r.text, /n’a pas abouti/);
		assert.equal(b.session, undefined);
	});

test("the same signed anew and unchanged is accepted: the cases above count",
	async () => {
	const b = browser(), back = (await b.there("ines")).to;
	spoiled = resign(() => {});
	const r = await b.go(back);
	spoiled = null;
	assert.equal(r.status, 303, r.text);
	assert.ok(b.session);
});

test("the provider goes away in the middle: told, and nobody is signed in",
	async () => {
	const b = browser(), back = (await b.there("camille")).to;
	spoiled = (path, text, res) => {
		if (path === "/token")
			res.statusCode = 503;
		return text;
	};
	const r = await b.go(back);
	spoiled = null;
	assert.equal(r.status, 503);
	assert.match(r.text, /ne répond pas/);
});

test("data that ask for a recent, strong sign-in get one", async () => {
	const redirect = "https://pims.example/cb";
	addClient(gateway.db.url, { id: "bills", name: "Bills", redirect,
		datasets: ["energy.invoice", "energy.contract"],
		purpose: { fr: "Voir", en: "See" } });
	const path = (datasets) => `/oauth/authorize?client_id=bills&request_uri=` +
		encodeURIComponent(pushRequest(gateway.db.url, { client: "bills",
			redirect, datasets }));
	const b = browser();
	assert.equal((await b.signIn("camille")).status, 200);
	assert.equal((await b.go(path(["energy.contract"]))).status, 200);
	const consent = path(["energy.contract", "energy.invoice"]);
	const first = await b.go(consent);
	assert.match(first.to, /\/login\?max_age=300&acr=urn%3Atest%3Astrong&next=/);
	const asking = async () => {
		// a session of hours ago at the provider does not count
		const c = browser();
		provider.ago = 4000;
		await c.signIn("camille");
		provider.ago = 0;
		return [c, await c.follow(consent)];
	};
	let [c, page] = await asking();
	assert.equal(page.at.origin, provider.issuer);
	assert.equal(provider.asked.at(-1).max_age, "300");
	const weak = await c.follow(`${page.at}?login=camille&acr=urn:test:plain`);
	assert.match(weak.text, /connexion plus sûre/);
	[c, page] = await asking();
	const strong = await c.follow(
		`${page.at}?login=camille&acr=urn:test:strong`);
	assert.equal(strong.at.pathname, "/oauth/authorize", strong.text);
	assert.match(strong.text, /name="dataset" value="energy.invoice"/);
	assert.equal(sql(gateway.db.url, `SELECT acr, now() - auth_time <
		interval '1 min' FROM guichet.session ORDER BY begun DESC LIMIT 1`),
	"urn:test:strong|t");
	// and the decision itself asks again
	sql(gateway.db.url, `UPDATE guichet.session
		SET auth_time = now() - interval '20 min'`);
	const form = new URLSearchParams([...strong.text.matchAll(
		/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
		.map((m) => [m[1], m[2]]));
	form.append("dataset", "energy.invoice");
	form.set("decision", "allow");
	const r = await c.go("/oauth/authorize", { method: "POST",
		body: String(form), headers: { origin: gateway.issuer,
			"content-type": "application/x-www-form-urlencoded" } });
	assert.match(r.to, /\/login\?max_age/);
	assert.equal(sql(gateway.db.url, "SELECT count(*) FROM guichet.grants"),
		"0");
});

test("signing out ends both: ours at once, theirs after she confirms",
	async () => {
	const b = browser(), me = await b.signIn("camille");
	assert.match(me.headers["content-security-policy"],
		new RegExp(`form-action 'self' ${provider.issuer};`));
	const csrf = /action="\/logout"[^]*?name="csrf" value="([^"]+)"/
		.exec(me.text)[1];
	const old = b.session;
	const r = await b.go("/logout", { method: "POST", body: `csrf=${csrf}`,
		headers: { "content-type": "application/x-www-form-urlencoded",
			origin: gateway.issuer } });
	const out = new URL(r.to);
	assert.equal(out.origin, provider.issuer);
	assert.equal(out.searchParams.get("client_id"), "guichet");
	assert.equal((await gateway.ask("/me", { headers: {
		cookie: `__Host-guichet=${old}` } })).status, 303);
	const there = await b.go(r.to);
	assert.equal(there.status, 200);
	const xsrf = /name="xsrf" value="([^"]+)"/.exec(there.text)[1];
	const done = await b.go(`${provider.issuer}/session/end/confirm`, {
		method: "POST", body: `xsrf=${xsrf}&logout=yes`,
		headers: { "content-type": "application/x-www-form-urlencoded" } });
	assert.equal(done.to, `${gateway.issuer}/`);
});

test("keys that were renewed there are learned here, not endlessly", async () => {
	const b = browser();
	let fetched = 0;
	spoiled = (path, text) => { fetched += path.startsWith("/jwks"); return text; };
	provider.rotate("p2");
	const r = await b.signIn("camille");
	assert.equal(r.status, 200, r.text + gateway.logs.slice(-3000));
	const back = (await browser().there("camille")).to;
	assert.ok(fetched >= 1 && fetched <= 2, `${fetched}`);
	assert.ok(back);
	// tokens of a key that nobody publishes do not make us ask each time
	for (let i = 0; i < 5; i++) {
		const c = browser(), to = (await c.there("camille")).to;
		const how = resign(() => {}, { kid: "p9" }, foreign);
		spoiled = (path, text, res) => {
			fetched += path.startsWith("/jwks");
			return how(path, text, res);
		};
		assert.equal((await c.go(to)).status, 400);
	}
	spoiled = null;
	assert.ok(fetched <= 2 + 2, `${fetched}`);	// once per worker at most
});

test("by private_key_jwt, with an ES256 provider, without login.sql",
	async () => {
	await gateway.stop();
	await provider.stop();
	const jwks = JSON.parse((await (async () => {
		ground.change({ login: { mode: "off" } });
		const g = await startGateway({ ground });
		const r = await g.ask("/oauth/jwks");
		await g.stop();
		return r;
	})()).text);
	provider = await startProvider({ accounts: { "SYN-00000003":
		{ name: "Éloïse" } }, alg: "ES256", ...tls(), client: client({
		token_endpoint_auth_method: "private_key_jwt", jwks }) });
	const plain = energySource({ customers: 2 });
	ground.change({ catalogue: plain, login: login({ customer_claim: "sub",
		client_secret_file: "" }) });
	gateway = await startGateway({ ground });
	const b = browser(), r = await b.signIn("SYN-00000003");
	assert.equal(r.status, 200, r.text);
	assert.match(r.text, /Bonjour Éloïse/);	// from userinfo
	assert.equal(createHash("sha256").update(b.session).digest("hex"),
		sql(gateway.db.url, `SELECT encode(hash, 'hex') FROM guichet.session
			ORDER BY begun DESC LIMIT 1`));
});

test("a provider that is away, or another than it says, is told", async () => {
	await gateway.stop();
	const port = new URL(provider.issuer).port;
	await provider.stop();
	gateway = await startGateway({ ground });
	const r = await gateway.ask("/login");
	assert.equal(r.status, 503);
	assert.match(r.text, /ne répond pas/);
	provider = await startProvider({ accounts, ...tls(), port,
		client: client({ token_endpoint_auth_method: "private_key_jwt",
			jwks: { keys: [] } }), spoil: (path, text) => text
			.replaceAll(`"issuer":"https://localhost`,
				`"issuer":"https://other`) });
	await new Promise((done) => setTimeout(done, 2500));
	assert.equal((await gateway.ask("/login")).status, 503);
	assert.ok(gateway.said("its issuer is not [login] issuer") > 0);
});

test("what an operator forgets is told before any port opens", async () => {
	for (const [more, said] of [[{ issuer: "" }, /issuer is missing.*register/s],
		[{ client_id: "" }, /client_id is missing/],
		[{ issuer: "http://127.0.0.1:1" }, /not https/]]) {
		ground.change({ login: login(more) });
		const r = (await import("../support/gateway.mjs")).serveOnce(ground);
		assert.equal(r.code, 78);
		assert.match(r.err, said);
	}
});
