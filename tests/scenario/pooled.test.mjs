// SPDX-License-Identifier: Apache-2.0
// The same counter behind a pgbouncer in transaction mode, without prepared
// statements: the whole way of a token, each proof once, and a withdrawal that
// reaches every worker by the direct connection.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporary } from "../support/ground.mjs";
import { pause, startCounter } from "../support/oauth.mjs";
import { createDatabase } from "../support/postgres.mjs";

const pooler = fileURLToPath(new URL("../support/pgbouncer", import.meta.url));
const LIST = "/v1/datasets", CURVE = "/v1/datasets/energy.load-curve?limit=1";
let counter, alpha, camille, dir;

before(async () => {
	const own = createDatabase("pooled");
	dir = temporary();
	const pooled = execFileSync(pooler, ["start", dir, own.url],
		{ encoding: "utf8" }).trim();
	counter = await startCounter({ database: own, settings: { database: {
		url: pooled, direct_url: own.url, prepared_statements: "no" } } });
	alpha = counter.register("alpha");
	camille = await counter.customer(0);
});
after(async () => {
	await counter?.stop();
	execFileSync(pooler, ["stop", dir]);
});

test("the whole way, each proof once, a code once", async () => {
	const r = await camille.allow(alpha, { scope: "energy.load-curve" });
	const all = await Promise.all(Array.from({ length: 6 }, () =>
		alpha.exchange(r.code)));
	const [won] = all.filter((a) => a.status === 200);
	assert.equal(all.filter((a) => a.status === 400).length, 5);
	const token = won.json.access_token;
	const proof = alpha.proof("GET", counter.issuer + LIST, { token });
	const uses = await Promise.all(Array.from({ length: 8 }, () =>
		alpha.get(LIST, token, { proof }).then((a) => a.status)));
	assert.deepEqual(uses.sort(), [200, ...Array(7).fill(401)]);
	assert.equal((await alpha.get(CURVE, token)).status, 200);
	assert.equal((await alpha.refresh(won.json.refresh_token)).status, 200);
});

test("a withdrawal reaches every worker", async () => {
	const t = await alpha.connect(camille, { scope: "energy.load-curve" });
	const many = () => Promise.all(Array.from({ length: 12 }, () =>
		alpha.get(LIST, t.access_token).then((a) => a.status)));
	assert.ok((await many()).every((s) => s === 200));
	await camille.withdraw(t.grant_id);
	await pause(900);
	assert.ok((await many()).every((s) => s === 401));
});
