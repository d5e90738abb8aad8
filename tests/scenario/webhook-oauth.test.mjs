// SPDX-License-Identifier: Apache-2.0
// An OAuth client that also has an endpoint: what customers grant it is brought
// there by itself, or it is only told that there is news, and pulls.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { certificates, temporary } from "../support/ground.mjs";
import { startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";
import { startReceiver } from "../pims/webhook/receiver.mjs";

const SET = "energy.load-curve";
let counter, pims, full, thin, camille;

const client = (...args) => new Promise((done) => execFile(
	process.env.GUICHET_PROGRAM, ["client", ...args, "--config",
		counter.config], (e, out, err) =>
		done({ code: e ? e.code : 0, out, err })));
const ask = (text) => sql(counter.db.url, text);
const lines = (ev, to) => ask(`SELECT convert_from(leaf, 'UTF8') FROM (
	SELECT leaf, id FROM guichet.journal_line UNION
	SELECT leaf, id FROM guichet.journal_line) AS l ORDER BY id`)
	.split("\n").filter(Boolean).map((l) => JSON.parse(l))
	.filter((l) => l.ev === ev && l.to === to);

before(async () => {
	const files = certificates(temporary());
	pims = await startReceiver({ key: readFileSync(files.key),
		cert: readFileSync(files.certificate) });
	counter = await startCounter({ settings: { push: {
		allow: "127.0.0.0/8 ::1/128", ca_file: files.ca },
		watch: { interval_ms: 200, horizon_margin_ms: 500 },
		journal: { interval_ms: 50 } } });
	for (const [id, payload] of [["full", "records"], ["thin", "notice"]]) {
		const one = counter.register(id);
		const r = await client("endpoint", id, "--endpoint", pims.url,
			"--payload", payload);
		assert.equal(r.code, 0, r.err);
		pims.keys(r.out);
		assert.equal((await client("prove", id)).code, 0);
		if (id === "full")
			full = one;
		else
			thin = one;
	}
	camille = await counter.customer(0);
});
after(async () => {
	await counter?.stop();
	await pims?.stop();
});

const byGrant = (type, grant) => pims.of(type)
	.filter((e) => e.data.grant === grant);

test("records: they come by themselves after the consent", async () => {
	const t = await full.connect(camille, { scope: SET });
	const pulled = await full.get(`/v1/datasets/${SET}`, t.access_token);
	const wanted = pulled.json.records.length;
	assert.ok(wanted > 0);
	const got = () => byGrant("guichet.records", t.grant_id)
		.flatMap((e) => e.data.records);
	await counter.until(() => got().length === wanted, "brought");
	assert.deepEqual(got().map((d) => d.record.day).sort(),
		pulled.json.records.map((r) => r.day ?? r.record?.day).sort());
	await camille.withdraw(t.grant_id);
	await counter.until(() => byGrant("guichet.connection.ended",
		t.grant_id).length === 1, "told of the end");
});

test("a notice holds no record; the PIMS pulls, and the books say so",
	async () => {
		const t = await thin.connect(camille, { scope: SET });
		await counter.until(() => byGrant("guichet.notice",
			t.grant_id).length > 0, "told");
		const [event] = byGrant("guichet.notice", t.grant_id);
		assert.equal(event.data.dataset, SET);
		assert.equal(event.data.records, undefined);
		await counter.until(() => lines("delivery.acked", "thin")
			.length > 0, "acknowledged");
		assert.ok(lines("delivery.attempted", "thin").every((l) =>
			l.n === 0 && l.b === undefined));
		const r = await thin.get(`/v1/datasets/${SET}`, t.access_token);
		assert.ok(r.json.records.length > 0);
		const said = pims.of("guichet.notice").length;
		await new Promise((done) => setTimeout(done, 700));
		assert.equal(pims.of("guichet.notice").length, said);
	});

test("a notice is nothing for a PIMS that cannot pull", async () => {
	const r = await client("add", "none", "--kind", "webhook", "--name", "N",
		"--endpoint", pims.url, "--payload", "notice", "--purpose-en", "x",
		"--purpose-fr", "x");
	assert.equal(r.code, 65);
	assert.match(r.err, /OAuth client/);
});
