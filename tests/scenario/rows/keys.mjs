// SPDX-License-Identifier: Apache-2.0
// Keys that a client publishes at its jwks_uri: fetched with care, kept, and
// asked for anew. Where they may not be is told beside nonces.mjs' counter.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import https from "node:https";
import { after, before } from "node:test";
import { certificates, temporary } from "../../support/ground.mjs";
import { keyPair, pause, startCounter } from "../../support/oauth.mjs";
import { sql } from "../../support/postgres.mjs";
import { ok, refused, row } from "./ground.mjs";

let open, server, base;
const served = { paths: [], jwks: { keys: [] } };

before(async () => {
	const tls = certificates(temporary());
	open = await startCounter({ settings: {
		push: { allow: "127.0.0.0/8", ca_file: tls.ca } } });
	server = https.createServer({ cert: readFileSync(tls.certificate),
		key: readFileSync(tls.key) }, (q, a) => {
		served.paths.push(q.url);
		if (q.url === "/moved")
			a.writeHead(302, { location: "/jwks" }).end();
		else if (q.url === "/huge")
			a.end(`{"keys":[${" ".repeat(1e6)}]}`);
		else if (q.url === "/slow")
			setTimeout(() => a.end(JSON.stringify(served.jwks)), 600);
		else
			a.end(q.url === "/bad" ? "<html>" : JSON.stringify(served.jwks));
	});
	await new Promise((r) => server.listen(0, "127.0.0.1", r));
	base = `https://localhost:${server.address().port}`;
});
after(async () => {
	server?.closeAllConnections();
	server?.close();
	await open?.stop();
});

const publish = (...keys) => {
	served.jwks = { keys: keys.map((k) => ({ ...k.jwk, kid: k.kid })) };
};
const tried = () => served.paths.length;
async function looked(id, minutes, uri = "jwks_uri") {
	sql(open.db.url, `UPDATE guichet.client SET jwks_uri = ${uri},
		jwks_tried = now() - interval '${minutes} min' WHERE id = '${id}'`);
	await pause(300);	// workers are told
}

row(107, "keys at a jwks_uri: fetched, kept, fetched again for an unknown " +
	"kid, once a minute", async () => {
	const first = keyPair("ES256", "one"), second = keyPair("ES256", "two");
	const far = open.register("far", { keys: [first],
		flags: ["--jwks-uri", `${base}/jwks`] });
	publish(first);
	ok(await far.par(), 201);
	ok(await far.par(), 201);
	assert.equal(tried(), 1);
	publish(second);
	far.key = second;
	refused(await far.par(), 401, "invalid_client");	// the floor
	assert.equal(tried(), 1);
	await looked("far", 2);
	ok(await far.par(), 201);
	assert.equal(tried(), 2);
	far.key = first;		// gone from there, gone from here
	refused(await far.par(), 401, "invalid_client");
});

row(107, "a key taken back there ends here within the hour", async () => {
	const key = keyPair("ES256", "one"), next = keyPair("ES256", "two");
	const far = open.register("fading", { keys: [key],
		flags: ["--jwks-uri", `${base}/jwks`] });
	publish(key);
	ok(await far.par(), 201);
	publish(next);		// the old one is known: nothing asks
	await looked("fading", 59);
	ok(await far.par(), 201);
	await looked("fading", 61);
	refused(await far.par(), 401, "invalid_client");
	far.key = next;
	ok(await far.par(), 201);
	// away when it is due: what is known serves on
	await looked("fading", 61, `'${base}/bad'`);
	ok(await far.par(), 201);
	assert.equal(sql(open.db.url, `SELECT count(*) FROM guichet.journal_line
		WHERE client_id = 'fading' AND convert_from(leaf, 'UTF8')
		LIKE '%"client.changed"%'`), "2", "a line for each change of keys");
});

row(107, "many at once wait for one fetch in each worker", async () => {
	const key = keyPair("ES256", "one");
	const far = open.register("crowd", { keys: [key],
		flags: ["--jwks-uri", `${base}/slow`] });
	publish(key);
	const before = tried();
	const all = await Promise.all(Array.from({ length: 24 }, () => far.par()));
	for (const r of all)
		ok(r, 201);
	const asked = tried() - before;
	assert.ok(asked >= 1 && asked <= 2, `${asked} fetches by two workers`);
	// and those who leave do not stop it for the others
	await looked("crowd", 61);
	publish(keyPair("ES256", "two"));
	const left = far.post("/oauth/par", far.request(), {}).catch(() => {});
	await pause(100);
	refused(await far.par(), 401, "invalid_client");
	await left;
});

for (const [path, what] of [["/moved", "a redirect"], ["/huge", "a megabyte"],
	["/bad", "no JSON"], ["/jwks", "a private key"]])
	row(107, `keys at a jwks_uri: ${what} gives none, and the keys before stay`,
		async () => {
			const id = `far-${path.slice(1)}`, key = keyPair("ES256", "one");
			const far = open.register(id, { keys: [key],
				flags: ["--jwks-uri", base + "/jwks"] });
			publish(key);
			ok(await far.par(), 201);
			await looked(id, 2, `'${base + path}'`);
			const rogue = keyPair("ES256", "two");
			served.jwks = { keys: [{ ...rogue.private_jwk, kid: "two" }] };
			const began = Date.now();
			refused(await far.par({}, { assertion: { key: rogue } }), 401,
				"invalid_client");
			assert.ok(Date.now() - began < 7000, "bounded");
			ok(await far.par(), 201);
		});

row(107, "registration refuses a jwks_uri that is none", () => {
	for (const uri of ["http://a.example/jwks", "https://u@a.example/j",
		"https://a.example/j#f", "file:///etc/passwd"])
		assert.throws(() => open.register("bad",
			{ flags: ["--jwks-uri", uri] }), /client add: 65/, uri);
});
