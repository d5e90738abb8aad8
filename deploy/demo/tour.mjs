// SPDX-License-Identifier: Apache-2.0
// The tour that `make demo ONCE=1` takes: what a person would do, with the real
// forms, an independent OAuth client, and the numbers held against the source.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as oauth from "oauth4webapi";
import { Browser } from "./browser.mjs";
import { dir, pause } from "./house.mjs";
import { details } from "./pims.mjs";
import { verifyExport } from "./journal.mjs";

const PULLED = ["energy.load-curve", "energy.invoice", "telecom.call-detail"];
const PUSHED = { "energy.load-curve": "fr.enedis.api.meteringdata.loadcurve",
	"energy.contract": "org.fing.mesinfos.contract" };

async function until(question, what, ms = 20000) {
	for (const end = Date.now() + ms; ;) {
		const answer = await question();
		if (answer)
			return answer;
		if (Date.now() > end)
			throw new Error(`waited ${ms / 1000} s in vain: ${what}`);
		await pause(20);
	}
}

// How many records the organisation itself has, by the adapter's own SQL.
function inSource(house, dataset, customer) {
	const [sector] = dataset.split(".");
	const text = readFileSync(new URL(`../../adapters/${sector}/${dataset}.sql`,
		import.meta.url), "utf8").replaceAll(":customer", `'${customer}'`);
	return Number(house.sql(sector, `SELECT count(*) FROM (${text}) AS r`));
}

export async function signIn(browser, who) {
	await browser.send(browser.form("password"),
		{ login: who.login, password: who.password });
	assert.equal(browser.at.status, 200, browser.words());
}

// These data sets, for every meter and line the form offers.
export function choose(form, datasets) {
	const all = form.fields.filter((f) => f.name === "account")
		.map((f) => f.value);
	return { dataset: datasets, ...(all.length && { account: all }) };
}

export async function tour(house, tell) {
	const [who] = house.customers;
	const browser = new Browser(house.ca);
	const { pims, cozy } = house;
	let s, connected, pulled = 0;

	await tell("sign in", async () => {
		s = await pims.begin(details());
		await browser.open(s.to);
		await signIn(browser, who);
		assert.match(browser.at.url.pathname, /authorize/);
		return `${who.login}, sent by the PIMS with a pushed request`;
	});

	await tell("consent", async () => {
		const form = browser.form("dataset");
		const boxes = form.fields.filter((f) => f.name === "dataset");
		// one that may be had finer or coarser has a box for each
		const asked = new Set(boxes.map((b) => b.value.split(":")[0]));
		assert.equal(asked.size, details().datasets.length);
		assert.ok(boxes.every((b) => !("checked" in b)), "ticked in advance");
		const back = new URL(house.redirect);
		await browser.send(form, choose(form, PULLED),
			(b) => b.value === "allow", { stop: (url) =>
				url.host === back.host && url.pathname === back.pathname });
		const token = await pims.complete(s, browser.at.url);
		const granted = token.authorization_details.flatMap((d) => d.datasets);
		assert.deepEqual([...granted].sort(), [...PULLED].sort());
		return `${PULLED.length} of ${asked.size} data sets allowed; ` +
			`${token.token_type} token, ${token.expires_in} s`;
	});

	for (const dataset of PULLED)
		await tell("pull", async () => {
			const want = inSource(house, dataset, who.reference);
			const got = await pims.pull(s, dataset);
			pulled += got.records.length;
			assert.ok(want > 0);
			assert.equal(got.records.length, want,
				`${dataset}: the source has ${want}`);
			return `${dataset}: ${want} records in ${got.pages} pages, ` +
				"as many as the source has";
		});

	await tell("refused", async () => {
		const other = await pims.call(s, "/v1/datasets/energy.contract");
		assert.ok([403, 404].includes(other.status), String(other.status));
		const thief = oauth.DPoP(pims.client, await oauth.generateKeyPair("ES256"));
		const stolen = await pims.call(s, `/v1/datasets/${PULLED[0]}`,
			{ dpop: thief });
		assert.equal(stolen.status, 401);
		return `what was not allowed (${other.status}), ` +
			`the token with another key (${stolen.status})`;
	});

	await tell("connect", async () => {
		await browser.open(`${house.issuer}/me/connect`);
		const form = browser.form("address");
		const box = form.fields.find((f) => f.name === "client" &&
			/cozy/i.test(f.value));
		await browser.send(form, { address: cozy.origin, client: box?.value,
			...choose(form, Object.keys(PUSHED)) }, (b) => b.value === "allow");
		assert.equal(browser.at.status, 200, browser.words());
		await browser.open(browser.link(new RegExp("/auth/authorize")));
		await browser.send(browser.form("csrf_token"), {}, () => true);
		assert.equal(browser.at.url.host, new URL(house.issuer).host);
		assert.equal(browser.at.status, 200, browser.words());
		connected = performance.now();
		return "a Cozy of hers, approved there";
	});

	const held = (dataset) => cozy.couch.documents(PUSHED[dataset]);
	for (const dataset of Object.keys(PUSHED))
		await tell("push", async () => {
			const want = inSource(house, dataset, who.reference);
			await until(() => held(dataset).length >= want,
				`${dataset}: ${held(dataset).length} of ${want} arrived`);
			assert.equal(held(dataset).length, want);
			return `${dataset}: ${want} documents in her Cozy ${
				((performance.now() - connected) / 1000).toFixed(1)} s after`;
		});

	const change = (kwh) => house.sql("energy", `UPDATE si.courbe_jour
		SET soutirage[1] = ${kwh}, date_maj = clock_timestamp()
		WHERE pdl = (SELECT pdl FROM crm.contrat
			WHERE id_client = '${who.reference}' LIMIT 1) AND courante
		  AND jour = (SELECT max(jour) FROM si.courbe_jour)`);
	const arrived = (wh) => held("energy.load-curve").some((d) =>
		d.readings[0].energy === wh);

	await tell("news", async () => {
		const from = performance.now();
		change(77123);
		await until(() => arrived(77123), "the corrected day");
		return `a reading corrected at the source is in her Cozy ${
			((performance.now() - from) / 1000).toFixed(1)} s later`;
	});

	await tell("withdraw", async () => {
		let ended = 0, slowest = 0;
		for (;;) {
			await browser.open(`${house.issuer}/me`);
			let stop;
			try { stop = browser.form((f) => /withdraw/.test(f.action)); } catch { break; }
			await browser.send(stop);
			ended++;
			assert.ok(ended <= 2, "more permissions than were given");
		}
		assert.equal(ended, 2, browser.words());
		const from = performance.now();
		await until(async () => (await pims.call(s,
			`/v1/datasets/${PULLED[0]}`)).status !== 200, "the refusal", 1000);
		slowest = performance.now() - from;
		return `both permissions ended; refused after ${slowest.toFixed(0)} ms`;
	});

	await tell("afterwards", async () => {
		for (const dataset of PULLED) {
			const { status } = await pims.call(s, `/v1/datasets/${dataset}`);
			assert.ok([401, 403].includes(status), String(status));
		}
		await assert.rejects(pims.refresh(s), (e) =>
			["invalid_grant", "invalid_token"].includes(e.error));
		change(66456);
		await pause(4000);
		assert.ok(!arrived(66456), "it was pushed after the withdrawal");
		return "pull, refresh and push are over; a new change stayed at home";
	});

	let lines;
	for (const log of ["restitution", "consent-admin"])
		await tell("journal", async () => {
			const said = await house.guichet("journal", "verify", "--log", log);
			const out = join(dir, `export-${log}`);
			await house.guichet("journal", "export", out, "--log", log);
			const read = verifyExport(out);
			lines ??= read;
			return `${log}: ${read.length} lines, by guichet "${
				said.trim().split(":")[0]}", by Node root and signature right`;
		});

	await tell("accounts", async () => {
		const sum = (ev) => lines.filter((l) => l.ev === ev)
			.reduce((n, l) => n + (l.n ?? 0), 0);
		assert.equal(sum("pull.begun"), pulled);
		assert.ok(lines.every((l) => !JSON.stringify(l).includes(who.reference)));
		return `the journal says ${pulled} records were pulled, as many as ` +
			"the PIMS has; nobody is named in it";
	});
}
