// SPDX-License-Identifier: Apache-2.0
// Data whose schema asks for a recent and strong sign-in (x-sign-in), at an
// OpenID Connect provider that is not ours: she is sent back until it is so.
// The details of signing in are told by sign-in.test.mjs.
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { Browser } from "../../support/browser.mjs";
import { root, temporary } from "../../support/ground.mjs";
import { now, startCounter } from "../../support/oauth.mjs";
import { energySource } from "../../support/people.mjs";
import { startProvider } from "../../support/provider.mjs";
import { ok, row } from "./ground.mjs";

const STRONG = "urn:test:strong", WEAK = "urn:test:plain";
const she = "SYN-00000001";
let open, provider, alpha;

before(async () => {
	const catalogue = energySource({ customers: 3, days: 3 });
	catalogue.schemas = join(temporary(), "schemas");
	cpSync(join(root, "schemas"), catalogue.schemas, { recursive: true });
	const bills = join(catalogue.schemas, "energy/invoice.schema.json");
	writeFileSync(bills, JSON.stringify({ ...JSON.parse(readFileSync(bills)),
		"x-sign-in": { max_age: "PT5M", acr: STRONG } }));
	open = await startCounter({ settings: { catalogue }, prepare: async (g) => {
		writeFileSync(join(g.dir, "secret"), "a secret\n", { mode: 0o600 });
		provider = await startProvider({ accounts: { [she]: { name: "Camille" } },
			cert: g.settings.server.tls_certificate,
			key: g.settings.server.tls_key, client: { client_id: "guichet",
				client_secret: "a secret",
				redirect_uris: [`${g.issuer}/login/callback`] } });
		return { login: { mode: "oidc", issuer: provider.issuer,
			client_id: "guichet", ca_file: g.ca,
			client_secret_file: join(g.dir, "secret") } };
	} });
	alpha = open.register("alpha");
});
after(async () => {
	await open?.stop();
	await provider?.stop();
});

async function asked(scope) {
	const { json } = await alpha.par({ scope });
	return `/oauth/authorize?client_id=alpha&request_uri=` +
		encodeURIComponent(json.request_uri);
}
const browser = () => new Browser({ gateway: open, provider,
	ca: open.ca_pem });

row(105, "a sign-in that is too weak or too old: performed anew, or nothing",
	async () => {
	const b = browser();
	await b.signIn(she, { path: await asked("energy.contract"), acr: WEAK });
	ok(await b.go(await asked("energy.contract")));	// enough for that
	const path = await asked("energy.invoice"), { verifier } = alpha;
	assert.match((await b.go(path)).to,
		/\/login\?max_age=300&acr=urn%3Atest%3Astrong/);
	ok(await b.follow(path), 403);		// the provider has no better
	assert.ok((await b.go(path)).to, "still no consent page");
	const c = browser();
	provider.ago = 4000;		// strong, but an hour ago
	await c.signIn(she, { path: await asked("energy.contract"),
		acr: STRONG });
	provider.ago = 0;
	const page = await c.follow(path);
	assert.equal(page.at.origin, provider.issuer, "asked to sign in again");
	const fresh = await c.follow(`${page.at}?login=${she}&acr=${STRONG}`);
	ok(fresh);
	assert.match(fresh.text, /name="dataset" value="energy.invoice"/);
	// and stated: RFC 9470
	const form = new URLSearchParams([...fresh.text.matchAll(
		/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
		.map((m) => [m[1], m[2].replaceAll("&amp;", "&")]));
	for (const [k, v] of [["dataset", "energy.invoice"], ["days", "30"],
		["since", "asked"], ["decision", "allow"]])
		form.append(k, v);
	const r = await c.go("/oauth/authorize", { method: "POST",
		body: String(form), headers: { origin: open.issuer,
			"content-type": "application/x-www-form-urlencoded" } });
	ok(r, 303);
	const t = await alpha.exchange(new URL(r.to).searchParams.get("code"),
		{ code_verifier: verifier });
	ok(t);
	const seen = (await alpha.post("/oauth/introspect",
		{ token: t.json.access_token })).json;
	assert.equal(seen.acr, STRONG);
	assert.ok(Math.abs(seen.auth_time - now()) < 60, String(seen.auth_time));
});
