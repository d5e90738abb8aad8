// SPDX-License-Identifier: Apache-2.0
// Doors are looked at from time to time: a customer who sends us away at her
// Cozy sees it here although nothing was sent; a Cozy that is away for a while
// loses nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startPushing } from "../support/pushing.mjs";

let p;
const state = () => p.sql("SELECT state || ' ' || coalesce(reason, '') " +
	"FROM guichet.subscription");
const looks = () => p.cozy.seen.filter((r) => r.method === "GET" &&
	r.path.startsWith("/auth/register/")).length;

before(async () => {
	p = await startPushing({ sets: ["energy.contract"],
		settings: { push: { check_s: 2 } } });
	assert.equal((await p.approve(await p.connect(["energy.contract"])))
		.status, 303);
	await p.until(() => p.sql("SELECT due IS NULL FROM guichet.subscription")
		=== "t", "delivered");
});
after(() => p?.stop());

test("an open door is looked at, again and again, and stays open", async () => {
	await p.until(() => looks() >= 2, "two looks");
	assert.equal(state(), "active");
});

for (const [name, how] of [["away", { status: 500 }], ["blocked",
	{ status: 503 }], ["unpaid", { status: 402 }], ["silent",
	{ cut: true }]])
	test(`a Cozy that is ${name} is not a closed door`, async () => {
		p.cozy.behave = (r) => r.path.startsWith("/auth/register/") ?
			how : null;
		const n = looks();
		await p.until(() => looks() > n, "looked at");
		await sleep(100);
		assert.equal(state(), "active");
		p.cozy.behave = null;
	});

test("sent away there: seen here, told, and not looked at again", async () => {
	for (const c of p.cozy.clients.list())
		p.cozy.clients.disconnect(c.client_id);
	await p.until(() => state().startsWith("dead"), "set aside");
	assert.equal(state(), "dead gone: disconnected there");
	const lost = p.lines().filter((l) => l.ev === "destination.lost");
	assert.equal(lost.length, 1);
	assert.equal(lost[0].oc, "gone");
	const page = await p.me.go("/me");
	assert.match(page.text, /class="fault"/);
	const n = looks();
	await sleep(3500);
	assert.equal(looks(), n);
});
