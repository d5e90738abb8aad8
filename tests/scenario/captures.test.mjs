// SPDX-License-Identifier: Apache-2.0
// Every capture, one writer: transactions that commit late, corrections and
// deletions, of which the naive question (the control) loses some and none of
// ours any. Push and pull stand on one cursor and show the same bytes.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { startReceiver } from "../pims/webhook/receiver.mjs";
import { certificates, guichet, temporary } from "../support/ground.mjs";
import { startCounter } from "../support/oauth.mjs";
import { sql } from "../support/postgres.mjs";
import { shopSource } from "../support/shop.mjs";

const CAPTURES = ["horizon", "trigger", "overlap"];
const ORDERS = 120;
let shop, pims, counter, one, t, pool, customer;

before(async () => {
	const files = certificates(temporary());
	pims = await startReceiver({ key: readFileSync(files.key),
		cert: readFileSync(files.certificate) });
	shop = shopSource(CAPTURES, { conf: { overlap: "overlap_s = 2\n" } });
	counter = await startCounter({ settings: { catalogue: shop.catalogue,
		push: { allow: "127.0.0.0/8 ::1/128", ca_file: files.ca },
		pull: { calls_per_minute: 0 },
		watch: { interval_ms: 200, horizon_margin_ms: 500 },
		journal: { interval_ms: 50 } },
	prepare(ground) {
		const r = guichet("adapter", "triggers", "trigger", "--config",
			ground.config);
		assert.equal(r.code, 0, r.err);
		sql(shop.url, r.out);
		return {};
	} });
	one = counter.register("one", { datasets: CAPTURES.map((c) => `shop.${c}`)
		.join(" ") });
	const client = (...args) => new Promise((done) => execFile(
		process.env.GUICHET_PROGRAM, ["client", ...args, "--config",
			counter.config], (e, out, err) =>
			done({ code: e ? e.code : 0, out, err })));
	const r = await client("endpoint", "one", "--endpoint", pims.url,
		"--payload", "records");
	assert.equal(r.code, 0, r.err);
	pims.keys(r.out);
	assert.equal((await client("prove", "one")).code, 0);
	const person = await counter.customer(0);
	customer = counter.people[0].reference;
	sql(shop.url, `INSERT INTO shop.orders (num, customer, total)
		SELECT 'O' || i, '${customer}', i FROM generate_series(1, ${ORDERS}) i`);
	t = await one.connect(person, { scope: CAPTURES.map((c) => `shop.${c}`)
		.join(" ") });
	pool = new pg.Pool({ connectionString: shop.url, max: 6 });
	await until(() => wrong().length === 0, "the history");
});
after(async () => {
	await counter?.stop();
	await pims?.stop();
	await pool?.end();
});

const until = (question, what, ms) => counter.until(question, what, ms)
	.catch((e) => { throw new Error(`${e.message} ${wrong()}`); });

// What the PIMS holds after all it was brought, in the order it came: number ->
// record; a removal takes it away. The raw text of each is beside it.
function held(dataset) {
	const all = new Map();

	for (const e of pims.of("guichet.records"))
		if (e.data.dataset === dataset)
			for (const { record } of e.data.records)
				if (record.removed)
					all.delete(record.number);
				else
					all.set(record.number, record);
	return all;
}

// Orders that are not there as they are, by data set.
function wrong() {
	const rows = sql(shop.url, `SELECT num || ' ' || total FROM shop.orders
		WHERE customer = '${customer}'`).split("\n").filter(Boolean);

	return CAPTURES.flatMap((c) => {
		const all = held(`shop.${c}`);
		const bad = rows.filter((l) => {
			const [num, total] = l.split(" ");
			return all.get(num)?.total !== Number(total);
		}).map((l) => `${c}: ${l}`);
		return bad.concat(all.size > rows.length ? [`${c}: too many`] : []);
	});
}

// A reader that pulls each data set from its cursor, as a PIMS would.
const pulled = new Map(), cursors = new Map(), texts = new Map();
async function pullAll() {
	for (const c of CAPTURES)
		for (let more = true; more;) {
			const at = cursors.get(c);
			const r = await one.get(`/v1/datasets/shop.${c}?limit=50` +
				(at ? `&cursor=${at}` : ""), t.access_token);
			assert.equal(r.status, 200, r.text);
			const all = pulled.get(c) ?? pulled.set(c, new Map()).get(c);
			for (const d of r.json.removed ?? [])
				all.delete(d.number);
			for (const d of r.json.records)
				all.set(d.number, d.total);
			texts.set(c, (texts.get(c) ?? "") + r.text);
			cursors.set(c, r.json.next);
			more = r.json.more;
		}
}
const pullWrong = () => CAPTURES.filter((c) => JSON.stringify([...pulled
	.get(c)].sort()) !== JSON.stringify(sql(shop.url, `SELECT num || ' ' ||
	total FROM shop.orders WHERE customer = '${customer}'`).split("\n")
	.map((l) => l.split(" ")).map(([n, v]) => [n, Number(v)]).sort()));

test("late commits: every capture loses 0, the naive control loses some",
async () => {
	const naive = new Set(), changed = new Set();
	let last = sql(shop.url, "SELECT clock_timestamp()"), writing = true;
	const control = (async () => {
		for (let more = true; more;) {
			more = writing;
			const { rows } = await pool.query(`SELECT num, changed::text AS at
				FROM shop.orders WHERE changed > $1 ORDER BY changed`, [last]);
			for (const r of rows) {
				naive.add(r.num);
				last = r.at;
			}
			await sleep(20);
		}
	})();
	const reader = (async () => {
		while (writing) {
			await pullAll();
			await sleep(100);
		}
	})();
	const write = async (w) => {
		const db = await pool.connect();
		for (let i = w; i <= ORDERS; i += 4) {
			await db.query("BEGIN");
			await db.query(`UPDATE shop.orders SET total = total + 1000,
				changed = clock_timestamp() WHERE num = $1`, [`O${i}`]);
			changed.add(`O${i}`);
			await sleep(i % 6 === 0 ? 60 + i % 5 * 80 : 0);
			await db.query("COMMIT");
		}
		db.release();
	};
	await Promise.all([1, 2, 3, 4].map(write));
	writing = false;
	await control;
	await reader;
	const lost = changed.size - naive.size;
	assert.ok(lost > 0, "the control lost nothing: this test has no teeth");
	await until(() => wrong().length === 0, "pushed, all of them", 20000);
	await until(async () => {
		await pullAll();
		return pullWrong().length === 0;
	}, "pulled, all of them", 20000);
	console.log(`# ${changed.size} late changes: the control lost ${lost}, ` +
		`${CAPTURES.join(", ")} lost 0 in push and in pull`);
});

test("what is deleted goes in push and in pull; what is corrected comes newer",
async () => {
	sql(shop.url, `WITH gone AS (DELETE FROM shop.orders
		WHERE num IN ('O3', 'O50', 'O77') RETURNING num, customer)
		INSERT INTO shop.gone SELECT num, customer, clock_timestamp() FROM gone;
		UPDATE shop.orders SET total = -1, changed = clock_timestamp()
		 WHERE num IN ('O4', 'O51')`);
	await until(() => wrong().length === 0, "pushed");
	await until(async () => {
		await pullAll();
		return pullWrong().length === 0;
	}, "pulled", 20000);
	for (const c of CAPTURES) {
		assert.equal(held(`shop.${c}`).size, ORDERS - 3, c);
		assert.ok(!pulled.get(c).has("O50"), c);
	}
});

test("push and pull show the same bytes", () => {
	for (const c of CAPTURES) {
		const bodies = pims.of("guichet.records")
			.filter((e) => e.data.dataset === `shop.${c}`)
			.map((e) => e.body).join("\n");
		for (const n of ["O4", "O50", "O51", "O100"]) {
			const last = (text) => [...text.matchAll(new RegExp(
				`\\{[^{}]*"number":"${n}"[^{}]*\\}`, "g"))].at(-1)?.[0];
			assert.ok(last(bodies), `${c} ${n}`);
			assert.equal(last(bodies), last(texts.get(c)), c);
		}
	}
});

test("a change during a send is brought by a send of its own", async () => {
	const correct = () => sql(shop.url, `UPDATE shop.orders SET total =
		total + 1, changed = clock_timestamp() WHERE num = 'O9'`);
	const sends = new Map();

	// while the PIMS takes its time, the same order changes again
	pims.behave = (event) => {
		if (event.type !== "guichet.records")
			return null;
		const n = (sends.get(event.data.dataset) ?? 0) + 1;
		sends.set(event.data.dataset, n);
		if (n > 1)
			return null;
		correct();
		return { wait: 1500 };
	};
	correct();
	await until(() => wrong().length === 0 && sends.size === CAPTURES.length,
		"all of them");
	pims.behave = null;
	for (const c of CAPTURES)
		assert.ok(sends.get(`shop.${c}`) >= 2, c);
});
