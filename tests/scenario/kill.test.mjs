// SPDX-License-Identifier: Apache-2.0
// kill -9 of any process, again and again, under pull and push. Three books
// are kept by three parties and must agree at the end: what changed at the
// source, what arrived (at the PIMS that pulls, in the Cozy), what the journal
// says. Nothing is lost; the journal has no gap; repeats are those in flight.
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID, X509Certificate }
	from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ask } from "../support/gateway.mjs";
import { freePorts, guichet } from "../support/ground.mjs";
import { startPushing } from "../support/pushing.mjs";
import { LINES_WAITING, sql } from "../support/postgres.mjs";

const CURVE = "fr.enedis.api.meteringdata.loadcurve";
const SECONDS = 8, ROLES = ["web", "push", "watch", "journal"];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
let p, plain, certificate, thumbprint;

before(async () => {
	const [port] = await freePorts(1);
	p = await startPushing({ customers: 8, days: 12, people: 4, settings: {
		server: { listen_plain: `127.0.0.1:${port}`,
			trusted_proxies: "127.0.0.1", web_workers: 2,
			client_certificate_header: "X-Client-Cert" },
		push: { workers: 2, lease_s: 5, deadline_ms: 1500 },
		log: { level: "info" } } });
	plain = `http://127.0.0.1:${port}`;
	const pem = readFileSync(p.ground.settings.server.tls_certificate, "utf8");
	certificate = encodeURIComponent(pem);
	thumbprint = createHash("sha256").update(new X509Certificate(pem).raw)
		.digest("base64url");
}, { timeout: 60000 });
after(() => p.stop());

// The same customer lets a second PIMS pull; its token, bound to a certificate.
function letPull() {
	const token = randomBytes(32).toString("base64url"), id = randomUUID();
	p.sql(`INSERT INTO guichet.client (id, kind, name, binding, datasets)
		VALUES ('puller', 'oauth', 'Puller', 'mtls', '{}');
		INSERT INTO guichet.grants (id, client_id, subject_id, pairwise,
			datasets, details, purpose, language, notice_sha256, expires)
		SELECT '${id}', 'puller', id, 'p', '{energy.load-curve}',
			'[{"type":"restitution","datasets":["energy.load-curve"]}]',
			'p', 'fr', sha256('n'), now() + interval '1 day'
		FROM guichet.subject WHERE customer = '${p.customer}';
		INSERT INTO guichet.access_token
			(hash, grant_id, client_id, binding, thumbprint, expires)
		VALUES (sha256('${token}'), '${id}', 'puller', 'mtls',
			'${thumbprint}', now() + interval '50 minutes')`);
	return { token, id };
}

// One who pulls page after page, from the start again at the end.
async function keepPulling(grant, book) {
	let cursor = "";
	while (!book.over) {
		book.asked++;
		const a = await ask(`${plain}/v1/datasets/energy.load-curve?limit=4` +
			(cursor && `&cursor=${encodeURIComponent(cursor)}`), {
			headers: { "x-client-cert": certificate,
				authorization: `Bearer ${grant.token}` } })
			.catch(() => null);
		if (a?.status !== 200) {
			book.failed++;
			await pause(20);
			continue;
		}
		const page = JSON.parse(a.text);
		book.answers++;
		book.records += page.records.length;
		for (const r of page.records)
			book.days.add(r.day);
		cursor = page.more ? page.next : "";
	}
}

// The latest state of each day of each customer: "customer day" -> ms.
const everyone = () => p.logins.map((l) => l.reference);
const atSource = () => new Map(sql(p.source, `
	SELECT r.id_client || ' ' || c.jour,
	       (extract(epoch FROM max(c.date_maj)) * 1000)::bigint
	  FROM si.courbe_jour AS c JOIN crm.rattachement AS r
	    ON r.pdl = c.pdl AND c.jour BETWEEN r.date_deb AND r.date_fin
	 WHERE r.id_client IN ('${everyone().join("','")}') AND c.courante
	 GROUP BY 1`).split("\n").map((l) => l.split("|")));
const inCozy = () => new Map(p.cozy.couch.documents(CURVE).map((d) =>
	[`${d.cozyMetadata.sourceAccountIdentifier} ${d.day}`,
	    Date.parse(d.changed)]));

function sameState() {
	const cozy = inCozy();
	return [...atSource()].every(([key, ms]) =>
		Math.abs(cozy.get(key) - Number(ms)) < 2);
}

// All four customers, one Cozy: four subscriptions to keep pushed.
async function connectAll() {
	for (const who of p.logins) {
		const browser = p.browser(who);
		await browser.signIn();
		await p.approve(await p.connect(["energy.load-curve"], { browser }),
			{ browser });
	}
}

test("nothing is lost, whoever dies", { timeout: 150000 }, async (t) => {
	await connectAll();
	const total = everyone().reduce((n, c) =>
		n + p.expected("energy.load-curve", c), 0);
	await p.until(() => p.cozy.couch.count(CURVE) === total, "the first days");

	const grant = letPull();
	const book = { asked: 0, answers: 0, failed: 0, records: 0,
		days: new Set(), over: false };
	const pulling = [1, 2, 3].map(() => keepPulling(grant, book));
	const kills = {}, touched = new Set();
	const end = Date.now() + SECONDS * 1000;

	for (let i = 0; Date.now() < end; i++) {
		const who = everyone()[i % 4];
		touched.add(`${who} ${p.touchOneDay(undefined, who)}`);
		const role = ROLES[i % ROLES.length];
		const pids = p.gateway.pids(role);
		if (pids.length > 0) {
			process.kill(pids[i % pids.length], "SIGKILL");
			kills[role] = (kills[role] ?? 0) + 1;
		}
		await pause(120);
	}
	book.over = true;
	await Promise.all(pulling);
	t.diagnostic(`kills ${JSON.stringify(kills)}; days changed ` +
		`${touched.size}; pulls ${book.answers} of ${book.asked}, ` +
		`${book.records} records`);
	for (const role of ROLES)
		assert.ok(kills[role] >= 3, `${role} died ${kills[role]} times`);
	assert.ok(book.answers >= 20);

	// the source and the Cozy: every day, in its last state
	await p.until(() => p.sql(`SELECT count(*) FROM guichet.subscription
		WHERE due IS NOT NULL OR owner IS NOT NULL`) === "0" && sameState(),
		"the Cozy has what the source has", 60000);
	assert.equal(p.cozy.couch.count(CURVE), total);

	// the PIMS that pulls saw every day
	assert.deepEqual([...book.days].sort(), [...atSource().keys()]
		.filter((k) => k.startsWith(`${p.customer} `))
		.map((k) => k.split(" ")[1]).sort());

	// the journal: ordered to the last line, without a gap, and it verifies
	await p.until(() => p.sql(LINES_WAITING) === "0", "every line ordered",
		20000);
	const verified = guichet("journal", "verify", "--config",
		p.ground.config);
	assert.equal(verified.code, 0, verified.err + verified.out);
	assert.equal(p.sql(`SELECT count(*) - count(DISTINCT e.id) || ' ' ||
		bool_and(e.there) FROM guichet.journal_head AS h,
		LATERAL guichet.journal_entries(h.log, 0, h.size) AS e`), "0 true");

	// the journal and those who received
	const lines = p.lines();
	const of = (ev, to) => lines.filter((l) => l.ev === ev && l.to === to);
	const sum = (list) => list.reduce((n, l) => n + l.n, 0);
	const begun = of("pull.begun", "puller");
	assert.ok(begun.length >= book.answers,
		"an answer came of which the journal knows nothing");
	assert.ok(begun.length <= book.asked);
	assert.ok(sum(begun) >= book.records);

	// each write in the Cozy was announced; an acknowledged one happened
	const writes = p.cozy.couch.documents(CURVE)
		.reduce((n, d) => n + parseInt(d._rev, 10), 0);
	const attempted = sum(of("delivery.attempted", "cozy"));
	const acked = sum(of("delivery.acked", "cozy"));
	t.diagnostic(`writes ${writes}, announced ${attempted}, ` +
		`acknowledged ${acked}`);
	assert.ok(writes <= attempted, `${writes} writes, ${attempted} announced`);
	assert.ok(acked <= attempted);
	assert.ok(acked >= total);
	assert.ok(writes >= total + touched.size / 2, "changes were pushed");
});
