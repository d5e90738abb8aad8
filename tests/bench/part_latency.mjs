// SPDX-License-Identifier: Apache-2.0
// How soon is a change at the PIMS? Committed in the source, delivered by webhook,
// acknowledged; 200 records a second of 800 customers, by each capture, with the
// settings that an installation has. Source, gateway, PIMS and writer on one
// machine, PostgreSQL with fsync.
// Stands alone: node tests/bench/part_latency.mjs [--seconds N] [--rate N]
import { loadavg } from 'node:os';
import { startPostgres } from '../support/postgres.mjs';
import { printFigure } from './measure.mjs';

const option = (name, value) => Number(process.argv[process.argv.indexOf(name) + 1]) || value;
const seconds = option('--seconds', 20), rate = option('--rate', 200), people = 800;
const own = startPostgres({ fsync: true });
process.env.GUICHET_TEST_PG = own.url;
const { default: pg } = await import('pg');
const { sql } = await import('../support/postgres.mjs');
const { startShop } = await import('../support/shop.mjs');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// A customer with one order, and a grant to the PIMS of it: her subscription follows.
const addPeople = (s, capture) => {
  sql(s.url, `INSERT INTO shop.orders (num, customer, total)
    SELECT 'N' || i, 'P' || i, 0 FROM generate_series(1, ${people}) i; ANALYZE`);
  sql(s.counter.db.url, `WITH u AS (INSERT INTO guichet.subject (id, customer, key)
      SELECT gen_random_uuid(), 'P' || i, sha256(('s' || i)::bytea)
        FROM generate_series(1, ${people}) i RETURNING id)
    INSERT INTO guichet.grants (id, client_id, subject_id, pairwise, datasets, details,
        purpose, language, notice_sha256, expires)
    SELECT gen_random_uuid(), 'one', u.id, 'p' || u.id, '{shop.${capture}}',
        '[{"type":"restitution","datasets":["shop.${capture}"]}]', 'p', 'fr', sha256('n'),
        now() + interval '1 day' FROM u`);
};

async function one(capture) {
  // as installed: [watch] and [push] as they come
  const s = await startShop([capture], { orders: 1, settings: { watch: {},
    log: { level: 'info' } }, prepare: (config, shop) =>
    shop.write(capture, `shop.${capture}.removed.sql`) });
  addPeople(s, capture);
  await s.counter.until(() => s.held(capture).size > people, 'the history', 120000);
  const committed = new Map(), took = [];
  s.pims.behave = (event) => {
    const now = performance.now();
    for (const { record } of event.data?.records ?? [])
      if (committed.has(record.total)) {
        took.push(now - committed.get(record.total));
        committed.delete(record.total);
      }
  };
  const pool = new pg.Pool({ connectionString: s.url, max: 8 });
  const began = performance.now(), writes = [];
  for (let n = 1; performance.now() - began < seconds * 1000; n++) {
    writes.push((async () => {
      // each customer in her turn: no change hides one before it
      await pool.query(`UPDATE shop.orders SET total = $1, changed = clock_timestamp()
        WHERE num = $2`, [n, `N${1 + n % people}`]);
      committed.set(n, performance.now());
    })());
    await pause(Math.max(0, began + n * 1000 / rate - performance.now()));
  }
  await Promise.all(writes);
  const real = writes.length / seconds;
  for (const end = Date.now() + 20000; committed.size && Date.now() < end;) await pause(50);
  await pool.end();
  await s.stop();
  took.sort((a, b) => a - b);
  return { real, n: took.length, missing: committed.size,
    at: (part) => took[Math.min(took.length - 1, Math.floor(took.length * part))] };
}

for (const [capture, most] of [['horizon', 5000], ['trigger', 1000], ['replication', 1000]]) {
  const r = await one(capture);
  printFigure(`committed to acknowledged, ${capture}`, `p50 ${r.at(0.5).toFixed(0)}, p99 ${
    r.at(0.99).toFixed(0)} ms at ${r.real.toFixed(0)}/s, ${r.n} records, ${
    r.missing} superseded on the way, load ${loadavg()[0].toFixed(1)}`,
  `p99 at most ${most} ms`, r.at(0.99) <= most);
}
own.remove();
process.exit();
