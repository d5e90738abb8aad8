// SPDX-License-Identifier: Apache-2.0
// Files in a customer's Nextcloud or another WebDAV cloud (Apache's mod_dav):
// she approves there and no password of hers is typed here; corrections replace
// only what we saw; what she takes away is not taken back by us.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guichet, temporary } from "../support/ground.mjs";
import { startPushing } from "../support/pushing.mjs";
import { startCloud } from "../pims/nextcloud/nextcloud.mjs";

const SET = "energy.load-curve";
let p, cloud, dir;

before(async () => {
	p = await startPushing({ kinds: [], settings: {
		organisation: { name: "Énergie du Rhône" } } });
	dir = temporary();
	const { tls_key, tls_certificate } = p.ground.settings.server;
	cloud = await startCloud({ dir, ...p.tls, keyFile: tls_key,
		certFile: tls_certificate });
	const r = guichet("client", "add", "files", "--kind", "webdav", "--name",
		"Nextcloud", "--config", p.ground.config);
	assert.equal(r.code, 0, r.err);
});
after(async () => {
	await p?.stop();
	await cloud?.stop();
});

const lines = (ev) => p.lines().filter((l) => l.ev === ev);
const last = (column) => p.sql(`SELECT ${column} FROM guichet.subscription AS s
	JOIN guichet.grants AS g ON g.id = s.grant_id ORDER BY g.created DESC
	LIMIT 1`);
const days = (mode) => cloud.files(mode).map(([, text]) =>
	JSON.parse(text).day).sort();

test("an address that is none: no grant", async () => {
	for (const address of [cloud.plain, "https://localhost:1/"]) {
		const r = await p.connect([SET], { kind: "files", address });
		assert.equal(r.status, 422, address);
	}
	assert.equal(p.sql("SELECT count(*) FROM guichet.grants"), "0");
});

test("Login Flow v2: she approves there, her records arrive", async () => {
	const next = await p.connect([SET], { kind: "files",
		address: cloud.origin });
	assert.equal(next.status, 200);
	const login = /href="(https:[^"]*login\/v2\/flow[^"]*)"/
		.exec(next.text)[1];
	assert.match(cloud.agents[0], /^Guichet /);
	const id = p.sql("SELECT id FROM guichet.grants");
	assert.equal((await p.me.go(`/connect/callback/${id}`)).status, 503);
	assert.equal(cloud.files().length, 0);
	cloud.approve(login);
	await p.until(() => p.sql("SELECT state FROM guichet.grants") ===
		"active", "opened by itself", 40000);
	await p.until(() => cloud.files().length === p.expected(SET), "all");
	assert.ok(cloud.files().every(([path]) => new RegExp(
		`^Énergie du Rhône/${SET}/[0-9a-f]{32}\\.json$`).test(path)),
		cloud.files()[0]?.[0]);
	assert.equal(new Set(days()).size, p.expected(SET));
	const kept = p.sql("SELECT state::text || coalesce(sealed, '') " +
		"FROM guichet.destination");
	for (const password of cloud.passwords.keys())
		assert.ok(!kept.includes(password));
});

test("a corrected record replaces its file, alone", async () => {
	await p.until(() => last("s.due IS NULL AND s.lease_until IS NULL") ===
		"t", "at rest");
	// in a file's first second Apache's ETag is weak: no If-Match matches it
	await new Promise((r) => setTimeout(r, 1100));
	const before = new Map(cloud.files());
	cloud.seen.length = 0;
	const day = p.touchOneDay();
	await p.until(() => cloud.seen.some((r) => r.method === "HEAD"),
		"seen first");
	await p.until(() => last("s.due IS NULL AND s.lease_until IS NULL") ===
		"t", "settled");
	const puts = cloud.seen.filter((r) => r.method === "PUT");
	assert.equal(puts.length, 2);		// refused (412), then over it
	assert.equal(cloud.files().length, before.size);
	assert.ok(days().includes(day));
});

test("a data set's folder that she removed is made again", async () => {
	rmSync(join(dir, "next/Énergie du Rhône", SET), { recursive: true });
	p.touchOneDay();
	await p.until(() => cloud.files().length === 1, "made again");
});

test("a full cloud: set aside with its reason", async () => {
	cloud.behave = (req) => req.method === "PUT" ? 507 : null;
	p.touchOneDay();
	await p.until(() => last("s.state") === "dead", "set aside", 30000);
	assert.equal(last("s.reason"), "refused: http 507");
	cloud.behave = null;
	p.sql("UPDATE guichet.subscription SET state = 'active', due = now()");
	await p.until(() => last("s.due IS NULL") === "t", "going on");
});

test("our folder removed: gone, and it stays removed", async () => {
	rmSync(join(dir, "next/Énergie du Rhône"), { recursive: true });
	p.touchOneDay();
	await p.until(() => last("s.state") === "dead", "set aside");
	assert.equal(last("s.reason"), "gone: our folder was removed there");
	assert.equal(cloud.files().length, 0);
});

test("a withdrawal gives the app password back", async () => {
	assert.equal(cloud.passwords.size, 1);
	await p.withdraw();
	await p.until(() => cloud.passwords.size === 0, "given back");
});

test("the approval must come from the same place", async () => {
	const next = await p.connect([SET], { kind: "files",
		address: cloud.origin });
	cloud.approve(/href="(https:[^"]*login\/v2\/flow[^"]*)"/
		.exec(next.text)[1]);
	cloud.serverSaid = "https://elsewhere.example";
	const id = p.sql("SELECT id FROM guichet.grants WHERE state = 'pending'");
	assert.equal((await p.me.go(`/connect/callback/${id}`)).status, 503);
	assert.equal(p.sql(`SELECT state FROM guichet.grants WHERE id = '${id}'`),
		"pending");
	cloud.serverSaid = undefined;
});

test("an app password taken back there: the door is closed", async () => {
	const next = await p.connect([SET], { kind: "files",
		address: cloud.origin });
	cloud.approve(/href="(https:[^"]*login\/v2\/flow[^"]*)"/
		.exec(next.text)[1]);
	const id = p.sql("SELECT id FROM guichet.grants WHERE state = 'pending' " +
		"ORDER BY created DESC LIMIT 1");
	assert.equal((await p.me.go(`/connect/callback/${id}`)).status, 303);
	await p.until(() => last("s.due IS NULL") === "t", "delivered");
	cloud.passwords.clear();
	p.touchOneDay();
	await p.until(() => last("s.state") === "dead", "set aside");
	assert.equal(last("s.reason"), "reauth: http 401");
});

test("another WebDAV cloud: name and app password", async () => {
	const browser = p.me;
	const connect = async (password) => {
		const page = await browser.go("/me/connect");
		return browser.go("/me/connect", [
			...p.Browser.hidden(page.text), ["client", "files"],
			["address", cloud.plain], ["login", "alice"],
			["password", password], ["since", "asked"], ["days", "365"],
			["dataset", SET], ["decision", "allow"]]);
	};
	assert.equal((await connect("wrong")).status, 422);
	const r = await connect("horse staple");
	assert.equal(r.status, 303, r.text);
	assert.equal(r.headers.location, "/me");
	const wanted = p.expected(SET);
	await p.until(() => cloud.files("plain").length === wanted, "all");
	assert.ok(!p.gateway.logs.includes("horse staple"));
});
