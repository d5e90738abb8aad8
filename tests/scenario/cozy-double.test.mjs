// SPDX-License-Identifier: Apache-2.0
// The double of a Cozy must not be our own reading of the documentation alone:
// Cozy's own client has to be content with it, and the answers that surprise
// (cozy-stack's source, web/auth and web/data) are written down one by one.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startCozy } from "../pims/cozy/cozy.mjs";
import { certificates, temporary } from "../support/ground.mjs";

const dir = temporary();
const files = certificates(dir);
const tls = { key: readFileSync(files.key),
	cert: readFileSync(files.certificate) };
const TYPE = "org.fing.mesinfos.contract";
let cozy;

before(async () => {
	cozy = await startCozy({ ...tls, dir: join(dir, "cozy") });
	// official.cjs has no other way to move our clock
	cozy.behave = (r) => {
		if (r.path !== "/__advance")
			return null;
		cozy.advance(Number(r.query.get("ms")));
		return { status: 204 };
	};
});
after(() => cozy.stop());

function ask(method, path, { body, ...fields } = {}) {
	return new Promise((done, failed) => {
		const req = request(cozy.origin + path, { method, agent: false,
			headers: fields, ca: readFileSync(files.ca) }, (res) => {
			let text = "";
			res.on("data", (d) => { text += d; });
			res.on("end", () => {
				let json;
				try { json = JSON.parse(text); } catch {}
				done({ status: res.statusCode, fields: res.headers,
					text, json });
			});
		});
		req.on("error", failed);
		req.end(body);
	});
}

const register = (more = {}) => ask("POST", "/auth/register", {
	"content-type": "application/json", accept: "application/json",
	body: JSON.stringify({ client_name: "Guichet", software_id: "guichet",
		redirect_uris: ["https://gw.example/back"], ...more }) });
const form = (path, values, fields = {}) => ask("POST", path, {
	"content-type": "application/x-www-form-urlencoded", ...fields,
	body: new URLSearchParams(values).toString() });

// A client that the owner let in, with these rules.
async function letIn(scope) {
	const client = (await register()).json;
	const verifier = "v".repeat(43);
	const query = new URLSearchParams({ client_id: client.client_id,
		redirect_uri: "https://gw.example/back", state: "s1",
		response_type: "code", scope, code_challenge_method: "S256",
		code_challenge: createHash("sha256").update(verifier)
			.digest("base64url") });
	const shown = await ask("GET", `/auth/authorize?${query}`);
	const csrf = /csrf_token" value="([^"]+)"/.exec(shown.text)[1];
	const back = await form("/auth/authorize",
		[...query, ["csrf_token", csrf]], { cookie: `_csrf=${csrf}` });
	assert.equal(back.status, 302);
	assert.match(back.fields.location, /\?access_code=\w+&code=\w+&state=s1#$/);
	const code = new URL(back.fields.location).searchParams.get("code");
	const keys = await form("/auth/access_token", {
		grant_type: "authorization_code", code, code_verifier: verifier,
		client_id: client.client_id, client_secret: client.client_secret });
	assert.equal(keys.status, 200);
	assert.ok(!("expires_in" in keys.json));
	const authorization = `Bearer ${keys.json.access_token}`;
	return { client, code, keys: keys.json, authorization,
		data: (method, path, body) => ask(method, `/data/${path}`, {
			authorization, "content-type": "application/json",
			body: body && JSON.stringify(body) }) };
}

test("cozy-stack-client, Cozy's own, is content", async () => {
	const { stdout } = await promisify(execFile)(process.execPath,
		[fileURLToPath(new URL("../pims/cozy/official.cjs",
			import.meta.url)), cozy.origin],
		{ env: { ...process.env, NODE_EXTRA_CA_CERTS: files.ca } });
	assert.equal(JSON.parse(stdout).length, 11);
});

test("registration refuses as the stack does", async () => {
	const says = async (more, error) =>
		assert.equal((await register(more)).json.error, error);
	assert.equal((await ask("POST", "/auth/register", { body: "{}" }))
		.json.error, "bad_content_type");
	await says({ redirect_uris: [] }, "invalid_redirect_uri");
	await says({ redirect_uris: [cozy.origin + "/x"] }, "invalid_redirect_uri");
	await says({ redirect_uris: ["https://x.org/#f"] }, "invalid_redirect_uri");
	await says({ client_name: "" }, "invalid_client_metadata");
	await says({ software_id: undefined }, "invalid_client_metadata");
});

test("a client nobody let in goes after an hour", async () => {
	const { json } = await register();
	const q = new URLSearchParams({ client_id: json.client_id, state: "s",
		redirect_uri: "https://gw.example/back", response_type: "code",
		scope: TYPE });
	assert.equal((await ask("GET", `/auth/authorize?${q}`)).status, 200);
	cozy.advance(3601e3);
	const late = await ask("GET", `/auth/authorize?${q}`);
	assert.equal(late.status, 400);
	assert.match(late.text, /Error No registered client/);
});

test("authorize tells its errors on a page, never by redirect", async () => {
	const { json } = await register();
	const good = { client_id: json.client_id, state: "s",
		redirect_uri: "https://gw.example/back", response_type: "code",
		scope: TYPE };
	for (const [change, words] of [
		[{ state: "" }, "No state parameter"],
		[{ client_id: "" }, "No client_id parameter"],
		[{ redirect_uri: "https://gw.example/other" },
			"Incorrect redirect_uri"],
		[{ response_type: "token" }, "Invalid response type"],
		[{ code_challenge_method: "plain" },
			"Invalid challenge code method"],
		[{ code_challenge_method: "S256" }, "No challenge code"],
		[{ scope: "fr.orange.*" }, "Invalid scope"],
		[{ scope: "Upper.Case" }, "Invalid scope"],
	]) {
		const r = await ask("GET", "/auth/authorize?" +
			new URLSearchParams({ ...good, ...change }));
		assert.equal(r.status, 400, words);
		assert.match(r.text, new RegExp("Error " + words));
	}
	const page = await ask("GET", "/auth/authorize?" +
		new URLSearchParams(good));
	assert.match(page.text,	// a refusal says nothing of the state
		/href="https:\/\/gw.example\/back\?error=access_denied"/);
});

test("a code opens once, refresh tokens do not rotate", async () => {
	const me = await letIn(`${TYPE}:GET,POST,PUT`);
	const { client_id, client_secret } = me.client;
	const says = async (values, status, error) => {
		const r = await form("/auth/access_token",
			{ client_id, client_secret, ...values });
		assert.equal(r.status, status);
		assert.equal(r.json.error, error);
		return r.json;
	};
	await says({ grant_type: "authorization_code", code: me.code }, 400,
		"invalid code");
	await says({ grant_type: "refresh_token", refresh_token: "x" }, 400,
		"invalid refresh token");
	await says({ grant_type: "refresh_token", client_secret: "x" }, 400,
		"invalid client_secret");
	const again = await says({ grant_type: "refresh_token",
		refresh_token: me.keys.refresh_token }, 200);
	assert.ok(again.access_token && !again.refresh_token);
	cozy.clients.disconnect(client_id);
	await says({ grant_type: "refresh_token",
		refresh_token: me.keys.refresh_token }, 400,
		"the client must be registered");
	assert.equal((await me.data("PUT", `${TYPE}/a`, { x: 1 })).status, 400);
});

test("documents: three shapes of refusal", async () => {
	const me = await letIn(`${TYPE}:GET,POST,PUT`);
	const id = "fixed-id";
	const made = await me.data("PUT", `${TYPE}/${id}`, { a: 1 });
	assert.equal(made.status, 200);		// not 201
	const twice = await me.data("PUT", `${TYPE}/${id}`, { a: 1 });
	assert.deepEqual([twice.status, twice.json], [409, { ok: false,
		status: "409", error: "conflict",
		reason: "Document update conflict." }]);
	const odd = await me.data("PUT", `${TYPE}/${id}`, { _id: "other",
		_rev: made.json.rev });
	assert.deepEqual([odd.status, odd.json.error], [400,
		"Bad Request(400): document _id doesnt match url"]);
	const closed = await me.data("PUT", "io.cozy.bills/x", { a: 1 });
	assert.deepEqual([closed.status, closed.json.error],
		[403, "code=403, message=Forbidden"]);
	const nobody = await ask("PUT", `/data/${TYPE}/y`, { body: "{}" });
	assert.deepEqual([nobody.status, nobody.json.error],
		[401, "code=401, message=No token in request"]);
	const broken = await ask("PUT", `/data/${TYPE}/y`, { body: "{" });
	assert.equal(broken.status, 400);	// parsed before the token
	const nowhere = await me.data("GET", "org.example.none/x");
	assert.equal(nowhere.json.reason, "wrong_doctype");
	const remove = await me.data("DELETE", `${TYPE}/${id}?rev=1-x`);
	assert.equal(remove.status, 403);	// no DELETE in the scope
});

test("many at once; what was deleted is told apart", async () => {
	const me = await letIn("org.fing.mesinfos.*:ALL");
	const T = "org.fing.mesinfos.bulk";
	const first = await me.data("POST", `${T}/_bulk_docs`,
		{ docs: [{ _id: "a", n: 1 }, { _id: "b", n: 1 }] });
	assert.equal(first.status, 201);
	await me.data("DELETE", `${T}/b?rev=${first.json[1].rev}`);
	const known = await me.data("POST", `${T}/_all_docs`,
		{ keys: ["a", "b", "c"] });
	assert.equal(known.json.rows[0].value.rev, first.json[0].rev);
	assert.equal(known.json.rows[1].value.deleted, true);
	assert.equal(known.json.rows[2].error, "not_found");
	const again = await me.data("POST", `${T}/_bulk_docs`,
		{ docs: [{ _id: "a", n: 2 }, { _id: "c", n: 1 }] });
	assert.equal(again.json[0].error, "conflict");
	assert.ok(again.json[1].ok);
	const broken = await me.data("POST", `${T}/_bulk_docs`, {});
	assert.equal(broken.status, 400);
});

test("moved, blocked, unpaid", async () => {
	const states = { moved: 410, blocked: 503, unpaid: 402 };
	for (const [state, status] of Object.entries(states)) {
		cozy.state = state;
		assert.equal((await ask("GET", "/data/x.y/z")).status, status);
	}
	cozy.state = "moved";
	cozy.moved = "https://new.example";
	assert.equal((await ask("GET", "/data/x.y/z")).fields.location,
		"https://new.example/data/x.y/z");
	cozy.state = "well";
});

test("what it acknowledged it remembers after a restart", async () => {
	const { couch, port } = cozy;
	const kept = couch.documents(TYPE);
	assert.ok(kept.length > 0);
	await cozy.stop();
	cozy = await startCozy({ ...tls, dir: join(dir, "cozy"), port });
	assert.deepEqual(cozy.couch.documents(TYPE), kept);
	const page = await ask("GET", "/");
	assert.match(page.text, /Energy contracts/);
});

test("the fifty-first registration of an hour is not found", async () => {
	cozy.advance(7200e3);
	for (let i = 0; i < 50; i++)
		assert.equal((await register()).status, 201);
	const r = await register();
	assert.deepEqual([r.status, r.json.error], [404, "Not found"]);
});
