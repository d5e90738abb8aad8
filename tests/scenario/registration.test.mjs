// SPDX-License-Identifier: Apache-2.0
// A recipient's lives: it registers by itself (RFC 7591) by an invitation or a
// software statement, waits, is looked at by two people, is admitted, changes,
// is suspended and comes back, moves from the sandbox to production, leaves
// (RFC 7592). The ways in that are closed are rows of the acceptance list.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporary } from "../support/ground.mjs";
import { jws, keyPair, now, pause, Pims, startCounter }
	from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";
import { StaffMember } from "../support/staff.mjs";

let counter, camille, signer, admission, auditor, invitation;
const key = keyPair();

before(async () => {
	signer = keyPair("ES256", "authority");
	const trusted = join(temporary(), "trusted.jwks");
	writeFileSync(trusted, JSON.stringify({ keys: [{ ...signer.jwk,
		kid: signer.kid }] }));
	counter = await startCounter({ settings: { registration: {
		mode: "invited", statement_keys: trusted, four_eyes: "yes" } } });
	camille = await counter.customer(0);
	const people = JSON.parse(counter.cli("staff", "demo", "--json").out);
	const enter = async (role) => {
		const s = new StaffMember(counter);
		await s.signIn(people.find((p) => p.roles.includes(role)));
		return s;
	};
	admission = await enter("admission");
	auditor = await enter("auditor");
	invitation = counter.cli("client", "invite", "--name", "Ma Vie",
		"--uses", "20").out.trim();
});
after(async () => {
	const deaths = counter?.said(/died role=/) ?? 0;
	await counter?.stop();
	assert.equal(deaths, 0, "no process of the gateway died");
});

const words = (more = {}) => ({ client_name: "Ma Vie",
	client_uri: "https://mavie.example/", contacts: ["bonjour@mavie.example"],
	"purpose#en": "Show you", "purpose#fr": "Vous montrer",
	redirect_uris: ["https://mavie.example/cb"],
	jwks: { keys: [{ ...key.jwk, kid: key.kid }] },
	scope: "energy.contract energy.load-curve", ...more });
const send = (path, { method = "POST", body, token, headers = {} } = {}) =>
	counter.ask(path, { method, body: body && (typeof body === "string" ?
		body : JSON.stringify(body)), headers: {
		"content-type": "application/json",
		...(token ? { authorization: `Bearer ${token}` } : {}), ...headers } });
const register = (more, token = invitation) =>
	send("/oauth/register", { body: words(more), token });
const calm = () => pause(250);		// five a second after the first twenty
const state = (id) => sql(counter.db.url, `SELECT state FROM guichet.client
	WHERE id = '${id}'`).trim();
const events = (id) => sql(counter.db.url, `SELECT
	convert_from(leaf, 'UTF8')::json ->> 'ev' FROM guichet.journal_line
	WHERE client_id = '${id}' AND convert_from(leaf, 'UTF8') LIKE '%"client.%'
	ORDER BY id`).trim().split("\n");
const pimsOf = (id) => new Pims(counter, id, { keys: [key],
	redirect: "https://mavie.example/cb" });
function refused(r, status, error) {
	assert.equal(r.status, status, r.text);
	assert.equal(r.json.error, error, r.text);
	assert.equal(r.headers["cache-control"], "no-store");
}
async function act(id, what, reason = "") {
	const page = await admission.get("/staff/clients?lang=en");
	const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)[1];
	return admission.post("/staff/clients", { csrf, client: id, act: what,
		reason });
}

let made;

test("the metadata names the door", async () => {
	const m = (await counter.ask("/.well-known/oauth-authorization-server"))
		.json;
	assert.equal(m.registration_endpoint, counter.issuer + "/oauth/register");
});

test("an invitation lets one register; it waits for people", async () => {
	const r = await register();
	assert.equal(r.status, 201, r.text);
	made = r.json;
	assert.match(made.client_id, /^pims-[0-9a-f]{16}$/);
	assert.match(made.registration_access_token, /^[\w-]{43}$/);
	assert.equal(made.registration_client_uri,
		`${counter.issuer}/oauth/register/${made.client_id}`);
	assert.equal(made.status, "requested");
	assert.equal(made.dpop_bound_access_tokens, true);
	assert.deepEqual(made.redirect_uris, ["https://mavie.example/cb"]);
	refused(await pimsOf(made.client_id).par(), 401, "invalid_client");
});

test("two people: the first agrees, and is not the second", async () => {
	const { client_id } = made;
	const page = await admission.get("/staff/clients?lang=en");
	assert.match(page.text, /Ma Vie/);
	assert.match(page.text, /value="review"/);
	assert.doesNotMatch(page.text, /value="admit"/);
	assert.equal((await act(client_id, "admit")).headers.location,
		"/staff/clients?fault=late");
	assert.equal((await act(client_id, "review")).headers.location,
		"/staff/clients");
	assert.equal(state(client_id), "reviewed");
	assert.equal((await act(client_id, "admit")).headers.location,
		"/staff/clients?fault=late");
	assert.equal(state(client_id), "reviewed");
	sql(counter.db.url, `UPDATE guichet.client SET reviewed_by =
		gen_random_uuid() WHERE id = '${client_id}'`);
	assert.equal((await act(client_id, "admit")).headers.location,
		"/staff/clients");
	assert.equal(state(client_id), "admitted");
	await pause(300);
	made.pims = pimsOf(client_id);
	const t = await made.pims.connect(camille);
	assert.equal(t.token_type, "DPoP");
	made.tokens = t;
});

test("suspended with a reason: out within a second; and back", async () => {
	const { client_id, tokens, pims } = made;
	const get = () => pims.get("/v1/datasets", tokens.access_token);
	assert.equal((await get()).status, 200);
	assert.equal((await act(client_id, "suspend")).headers.location,
		"/staff/clients?fault=reason");
	assert.equal((await get()).status, 200);
	await act(client_id, "suspend", "leaked a key");
	const began = Date.now();
	const soon = () => assert.ok(Date.now() - began < 1000, "within a second");
	while ((await get()).status !== 401)
		soon();
	let r;			// each worker hears of it by itself
	while ((r = await pims.refresh(tokens.refresh_token)).status === 200)
		soon();
	refused(r, 401, "invalid_client");
	assert.match((await admission.get("/staff/clients?lang=en")).text,
		/leaked a key/);
	await act(client_id, "admit");
	await pause(300);
	assert.equal((await get()).status, 200);
	assert.deepEqual(events(client_id).filter((e) => e !== "client.refused"),
		["client.registered", "client.reviewed", "client.admitted",
			"client.suspended", "client.admitted"]);
});

test("an act needs the role, the form, a known word", async () => {
	const { client_id } = made;
	assert.equal((await auditor.get("/staff/clients")).status, 403);
	assert.equal((await auditor.post("/staff/clients", { csrf: "x",
		client: client_id, act: "suspend", reason: "x" })).status, 403);
	assert.equal((await admission.post("/staff/clients", { csrf: "wrong",
		client: client_id, act: "suspend", reason: "x" })).status, 403);
	assert.equal((await act(client_id, "delete", "x")).status, 400);
	assert.equal(state(client_id), "admitted");
});

test("it looks at itself, changes keys at once, its name only by review",
	async () => {
		const { client_id, registration_access_token: token } = made;
		const path = `/oauth/register/${client_id}`;
		const seen = await send(path, { method: "GET", token });
		assert.equal(seen.status, 200, seen.text);
		assert.equal(seen.json.client_name, "Ma Vie");
		assert.equal(seen.json.status, "admitted");
		const other = keyPair("EdDSA", "k2");
		const keys = await send(path, { method: "PUT", token, body: words({
			jwks: { keys: [{ ...other.jwk, kid: "k2" }] } }) });
		assert.equal(keys.status, 200, keys.text);
		assert.equal(keys.json.status, "admitted");
		await pause(300);
		refused(await pimsOf(client_id).par(), 401, "invalid_client");
		const pims = new Pims(counter, client_id, { keys: [other],
			redirect: "https://mavie.example/cb" });
		assert.equal((await pims.par()).status, 201);
		await calm();
		const name = await send(path, { method: "PUT", token,
			body: words({ client_name: "Your Bank" }) });
		assert.equal(name.json.status, "requested");
		for (const bad of [undefined, "x", invitation])
			refused(await send(path, { method: "GET", token: bad }), 401,
				"invalid_token");
		await calm();
	});

test("it leaves, and what it was allowed ends with it", async () => {
	const { client_id, registration_access_token: token } = made;
	const path = `/oauth/register/${client_id}`;
	// admitted again after its change of name, with a consent that lives
	await act(client_id, "review");
	sql(counter.db.url, `UPDATE guichet.client SET reviewed_by =
		gen_random_uuid() WHERE id = '${client_id}'`);
	await act(client_id, "admit");
	await pause(300);
	const { pims } = made;
	const t = await pims.connect(camille);
	const get = () => pims.get("/v1/datasets", t.access_token);
	assert.equal((await get()).status, 200);
	await calm();
	assert.equal((await send(path, { method: "DELETE", token })).status, 204);
	refused(await send(path, { method: "GET", token }), 401, "invalid_token");
	assert.equal(state(client_id), "left");
	assert.equal(events(client_id).at(-1), "client.left");
	const began = Date.now();
	while ((await get()).status !== 401)
		assert.ok(Date.now() - began < 1000, "within a second");
	refused(await pims.refresh(t.refresh_token), 401, "invalid_client");
	// and each consent ends by itself, with its line
	await counter.until(() => sql(counter.db.url, `SELECT count(*) FROM
		guichet.grants WHERE client_id = '${client_id}' AND state = 'active'`)
		=== "0", "its consents end", 15000);
	assert.match(sql(counter.db.url, `SELECT state, ended_by FROM guichet.grants
		WHERE id = '${t.grant_id}'`), /withdrawn.recipient/);
	assert.equal(sql(counter.db.url, `SELECT count(*) FROM guichet.journal_line
		WHERE grant_id = '${t.grant_id}' AND convert_from(leaf, 'UTF8')
		LIKE '%"consent.withdrawn"%'`), "1");
	assert.match((await camille.ask("/me")).text, /Ma Vie|Your Bank/);
});

test("an invitation may admit at once: the sandbox' way", async () => {
	const once = counter.cli("client", "invite", "--name", "x", "--admit")
		.out.trim();
	const r = await register({}, once);
	assert.equal(r.status, 201, r.text);
	assert.equal(r.json.status, "admitted");
});

test("a signed software statement vouches, and counts more", async () => {
	await calm();
	const r = await send("/oauth/register", { body: words({
		client_name: "Somebody else", software_statement: jws({ alg: "ES256",
			kid: "authority" }, { client_name: "Ma Vie, vouched",
			software_id: "mv-1" }, signer) }) });
	assert.equal(r.status, 201, r.text);
	assert.equal(r.json.client_name, "Ma Vie, vouched");
	assert.equal(r.json.software_id, "mv-1");
	assert.equal(r.json.status, "requested");
});

test("from the sandbox to production: exported, requested, admitted", () => {
	counter.register("moving", { keys: [key] });
	const out = counter.cli("client", "export", "moving");
	assert.equal(out.code, 0, out.err);
	const file = join(temporary(), "moving.json");
	writeFileSync(file, out.out);
	const asked = counter.cli("client", "request", file, "--as", "moved");
	assert.equal(asked.code, 0, asked.err);
	assert.equal(state("moved"), "requested");
	assert.equal(counter.cli("client", "decline", "moved").code, 64);
	assert.equal(counter.cli("client", "decline", "moved", "--reason",
		"not yet").code, 0);
	assert.equal(state("moved"), "refused");
	assert.equal(counter.cli("client", "admit", "moved").code, 0);
	assert.equal(state("moved"), "admitted");
});

test("closed unless it is opened", async () => {
	counter.change({ registration: { mode: "off" } });
	await counter.reload();
	assert.equal((await send("/oauth/register",
		{ body: words(), token: invitation })).status, 404);
	assert.equal((await counter.ask("/.well-known/oauth-authorization-server"))
		.json.registration_endpoint, undefined);
});
