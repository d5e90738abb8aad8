// SPDX-License-Identifier: Apache-2.0
// A withdrawal is effective in every worker within a second: with four of
// them, all of which had verified the token before; also while the connection
// that brings the news is cut again and again.
import assert from "node:assert/strict";
import { Agent } from "node:https";
import { after, before, test } from "node:test";
import { ask } from "../support/gateway.mjs";
import { clientCertificate, pause, startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

const LIST = "/v1/datasets", CURVE = "/v1/datasets/energy.load-curve?limit=1";
let counter, gamma, tls, camille;

before(async () => {
	counter = await startCounter({ settings: { server: { web_workers: 4 } } });
	tls = clientCertificate(counter.dir, "gamma");
	gamma = counter.register("gamma", { tls,
		auth: "self_signed_tls_client_auth", flags: ["--certificate", tls.file] });
	camille = await counter.customer(0);
});
after(async () => {
	const deaths = counter?.said(/died role=/) ?? 0;
	await counter?.stop();
	assert.equal(deaths, 0);
});

// 32 connections that stay open: they are spread over the workers.
function connections(token) {
	const agents = Array.from({ length: 32 }, () => new Agent({ keepAlive: true,
		maxSockets: 1, ca: counter.ca_pem, cert: tls.cert, key: tls.key }));
	const each = (path) => Promise.all(agents.map((agent) =>
		ask(counter.mtls_url + path, { agent,
			headers: { authorization: `Bearer ${token}` } })
			.then((r) => r.status)));
	return { each, close: () => agents.forEach((a) => a.destroy()) };
}

const count = (list, status) => list.filter((s) => s === status).length;

async function untilAllRefuse(c, path, begun) {
	for (;;) {
		const seen = await c.each(path);
		assert.ok(seen.every((s) => s === 200 || s === 401 || s === 403),
			seen.join());
		if (count(seen, 200) === 0)
			return Date.now() - begun;
		assert.ok(Date.now() - begun < 5000, "still open after 5 s");
	}
}

test("by the customer's page: under a second, in four workers", async () => {
	const t = await gamma.connect(camille, { scope: "energy.load-curve" });
	const c = connections(t.access_token);
	for (let i = 0; i < 3; i++)
		assert.equal(count(await c.each(LIST), 200), 32);
	assert.equal((await camille.withdraw(t.grant_id)).status, 303);
	const begun = Date.now();
	const ms = await untilAllRefuse(c, LIST, begun);
	assert.ok(ms < 1000, `${ms} ms`);
	assert.equal(count(await c.each(CURVE), 401), 32);
	c.close();
});

test("records stop at the withdrawal itself, news or no news", async () => {
	const t = await gamma.connect(camille, { scope: "energy.load-curve" });
	const c = connections(t.access_token);
	assert.equal(count(await c.each(CURVE), 200), 32);
	// the row alone, without the trigger that tells the workers
	sql(counter.db.url, `SET session_replication_role = replica;
		UPDATE guichet.grants SET state = 'withdrawn', ended = now(),
			ended_by = 'customer' WHERE id = '${t.grant_id}'`);
	assert.equal(count(await c.each(CURVE), 200), 0);
	c.close();
});

test("while the news is cut again and again", async () => {
	const t = await gamma.connect(camille, { scope: "energy.load-curve" });
	const c = connections(t.access_token);
	assert.equal(count(await c.each(LIST), 200), 32);
	let cutting = true, cuts = 0;
	const cut = (async () => {
		while (cutting) {
			cuts += Number(sql(counter.db.url, `SELECT count(
				pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE datname = current_database()
				  AND application_name = 'guichet listen'`));
			await pause(100);
		}
	})();
	await pause(150);
	await camille.withdraw(t.grant_id);
	const begun = Date.now();
	const ms = await untilAllRefuse(c, LIST, begun);
	cutting = false;
	await cut;
	assert.ok(cuts >= 4, `cut ${cuts} times`);
	assert.ok(ms < 1000, `${ms} ms`);
	// and afterwards tokens are remembered again
	const again = await gamma.connect(camille, { scope: "energy.load-curve" });
	await counter.until(async () => (await gamma.get(LIST,
		again.access_token)).status === 200, "service again");
	c.close();
});
