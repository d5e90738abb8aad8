// SPDX-License-Identifier: Apache-2.0
// The real Community Solid Server: a customer opens a container of her pod to
// the counter's WebID, her records arrive there, another client reads them
// back; she takes the rule away, and the counter sends no more.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificates, temporary } from "../support/ground.mjs";
import { startPushing } from "../support/pushing.mjs";
import { startSolid } from "../support/solid.mjs";

const SET = "energy.load-curve";
let solid, p, alice, container, next;

before(async () => {
	const dir = temporary(), files = certificates(dir);
	const ca = readFileSync(files.ca);
	solid = await startSolid({ caFile: files.ca, ca, tls: {
		key: readFileSync(files.key),
		cert: readFileSync(files.certificate) } });
	const counter = await solid.person("counter");
	alice = await solid.person("alice");
	container = `${alice.pod}energy/`;
	writeFileSync(join(dir, "secret"), counter.secret, { mode: 0o600 });
	p = await startPushing({ kinds: ["solid"],
		settings: { push: { webid: counter.webId, solid_issuer: solid.base,
			solid_client_id: counter.id,
			solid_secret_file: join(dir, "secret"),
			ca_file: files.ca } } });
});
after(async () => {
	await p?.stop();
	await solid?.stop();
});

// What another client reads in the container, by name.
async function read() {
	const list = await alice.fetch("GET", `${container}${SET}/`,
		{ fields: { accept: "text/turtle" } });
	const names = [...new Set([...list.text.matchAll(/<([0-9a-f]{32}\.json)>/g)]
		.map((m) => m[1]))];
	return Promise.all(names.map(async (name) => {
		const r = await alice.fetch("GET", `${container}${SET}/${name}`);
		assert.equal(r.headers["content-type"], "application/json");
		return { name, etag: r.headers.etag, json: r.json };
	}));
}

const lines = (ev) => p.lines().filter((l) => l.ev === ev);

test("the page says whom to let in, and gives the rule", async () => {
	next = await p.connect([SET], { kind: "solid", address: container });
	assert.equal(next.status, 200);
	assert.match(next.text, /counter\/profile\/card#me/);
});

test("nothing is sent before she opened her pod", async () => {
	const id = p.sql("SELECT id FROM guichet.grants");
	const r = await p.me.go(`/connect/callback/${id}`);
	assert.equal(r.status, 503);
	assert.equal(lines("delivery.attempted").length, 0);
	assert.equal(p.sql("SELECT state FROM guichet.grants"), "pending");
});

test("she opens it, and her records arrive", async () => {
	// the rule as our page shows it, beside the one that keeps the pod hers
	const rule = /@prefix[^]*?acl:Write\./.exec(next.text)[0]
		.replaceAll("&lt;", "<").replaceAll("&gt;", ">")
		.replaceAll("&#39;", "'").replaceAll("&quot;", '"');
	const acl = rule + `\n<#owner> a acl:Authorization;
		acl:agent <${alice.webId}>; acl:accessTo <./>; acl:default <./>;
		acl:mode acl:Read, acl:Write, acl:Control.\n`;
	await alice.fetch("PUT", container, { fields: {
		"content-type": "text/turtle" }, body: "" });
	const put = await alice.fetch("PUT", `${container}.acl`,
		{ fields: { "content-type": "text/turtle" }, body: acl });
	assert.ok([201, 205].includes(put.status), `${put.status} ${put.text}`);
	const id = p.sql("SELECT id FROM guichet.grants");
	assert.equal((await p.me.go(`/connect/callback/${id}`)).status, 303);
	const wanted = p.expected(SET);
	await p.until(() => lines("delivery.acked").reduce((n, l) => n + l.n, 0)
		=== wanted, "all acknowledged");
	const got = await read();
	assert.equal(got.length, wanted);
	assert.ok(got.every(({ json }) => json.readings.length >= 46));
	assert.equal(new Set(got.map(({ json }) => json.day)).size, wanted);
});

test("a corrected record replaces what stands there", async () => {
	const before = new Map((await read()).map((d) => [d.name, d]));
	const day = p.touchOneDay();
	await p.until(async () => (await read()).some((d) =>
		d.etag !== before.get(d.name)?.etag), "the change");
	const changed = (await read()).filter((d) =>
		d.etag !== before.get(d.name).etag);
	assert.deepEqual(changed.map((d) => d.json.day), [day]);
	assert.equal((await read()).length, before.size);
});

test("a repeat from the first record harms nothing", async () => {
	const before = await read();
	// settled first: the delivery before would put its own cursor back
	await p.until(() => p.sql(`SELECT count(*) FROM guichet.subscription
		WHERE due IS NOT NULL OR owner IS NOT NULL`) === "0", "at rest");
	p.sql("UPDATE guichet.subscription SET cursor = NULL, due = now()");
	const n = lines("delivery.acked").length;
	await p.until(() => lines("delivery.acked").length > n, "the repeat");
	assert.deepEqual((await read()).map((d) => d.name).sort(),
		before.map((d) => d.name).sort());
});

test("she takes the rule away: the counter stops and says why", async () => {
	const gone = await alice.fetch("DELETE", `${container}.acl`);
	assert.equal(gone.status, 205);
	const before = await read();
	p.touchOneDay();
	await p.until(() => p.sql("SELECT state FROM guichet.subscription")
		=== "dead", "set aside");
	assert.match(p.sql("SELECT reason FROM guichet.subscription"),
		/^gone: http 403$/);
	assert.deepEqual(await read(), before);
	assert.equal(lines("delivery.dead").length, 1);
});
