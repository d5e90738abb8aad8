// SPDX-License-Identifier: Apache-2.0
// Letters to customers, taken by a real SMTP server (smtp-server of npm) over
// TLS: one for each event, in her language, never lost, never forged.
import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { SMTPServer } from "smtp-server";
import { certificates, freePorts, guichet, temporary }
	from "../support/ground.mjs";
import { pause, startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";

let counter, alpha, camille, db, server, source, ref;
const got = [];		// letters taken: { to, from, secure, raw }
let refuse, wait = 0;	// what RCPT answers; ms before a letter is taken

async function startServer(tls) {
	const [port] = await freePorts(1);
	const s = new SMTPServer({ key: readFileSync(tls.key),
		cert: readFileSync(tls.certificate), logger: false,
		onAuth: (auth, _, done) => auth.username === "counter" &&
			auth.password === "pa ss" ? done(null, { user: "counter" }) :
			done(new Error("no")),
		onRcptTo: (to, _, done) => done(refuse),
		onData(stream, session, done) {
			let raw = "";
			stream.setEncoding("utf8").on("data", (d) => raw += d);
			stream.on("end", () => {
				got.push({ raw, secure: session.secure, user: session.user,
					from: session.envelope.mailFrom.address,
					to: session.envelope.rcptTo.map((r) => r.address) });
				setTimeout(done, wait);
			});
		} });
	s.on("error", () => {});	// a client that left
	await new Promise((ok) => s.listen(port, "127.0.0.1", ok));
	return { s, port, close: () => new Promise((ok) => s.close(ok)) };
}

// As any mail program reads it (RFC 5322, 2045, 2047).
function read(raw) {
	const [head, body] = raw.split(/\r\n\r\n([^]*)/);
	const fields = {};
	for (const line of head.replace(/\r\n[ \t]+/g, " ").split("\r\n")) {
		const [, name, value] = /^([A-Za-z-]+): (.*)$/.exec(line);
		assert.ok(!(name in fields), `${name} twice`);
		fields[name] = value.replace(/\?= =\?/g, "?==?").replace(
			/=\?utf-8\?B\?([^?]*)\?=/g, (_, b) => Buffer.from(b, "base64")
				.toString("utf8"));
	}
	return { ...fields, text: Buffer.from(body, "base64").toString("utf8") };
}
const letters = () => sql(db, "SELECT count(*) FROM guichet.letter");
async function next(n = got.length + 1) {
	await counter.until(() => got.length >= n, `letter ${n}`);
	await counter.until(() => letters() === "0", "settled");
	return read(got[n - 1].raw);
}

before(async () => {
	const tls = certificates(temporary());
	server = await startServer(tls);
	const secret = join(temporary(), "password");
	writeFileSync(secret, "pa ss\n");
	chmodSync(secret, 0o600);
	counter = await startCounter({ settings: {
		organisation: { name: "Énergie du Rhône, direction de la relation aux clients" },
		log: { level: "info" },
		mail: { mode: "smtp", server: `localhost:${server.port}`,
			ca_file: tls.ca, user: "counter", password_file: secret,
			from: "guichet@energie.example", retry_s: 1, deadline_ms: 1500 } } });
	db = counter.db.url;
	source = /^url = (.*)$/m.exec(readFileSync(
		`${counter.settings.catalogue.adapters}/energy/source.conf`, "utf8"))[1];
	ref = counter.people[0].reference;
	sql(source, `UPDATE crm.client SET mail = 'camille@clients.example',
		langue = 'fr' WHERE id_client = '${ref}'`);
	alpha = counter.register("alpha");
	camille = await counter.customer(0);
});
after(async () => {
	await counter?.stop();
	await server?.close();
});

test("a receipt, over TLS, in her language, from who we are", async () => {
	await alpha.connect(camille);
	const m = await next();
	const [{ secure, user, from, to }] = got;
	assert.deepEqual({ secure, user, from, to }, { secure: true,
		user: "counter", from: "guichet@energie.example",
		to: ["camille@clients.example"] });
	assert.equal(m.Subject, "ALPHA peut désormais recevoir vos données");
	assert.match(m.From, /^Énergie du Rhône, direction .* <guichet@energie/);
	assert.equal(m["Reply-To"], "<dpo@example.org>");
	assert.equal(m["Auto-Submitted"], "auto-generated");
	assert.equal(m["Content-Language"], "fr");
	assert.ok(Math.abs(Date.parse(m.Date) - Date.now()) < 60000);
	assert.match(m.text, /^Bonjour,\n\n/);
	assert.match(m.text, /\n- Contrat de fourniture d.énergie\n/);
	assert.match(m.text, /Vous montrer votre énergie/);
	assert.ok(m.text.includes(`${counter.issuer}/me`));
	assert.ok(got[0].raw.split("\r\n").every((l) => l.length <= 78));
	assert.ok(!/[^\x20-\x7e\r\n]/.test(got[0].raw));
});

test("the end, in English if she prefers; one letter an event", async () => {
	sql(source, `UPDATE crm.client SET langue = 'en'
		WHERE id_client = '${ref}'`);
	const [id] = sql(db, "SELECT id FROM guichet.grants").split("\n");
	await camille.withdraw(id);
	await camille.withdraw(id);
	const m = await next();
	assert.equal(m.Subject, "ALPHA no longer receives your data");
	assert.match(m.text, /You stopped ALPHA on/);
	await pause(1500);
	assert.equal(got.length, 2);
});

test("a reminder before the end, once, and the journal says so", async () => {
	const t = await alpha.connect(camille);
	await next();
	sql(db, `UPDATE guichet.grants SET created = now() - interval '300 days',
		expires = now() + interval '20 days' WHERE id = '${t.grant_id}'`);
	await counter.until(() => got.length === 4, "reminder", 30000);
	assert.match(read(got[3].raw).Subject, /stops receiving your data on/);
	const lines = () => sql(db, `SELECT count(*) FROM guichet.journal_line
		WHERE grant_id = '${t.grant_id}' AND
		convert_from(leaf, 'UTF8') LIKE '%"consent.expiring"%'`);
	await counter.until(() => lines() === "1", "line");
	assert.equal(letters(), "0");
	assert.equal(sql(db, `SELECT reminded = expires FROM guichet.grants
		WHERE id = '${t.grant_id}'`), "t");
	assert.match((await camille.ask("/me")).text, /fin prochaine|bientôt/);
	await camille.withdraw(t.grant_id);
	await next();
});

test("a name with line ends, an address with two: no field is forged",
	async () => {
	const n = got.length;
	sql(db, `UPDATE guichet.client SET name = E'Evil\\r\\nBcc: all@x.example\\r\\n\\r\\n<b>'
		WHERE id = 'alpha'`);
	const t = await alpha.connect(camille);
	const m = await next(n + 1);
	assert.deepEqual(got[n].to, ["camille@clients.example"]);
	assert.ok(!("Bcc" in m));
	assert.match(m.Subject, /^Evil {2}Bcc: all@x\.example/);
	assert.ok(!/\nBcc/.test(m.text));
	sql(db, "UPDATE guichet.client SET name = 'ALPHA' WHERE id = 'alpha'");
	for (const bad of ["a@x.example\\r\\nBcc: b@x.example", "-oQ/tmp@x.example",
		"a@x.example, b@y.example"]) {	// more in tests/unit/http.c
		sql(source, `UPDATE crm.client SET mail = E'${bad}'
			WHERE id_client = '${ref}'`);
		sql(db, `INSERT INTO guichet.letter (grant_id, subject_id, kind)
			SELECT id, subject_id, 'given' FROM guichet.grants
			WHERE id = '${t.grant_id}'`);
		await counter.until(() => letters() === "0", bad);
		assert.equal(got.length, n + 1, bad);
	}
	sql(source, `UPDATE crm.client SET mail = 'camille@clients.example'
		WHERE id_client = '${ref}'`);
});

const put = (attempts = 0) => sql(db, `DELETE FROM guichet.letter;
	INSERT INTO guichet.letter (grant_id, subject_id, kind, attempts)
	SELECT id, subject_id, 'given', ${attempts}
	FROM guichet.grants ORDER BY created DESC LIMIT 1`);
const row = (what) => sql(db, `SELECT ${what} FROM guichet.letter`);

test("refused for now: tried again; refused for good: given up, and kept",
	async () => {
	const n = got.length;
	refuse = Object.assign(new Error("later"), { responseCode: 451 });
	put();
	await counter.until(() => row("attempts > 1 AND reason LIKE '451%'") ===
		"t", "tried twice");
	refuse = undefined;
	await next(n + 1);
	refuse = Object.assign(new Error("no such box"), { responseCode: 550 });
	put(2);
	await counter.until(() => row("due IS NULL") === "t", "given up");
	assert.match(row("reason"), /^550/);
	refuse = undefined;
	sql(db, "DELETE FROM guichet.letter");
});

test("a slow server is given up on, and asked again", async () => {
	const n = got.length;
	wait = 3000;
	put();
	await counter.until(() => row("reason IS NOT NULL") === "t", "too slow");
	wait = 0;
	await next(n + 2);
	const [a, b] = got.slice(n).map((l) => read(l.raw)["Message-ID"]);
	assert.equal(a, b);	// she is shown one
});

test("a source that is away loses no letter", async () => {
	const n = got.length;
	sql(source, "ALTER TABLE crm.client RENAME TO hidden");
	put();
	await counter.until(() => row("reason IS NOT NULL") === "t", "away");
	sql(source, "ALTER TABLE crm.hidden RENAME TO client");
	await next(n + 1);
});

test("kill -9 while a letter leaves: it arrives all the same", async () => {
	const n = got.length;
	wait = 500;
	put();
	await counter.until(() => got.length > n, "under way");
	counter.kill("push");
	wait = 0;
	assert.equal(letters(), "1");
	sql(db, "UPDATE guichet.letter SET due = now()");	// the lease, sooner
	await counter.until(() => got.length > n + 1, "again");
	await counter.until(() => letters() === "0", "settled");
	const ids = new Set(got.slice(n).map((l) => read(l.raw)["Message-ID"]));
	assert.equal(ids.size, 1);
});

test("one who died is written to no more", async () => {
	const n = got.length, file =
		`${counter.settings.catalogue.adapters}/energy/customers.sql`;
	writeFileSync(file, `SELECT i.id_client AS customer, 'deceased' AS reason,
		i.mail AS email FROM crm.client AS i WHERE i.id_client = :customer`);
	await counter.reload();
	put();
	await counter.until(() => letters() === "0", "dropped");
	assert.equal(got.length, n);
});

test("a certificate nobody vouches for: nothing is said to that server",
	async () => {
	const other = await startServer(certificates(temporary()));
	const n = got.length;
	counter.change({ mail: { ...counter.settings.mail,
		server: `localhost:${other.port}` } });
	writeFileSync(`${counter.settings.catalogue.adapters}/energy/customers.sql`,
		`SELECT i.id_client AS customer, NULL AS reason, i.mail AS email
		FROM crm.client AS i WHERE i.id_client = :customer`);
	await counter.reload();
	put();
	await counter.until(() => row("reason IS NOT NULL") === "t", "refused");
	assert.match(row("reason"), /SSL|certificate/);
	assert.equal(got.length, n);
	await other.close();
});

test("by a program: the letter on its input, the address its only word",
	async () => {
	const dir = temporary(), script = join(dir, "hook");
	writeFileSync(script, `#!/bin/sh
[ -e ${dir}/once ] || { touch ${dir}/once; exit 75; }
printf '%s\\n' "$#" "$@" >${dir}/to; cat >${dir}/letter.tmp
mv ${dir}/letter.tmp ${dir}/letter\n`);
	chmodSync(script, 0o755);
	counter.change({ mail: { mode: "command", command: script, retry_s: 1 } });
	await counter.reload();
	put();
	await counter.until(() => letters() === "0", "handed over");
	assert.equal(readFileSync(`${dir}/to`, "utf8"),
		"1\ncamille@clients.example\n");
	assert.match(read(readFileSync(`${dir}/letter`, "utf8")).To,
		/<camille@clients\.example>/);
});

test("settings that cannot work are refused before a port opens", () => {
	for (const [mail, said] of [
		[{ mode: "smtp", server: "mail.example:25", tls: "none" }, /in the clear/],
		[{ mode: "smtp", from: "a@b\tc" }, /no e-mail address/],
		[{ mode: "command", command: "/nowhere" }, /cannot be run/],
		[{ mode: "smtp", password_file: "" }, /go together/]]) {
		counter.change({ mail });
		const r = guichet("serve", "--config", counter.config);
		assert.equal(r.code, 78, r.err);
		assert.match(r.err, said);
		assert.match(r.err, /E135/);
	}
});
