// SPDX-License-Identifier: Apache-2.0
// The organisation's own people: signing in with a role, and what a stranger,
// a customer, a wrong form or a colleague without the role cannot do.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { prepareGateway, startGateway } from "../support/gateway.mjs";
import { guichet } from "../support/ground.mjs";
import { StaffMember } from "../support/staff.mjs";
import { sql } from "../support/postgres.mjs";

let gateway, people;

before(async () => {
	const ground = await prepareGateway({ settings: {
		login: { mode: "demo" }, journal: { interval_ms: 50 } } });
	people = JSON.parse(guichet("staff", "demo", "--json", "--config",
		ground.config).out);
	gateway = await startGateway({ ground });
});
after(async () => await gateway?.stop());

const member = () => new StaffMember(gateway);
const person = (role) => people.find((p) => p.roles.includes(role));
const events = (name) => Number(sql(gateway.db.url, `SELECT count(*) FROM
	guichet.journal_line WHERE convert_from(leaf, 'UTF8') LIKE
	'%"ev":"${name}"%'`));

test("there is somebody for each role", () => {
	for (const role of ["auditor", "dpo", "operator", "admission", "admin"])
		assert.ok(person(role), role);
});

test("a stranger is sent to the door and comes back", async () => {
	const s = member();
	const away = await s.get("/staff?x=1");
	assert.equal(away.status, 303);
	assert.equal(away.headers.location, "/staff/login?next=%2Fstaff%3Fx%3D1");
	const r = await s.signIn(person("auditor"), { next: "/staff?x=1" });
	assert.equal(r.status, 303);
	assert.equal(r.headers.location, "/staff?x=1");
	const hall = await s.get("/staff?lang=en");
	assert.equal(hall.status, 200);
	assert.match(hall.text, /Hello Audrey Lacour/);
	const cookie = r.headers["set-cookie"].find((c) =>
		c.startsWith("__Host-guichet-staff="));
	for (const word of ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"])
		assert.ok(cookie.includes(word), word);
});

test("each sign-in, refused or not, is a line; the person is not in the leaf",
	async () => {
	const failed = events("staff.login_failed"), fine = events("staff.login\"");
	const s = member();
	assert.equal((await s.signIn({ login: person("dpo").login,
		password: "no" })).status, 422);
	assert.equal((await s.signIn({ login: "nobody", password: "no" })).status,
		422);
	assert.equal((await s.signIn(person("dpo"))).status, 303);
	await gateway.until(() => events("staff.login_failed") === failed + 2,
		"two failed sign-ins in the journal");
	const id = sql(gateway.db.url, `SELECT id FROM guichet.staff
		WHERE subject = '${person("dpo").login}'`);
	const kept = sql(gateway.db.url, `SELECT convert_from(side, 'UTF8')
		FROM guichet.journal_line WHERE convert_from(leaf, 'UTF8') LIKE
		'%"ev":"staff.login"%' ORDER BY id DESC LIMIT 1`);
	assert.ok(kept.includes(`"by":"${id}"`), kept);
	for (const word of [id, "Denis", person("dpo").login, "nobody"])
		assert.equal(sql(gateway.db.url, `SELECT count(*) FROM
			guichet.journal_line WHERE convert_from(leaf, 'UTF8')
			LIKE '%${word}%'`), "0", word);
	assert.ok(fine >= 0);
});

test("signing in changes the cookie, signing out ends it for good", async () => {
	const s = member();
	await s.signIn(person("auditor"));
	const first = s.cookies["__Host-guichet-staff"];
	await s.signIn(person("auditor"));
	const second = s.cookies["__Host-guichet-staff"];
	assert.notEqual(first, second);
	const opens = async (value) => (await gateway.ask("/staff", { headers:
		{ cookie: `__Host-guichet-staff=${value}` } })).status === 200;
	assert.equal(await opens(first), false);
	assert.equal(await opens(second), true);
	assert.equal((await s.post("/staff/logout", {})).status, 403, "no csrf");
	assert.equal((await s.post("/staff/logout", { csrf: "x".repeat(43) }))
		.status, 403);
	assert.equal(await opens(second), true);
	assert.equal((await s.post("/staff/logout", { csrf: await s.csrf() },
		{ origin: "https://evil.example" })).status, 403);
	assert.equal((await s.post("/staff/logout", { csrf: await s.csrf() }))
		.status, 303);
	assert.equal(await opens(second), false);
});

test("a form of another site signs nobody in", async () => {
	const s = member();
	await s.get("/staff/login");
	const p = person("auditor");
	for (const token of [undefined, "", "x".repeat(43)])
		assert.equal((await s.post("/staff/login", { login: p.login,
			password: p.password, token })).status, 403, String(token));
	assert.equal(s.cookies["__Host-guichet-staff"], undefined);
});

test("signing in never leads to another site", async () => {
	for (const next of ["https://evil.example/", "//evil.example",
		"/\\evil.example", "javascript:alert(1)", "/\t/evil.example"]) {
		const s = member();
		const r = await s.signIn(person("operator"), { next });
		assert.equal(r.headers.location, "/staff", next);
	}
});

test("a customer's cookie opens no door here, nor the other way round",
	async () => {
	const s = member();
	await s.signIn(person("auditor"));
	const value = s.cookies["__Host-guichet-staff"];
	assert.equal((await gateway.ask("/staff", { headers:
		{ cookie: `__Host-guichet=${value}` } })).status, 303);
	assert.equal((await gateway.ask("/me", { headers:
		{ cookie: `__Host-guichet=${value}` } })).status, 303);
});

test("who is shut out is out at once, and cannot come back", async () => {
	const s = member(), p = person("admin");
	await s.signIn(p);
	assert.equal((await s.get("/staff")).status, 200);
	const id = sql(gateway.db.url, `SELECT id FROM guichet.staff
		WHERE subject = '${p.login}'`);
	const act = (...args) => guichet("staff", ...args, "--config",
		gateway.config);
	assert.equal(act("disable", id).code, 64, "a reason is asked for");
	assert.equal(act("disable", id, "--reason", "left").code, 0);
	assert.equal((await s.get("/staff")).status, 303);
	assert.equal((await s.signIn(p)).status, 422);
	assert.notEqual(act("disable", id, "--reason", "again").code, 0);
	assert.equal(act("enable", id, "--reason", "back").code, 0);
	assert.equal((await s.signIn(p)).status, 303);
	await gateway.until(() => events("staff.enabled") === 1 &&
		events("staff.disabled") === 1, "both in the journal");
});

test("a role taken away is gone at the next page", async () => {
	const s = member();
	await s.signIn(person("operator"));
	assert.match((await s.get("/staff?lang=en")).text, />Operations</);
	sql(gateway.db.url, `UPDATE guichet.staff SET roles = '{}'
		WHERE subject = '${person("operator").login}'`);
	assert.doesNotMatch((await s.get("/staff?lang=en")).text, />Operations</);
});

test("whoever guesses is held back, others are not", async () => {
	const s = member(), seen = [];
	for (let i = 0; i < 30; i++)
		seen.push((await s.signIn({ login: "guessed", password: `p${i}` }))
			.status);
	assert.ok(seen.filter((x) => x === 422).length <= 22, seen.join());
	assert.ok(seen.slice(-5).includes(429), seen.join());
	assert.equal((await member().signIn(person("dpo"))).status, 303);
});

test("synthetic people have no place on a real counter", async () => {
	const ground = await prepareGateway();
	const r = guichet("staff", "demo", "--config", ground.config);
	assert.equal(r.code, 78);
	assert.match(r.err, /demonstration only/);
});
