// SPDX-License-Identifier: Apache-2.0
// The story of cozy-stack-client, Cozy's own JavaScript client, at our double.
// Run as a program: node official.cjs ORIGIN (NODE_EXTRA_CA_CERTS set). It
// lacks two modules that its package does not declare, hence the stubs.
const assert = require("node:assert/strict");
const { createHash, randomBytes } = require("node:crypto");
const Module = require("node:module");

const load = Module._load;
Module._load = (name, ...rest) => {
	if (name === "cozy-flags" || name.startsWith("cozy-client"))
		return Object.assign(() => null, { default: () => null });
	return load(name, ...rest);
};
const { OAuthClient } = require("cozy-stack-client");

const origin = process.argv[2], type = "org.fing.mesinfos.contract";
const told = [];
const step = async (name, act) => {
	await act();
	told.push(name);
};

// The owner presses the button of the page, as a browser would.
async function press(url) {
	const shown = await fetch(url);
	assert.equal(shown.status, 200);
	const csrf = /name="csrf_token" value="([^"]+)"/.exec(await shown.text())[1];
	const form = new URLSearchParams([...new URL(url).searchParams,
		["csrf_token", csrf]]);
	const r = await fetch(origin + "/auth/authorize", { method: "POST",
		body: form, headers: { accept: "application/json",
			cookie: shown.headers.get("set-cookie").split(";")[0] } });
	assert.equal(r.status, 200);
	return (await r.json()).deeplink;
}

async function main() {
	const client = new OAuthClient({ uri: origin, scope: [type], oauth: {
		clientName: "official", softwareID: "org.example.official",
		redirectURI: "https://example.org/back" } });
	const verifier = randomBytes(32).toString("hex");
	const challenge = createHash("sha256").update(verifier)
		.digest("base64url");
	let doc;

	await step("register", async () => {
		await client.register();
		assert.match(client.oauthOptions.clientID, /^[0-9a-f]{32}$/);
	});
	await step("a second of the same name is renamed", async () => {
		const r = await fetch(origin + "/auth/register", { method: "POST",
			headers: { "content-type": "application/json",
				accept: "application/json" },
			body: JSON.stringify({ client_name: "official",
				software_id: "x", redirect_uris: ["https://x.org/"] }) });
		assert.equal((await r.json()).client_name, "official-2");
	});
	await step("authorize with PKCE, take the keys", async () => {
		const state = client.generateStateCode();
		const u = new URL(client.getAuthCodeURL({ stateCode: state,
			scopes: [`${type}:ALL`], codeChallenge: challenge }));
		const back = await press(u.href);
		const code = client.getAccessCodeFromURL(back, state);
		const token = await client.fetchAccessToken(code, undefined,
			undefined, verifier);
		assert.ok(token.accessToken && token.refreshToken);
		client.setToken(token);
	});
	const collection = client.collection(type);
	await step("create", async () => {
		doc = (await collection.create({ contract: "C-1" })).data;
		assert.match(doc._rev, /^1-/);
	});
	await step("get", async () => {
		assert.equal((await collection.get(doc._id)).data.contract, "C-1");
	});
	await step("update", async () => {
		const r = await collection.update({ ...doc, contract: "C-2" });
		assert.match(r.data._rev, /^2-/);
	});
	await step("a stale update is a conflict (409)", async () => {
		await assert.rejects(collection.update({ ...doc, contract: "C-3" }),
			(e) => e.status === 409);
	});
	await step("updateAll: conflicts document by document", async () => {
		const r = await collection.updateAll([
			{ _id: "fixed-1", contract: "B-1" },
			{ ...doc, contract: "stale" }]);
		const list = r.data ?? r;
		assert.equal(list.length, 2);
		assert.ok(list[0].ok);
		assert.equal(list[1].error, "conflict");
	});
	await step("an expired token is renewed and the call repeated", async () => {
		await fetch(origin + "/__advance?ms=" + 8 * 86400e3);
		const old = client.token.accessToken;
		const r = await collection.get("fixed-1");
		assert.equal(r.data.contract, "B-1");
		assert.notEqual(client.token.accessToken, old);
	});
	await step("find, destroy, and it stays deleted", async () => {
		const found = await collection.find({ contract: "B-1" },
			{ indexedFields: ["contract"] });
		assert.equal(found.data.length, 1);
		await collection.destroy(found.data[0]);
		// to this client, a 404 is an answer without data
		assert.equal((await collection.get("fixed-1")).data ?? null, null);
		await assert.rejects(collection.destroy(found.data[0]),
			(e) => e.status === 404 && e.reason.reason === "deleted");
	});
	await step("unregister; the token is dead", async () => {
		const token = client.token.accessToken;
		await client.unregister();
		const r = await fetch(`${origin}/data/${type}/${doc._id}`,
			{ headers: { authorization: `Bearer ${token}` } });
		assert.equal(r.status, 400);	// not 401: theirs is odd
		assert.match(r.headers.get("www-authenticate"), /invalid_token/);
	});
	console.log(JSON.stringify(told));
}

main().catch((e) => {
	console.error("after: " + told.join("; "));
	console.error(e);
	process.exit(1);
});
