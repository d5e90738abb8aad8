// SPDX-License-Identifier: Apache-2.0
// Two gateway hosts on one database, and nothing else between them: a rolling
// restart under load fails no request that a balancer sends to the one that is
// ready; when the leader of the journal dies, or its session is lost while it
// sleeps, lines get their places within five seconds.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { prepareGateway, secondHost, startGateway, until }
	from "../support/gateway.mjs";
import { LINES_WAITING, sql } from "../support/postgres.mjs";
import { join } from "node:path";
import { readFileSync } from "node:fs";

const checkpoint = "/journal/restitution/checkpoint";
let a, b, grounds;

before(async () => {
	const one = await prepareGateway({ settings: { log: { level: "info" },
		journal: { interval_ms: 100 } } });
	grounds = [one, await secondHost(one)];
	a = await startGateway({ ground: grounds[0] });
	b = await startGateway({ ground: grounds[1] });
	await a.until(async () => (await a.ask(checkpoint)).status === 200, "a");
});
after(async () => {
	await a.stop();
	await b.stop();
});

const leads = (g) => g.said("journal leads log=restitution");

test("a rolling restart: no request of a balancer fails", async () => {
	// as HAProxy's check does it: who says ready is asked
	const hosts = () => [a, b].filter((g) => g.up);
	const failures = [];
	let calls = 0, over = false;
	a.up = b.up = true;
	const load = Promise.all([0, 1, 2, 3].map(async (i) => {
		for (let n = i; !over; n++) {
			const list = hosts(), g = list[n % list.length];
			const r = await g.ask(checkpoint).catch((e) => e);
			calls++;
			if (r.status !== 200)
				failures.push(r.message ?? r.status);
		}
	}));
	const restart = async (g, ground) => {
		g.up = false;
		await new Promise((done) => setTimeout(done, 100));
		assert.equal(await g.stop(), 0);
		const next = await startGateway({ ground });
		next.up = true;
		return next;
	};
	await until(() => calls > 50, "some calls");
	a = await restart(a, grounds[0]);
	await until(() => calls > 100, "more calls");
	b = await restart(b, grounds[1]);
	const so_far = calls;
	await until(() => calls > so_far + 50, "calls to both");
	over = true;
	await load;
	assert.deepEqual(failures, [], `of ${calls}`);
});

test("the leader loses its session asleep, or is killed: 5 s at most",
	async () => {
	await until(() => leads(a) + leads(b) > 0, "a leader");
	for (const signal of ["SIGSTOP", "SIGKILL"]) {
		const [leader, other] = leads(b) > 0 && leads(a) === 0 ? [b, a] : [a, b];
		const before = leads(other);
		const pid = leader.kill("journal", 0, signal);
		if (signal === "SIGSTOP")
			// its session ends when the network forgets it; as TCP would
			sql(leader.db.url, `SELECT pg_terminate_backend(pid) FROM pg_locks
				WHERE locktype = 'advisory' AND granted AND database = (SELECT oid
				FROM pg_database WHERE datname = current_database())`);
		const begun = performance.now();
		sql(leader.db.url, `INSERT INTO guichet.journal_line (id, log, leaf)
			VALUES (gen_random_uuid(), 1, '{"v":1}')`);
		await until(() => sql(leader.db.url, LINES_WAITING) === "0",
			"the line has its place", 15000);
		assert.ok(performance.now() - begun < 5000,
			`${performance.now() - begun} ms`);
		if (signal === "SIGSTOP")
			process.kill(pid, "SIGCONT");
		assert.ok(leads(other) >= before);
	}
	// one history: what was signed before is part of what is signed now
	assert.equal(a.said("stands still") + b.said("stands still"), 0);
	// and each leader's notes end where the next one's begin
	const { url } = a.db;
	await until(() => sql(url, LINES_WAITING) === "0", "all ordered");
	assert.equal(sql(url, `SELECT count(*) FROM guichet.journal_note AS n
		JOIN guichet.journal_note AS m USING (log)
		WHERE n.size < m.size AND n.epoch > m.epoch`), "0");
});

test("who takes over is not blind: a tail that was removed is missed",
	async () => {
	const { url } = a.db;
	const [leader, other] = leads(b) > leads(a) ? [b, a] : [a, b];
	const kept = (g) => readFileSync(join(g.settings.journal.notes_dir ??
		join(g.dir, "keys/notes"), "consent-admin.note"), "utf8");
	const tables = ["line", "bundle", "tile", "note", "head", "turn"];
	sql(url, `BEGIN ISOLATION LEVEL REPEATABLE READ;` + tables.map((x) =>
		`CREATE TABLE kept_${x} AS TABLE guichet.journal_${x};`).join("") +
		"COMMIT");
	const before = Number(kept(other).split("\n")[1]);
	sql(url, `INSERT INTO guichet.journal_line (id, log, leaf)
		VALUES (gen_random_uuid(), 1, '{"v":1}')`);
	await until(() => Number(kept(other).split("\n")[1]) > before &&
		kept(other) === kept(leader), "both keep the note");
	leader.signal("SIGKILL");
	await leader.end();
	sql(url, "BEGIN;" + tables.map((x) => `TRUNCATE guichet.journal_${x};
		INSERT INTO guichet.journal_${x} OVERRIDING SYSTEM VALUE
		SELECT * FROM kept_${x};`).join("") + "COMMIT");
	sql(url, `INSERT INTO guichet.journal_line (id, log, leaf)
		VALUES (gen_random_uuid(), 1, '{"v":2}')`);
	const notes = () => sql(url, "SELECT count(*) FROM guichet.journal_note");
	const published = notes();
	await other.until(() => other.said("code=E309") > 0, "the refusal");
	assert.equal(notes(), published, "nothing was signed");
});
