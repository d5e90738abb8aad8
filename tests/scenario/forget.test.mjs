// SPDX-License-Identifier: Apache-2.0
// The journal forgets a person, or what is too old: what linked it to anybody is
// gone, and tree, proofs and old checkpoints verify as before.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { program, writeSettings } from "../support/ground.mjs";
import { judge } from "../support/judge.mjs";
import { Ledger } from "../support/ledger.mjs";

const LINES = 400, day = 86400000;
let ledger, ada, bob, kept, proof, one;

before(() => {
	ledger = new Ledger();
	[ada, bob] = [ledger.person("C-ADA"), ledger.person("C-BOB")];
	const lines = Array.from({ length: LINES }, (_, i) => ledger.line({
		at: Date.now() - (LINES - i) * day, person: i % 4 ? bob : ada, to: "cozy",
		ds: "energy.invoice@1", n: i, side: { call: `call-${i}` } }));
	ledger.write(lines);
	ledger.order();
	one = lines[8];
	kept = join(ledger.dir, "kept");
	writeFileSync(kept, ledger.must("journal", "checkpoint"));
	proof = join(ledger.dir, "p.tlog-proof");
	writeFileSync(proof, ledger.must("journal", "prove", one.id));
	ledger.sql("SELECT guichet.journal_facts(10000)");
});
after(() => ledger?.db.drop());

const erase = (...more) => ledger.run("customer", "erase", "C-ADA",
	"--reason", "request 17", ...more);
const hers = () => Number(ledger.sql(`SELECT count(*) FROM guichet.journal_line
	WHERE subject_id = '${ada.id}'`));
function verifies(entries = LINES) {
	const dir = join(ledger.dir, `x${Math.random()}`);
	ledger.must("journal", "export", dir, "--sides");
	const r = ledger.run("journal", "verify", dir, "--known", kept);
	assert.equal(r.code, 0, r.out);
	const p = spawnSync("python3", [join(dir, "verify.py"), dir, "--known", kept],
		{ encoding: "utf8", env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
	assert.equal(p.status, 0, p.stdout);
	assert.match(p.stdout, new RegExp(`${entries} of ${entries} entries`));
	assert.equal(ledger.run("journal", "verify").code, 0);
	return dir;
}

test("a legal hold keeps her lines until it is released", () => {
	assert.equal(ledger.run("journal", "hold", "set").code, 64, "a reason");
	assert.equal(ledger.run("journal", "hold", "set", "--customer", "C-NOBODY",
		"--reason", "x").code, 65);
	const id = ledger.must("journal", "hold", "set", "--customer", "C-ADA",
		"--reason", "case 12").trim();
	assert.match(erase().err, /legal hold/);
	assert.match(ledger.must("journal", "hold", "list"),
		new RegExp(`^${id}  2\\S+  one +holds +case 12\n$`));
	assert.equal(hers(), LINES / 4);
	ledger.must("journal", "hold", "release", id, "--reason", "closed");
	assert.match(ledger.must("journal", "hold", "list"), /released/);
	assert.equal(ledger.run("journal", "hold", "release", id, "--reason", "x").code,
		65);
});

test("while she allows somebody to receive, nothing is erased", () => {
	ledger.sql(`INSERT INTO guichet.client (id, kind, name) VALUES
		('cozy', 'cozy', 'Cozy') ON CONFLICT DO NOTHING;
		INSERT INTO guichet.grants (id, client_id, subject_id, pairwise, datasets,
			details, purpose, language, notice_sha256, expires)
		VALUES (gen_random_uuid(), 'cozy', '${ada.id}', 'p', '{x}', '[]', 'p', 'fr',
			'', now() + interval '1 day')`);
	assert.match(erase().err, /still allows/);
	assert.equal(hers(), LINES / 4);
	ledger.sql("UPDATE guichet.grants SET state = 'withdrawn'");
});

test("erased: key, sides and salts are gone, in every table", () => {
	const r = erase();
	assert.equal(r.code, 0, r.err);
	assert.match(r.out, /100 side records/);
	assert.equal(hers(), 0);
	for (const table of ["subject", "grants", "journal_fact", "journal_line",
		"subscription", "destination"])
		assert.equal(ledger.sql(`SELECT count(*) FROM guichet.${table} AS t
			WHERE t::text LIKE '%${ada.id}%' OR t::text LIKE '%C-ADA%'`), "0", table);
	assert.equal(ledger.sql(`SELECT count(*) FROM guichet.journal_line
		WHERE salt IS NOT NULL AND subject_id IS NULL AND log = 0`), "0");
	ledger.order();
	const line = JSON.parse(ledger.sql(`SELECT convert_from(leaf, 'UTF8') FROM
		guichet.journal_line WHERE convert_from(leaf, 'UTF8') LIKE
		'%subject.erased%'`));
	assert.equal(line.n, 100);
	assert.equal(line.tag, undefined);
	assert.match(erase().err, /or she was erased/);
});

test("tree, proofs and old checkpoints verify as before", () => {
	const dir = verifies();
	const vkey = readFileSync(join(dir, "vkey"), "utf8").trim();
	writeFileSync(join(ledger.dir, "leaf"), one.leaf);
	assert.deepEqual(judge("proof", proof, vkey, join(ledger.dir, "leaf")),
		{ good: true, said: "ok 8" });
	assert.deepEqual(judge("export", dir, kept), { good: true,
		said: `ok ${LINES}` });
});

test("purged: bodies older than a day go, hashes stay, and all verifies", () => {
	const to = new Date(Date.now() - 100 * day).toISOString().slice(0, 10);
	assert.equal(ledger.run("journal", "purge", "--to", to).code, 64);
	const all = ledger.must("journal", "hold", "set", "--reason", "audit").trim();
	assert.match(ledger.must("journal", "purge", "--to", to, "--reason", "12 months"),
		/^0 lines/);
	ledger.must("journal", "hold", "release", all, "--reason", "done");
	const n = Number(/^(\d+) lines/.exec(ledger.must("journal", "purge", "--to", to,
		"--reason", "12 months"))[1]);
	assert.ok(n >= 299 && n <= 301, String(n));
	assert.equal(Number(ledger.sql(`SELECT count(*) FROM guichet.journal_line
		WHERE log = 0 AND leaf IS NULL`)), n);
	assert.equal(Number(ledger.sql(`SELECT count(*) FROM guichet.journal_fact
		WHERE log = 0`)), LINES - n);
	verifies();
	// a body that was changed is still told from one that was purged
	ledger.sql(`UPDATE guichet.journal_line SET leaf = '{}' WHERE id = '${one.id}'`);
	const r = ledger.run("journal", "verify");
	assert.equal(r.code, 1);
	assert.match(r.out, /entry 8 /);
	ledger.sql(`UPDATE guichet.journal_line SET leaf = NULL WHERE id = '${one.id}'`);
	ledger.order();
	assert.equal(ledger.sql(`SELECT count(*) FROM guichet.journal_line WHERE
		convert_from(leaf, 'UTF8') ~ '"ev":"(journal.purged|hold.set|hold.released)"'
		`), "6");
});

// ---- two persons ----

const root = process.getuid() === 0;
test("four eyes: what one asks for another confirms, after the delay",
	{ skip: !root && "only root can be somebody else" }, () => {
	const set = (more) => writeSettings(ledger.config, { ...ledger.settings,
		journal: more });
	const nobody = (...args) => {
		const r = spawnSync("setpriv", ["--reuid", "65534", "--clear-groups", "--",
			program, ...args, "--config", ledger.config], { encoding: "utf8" });
		return { code: r.status, out: r.stdout, err: r.stderr };
	};
	const asked = (...args) => {
		const r = ledger.run(...args);
		assert.equal(r.code, 0, r.err);
		return /^(\S{36})  asked, nothing is done yet/.exec(r.out)[1];
	};
	const ev = (name) => ledger.sql(`SELECT json_build_object('l',
		convert_from(leaf, 'UTF8')::json, 's', convert_from(side, 'UTF8')::json)
		FROM guichet.journal_line WHERE convert_from(leaf, 'UTF8') LIKE
		'%"ev":"${name}"%' ORDER BY id`).split("\n").filter(Boolean)
		.map((l) => JSON.parse(l));
	chmodSync(ledger.dir, 0o755);
	chmodSync(ledger.config, 0o644);
	const hold = ledger.must("journal", "hold", "set", "--reason", "case 13").trim();
	const today = new Date().toISOString().slice(0, 10);
	const bodies = () => ledger.sql(`SELECT count(*) FROM guichet.journal_line
		WHERE log = 0 AND leaf IS NOT NULL`);

	set({ four_eyes: "yes", forget_delay_s: 3600 });
	const release = asked("journal", "hold", "release", hold, "--reason", "closed");
	assert.equal(ev("forgetting.asked").at(-1).l.oc, "release");
	assert.equal(ev("forgetting.asked").at(-1).s.by, "root");
	assert.match(ledger.must("journal", "hold", "list"), /holds +case 13/);
	const own = ledger.run("journal", "confirm", release);
	assert.equal(own.code, 77);
	assert.match(own.err, /root.*asked for it yourself/);
	const early = nobody("journal", "confirm", release);
	assert.equal(early.code, 75, early.err);
	assert.match(ledger.must("journal", "confirm"), /for another person to confirm/);
	ledger.sql("UPDATE guichet.forgetting SET asked = now() - interval '1 hour'");
	assert.match(nobody("journal", "confirm").out, /release +can be confirmed +closed/);
	assert.equal(nobody("journal", "confirm", release).code, 0);
	assert.match(ledger.must("journal", "hold", "list"), /released +case 13/);
	const freed = ev("hold.released").at(-1);
	assert.equal(freed.s.by, "nobody");
	assert.equal(freed.s.reason, "closed");
	assert.equal(nobody("journal", "confirm", release).code, 65, "once");

	set({ four_eyes: "yes" });
	const before = bodies();
	assert.notEqual(before, "0");
	const purge = asked("journal", "purge", "--to", today, "--reason", "13 months");
	assert.equal(bodies(), before);
	assert.equal(ledger.run("journal", "confirm", purge).code, 77);
	const done = nobody("journal", "confirm", purge);
	assert.match(done.out, new RegExp(`^${before} lines of restitution purged`));
	assert.equal(bodies(), "0");
	assert.equal(ev("journal.purged").at(-1).l.n, Number(before));
	assert.equal(ledger.run("journal", "confirm", "nonsense").code, 64);
	ledger.order();
	assert.equal(ledger.run("journal", "verify").code, 0);
});
