// SPDX-License-Identifier: Apache-2.0
// Every capture, one writer: transactions that commit late, corrections and
// deletions, of which the naive question (the control) loses some and none of
// ours any. Push and pull stand on one cursor and show the same bytes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { sql } from "../support/postgres.mjs";
import { startShop } from "../support/shop.mjs";

const CAPTURES = ["horizon", "trigger", "replication", "overlap"];
const ORDERS = 120;
let s, pims, pool;

before(async () => {
	s = await startShop(CAPTURES, { orders: ORDERS,
		conf: { overlap: "overlap_s = 2\n" } });
	pims = s.pims;
	pool = new pg.Pool({ connectionString: s.url, max: 6 });
});
after(async () => {
	await pool?.end();
	await s?.stop();
});

// A reader that pulls each data set from its cursor, as a PIMS would.
const pulled = new Map(), cursors = new Map(), texts = new Map();
async function pullAll() {
	for (const c of CAPTURES)
		for (let more = true; more;) {
			const at = cursors.get(c);
			const r = await s.one.get(`/v1/datasets/shop.${c}?limit=50` +
				(at ? `&cursor=${at}` : ""), s.t.access_token);
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
	.get(c)].sort()) !== JSON.stringify(sql(s.url, `SELECT num || ' ' ||
	total FROM shop.orders WHERE customer = '${s.customer}'`).split("\n")
	.map((l) => l.split(" ")).map(([n, v]) => [n, Number(v)]).sort()));

test("late commits: every capture loses 0, the naive control loses some",
async () => {
	const naive = new Set(), changed = new Set();
	let last = sql(s.url, "SELECT clock_timestamp()"), writing = true;
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
	await s.right("pushed, all of them", 20000);
	await s.until(async () => {
		await pullAll();
		return pullWrong().length === 0;
	}, "pulled, all of them", 20000);
	console.log(`# ${changed.size} late changes: the control lost ${lost}, ` +
		`${CAPTURES.join(", ")} lost 0 in push and in pull`);
});

test("what is deleted goes in push and in pull; what is corrected comes newer",
async () => {
	sql(s.url, `WITH gone AS (DELETE FROM shop.orders
		WHERE num IN ('O3', 'O50', 'O77') RETURNING num, customer)
		INSERT INTO shop.gone SELECT num, customer, clock_timestamp() FROM gone;
		UPDATE shop.orders SET total = -1, changed = clock_timestamp()
		 WHERE num IN ('O4', 'O51')`);
	await s.right("pushed");
	await s.until(async () => {
		await pullAll();
		return pullWrong().length === 0;
	}, "pulled", 20000);
	for (const c of CAPTURES) {
		assert.equal(s.held(c).size, ORDERS - 3, c);
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
	const correct = () => sql(s.url, `UPDATE shop.orders SET total =
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
	await s.until(() => s.wrong().length === 0 && sends.size === CAPTURES.length,
		"all of them");
	pims.behave = null;
	for (const c of CAPTURES)
		assert.ok(sends.get(`shop.${c}`) >= 2, c);
});
