// SPDX-License-Identifier: Apache-2.0
// Ten million access tokens whose hour is past: what is left of them, and how
// long the slowest statement takes while they go and others ask.
// Stands alone: node tests/bench/part_expiry.mjs [--tokens N]
import { createHash } from 'node:crypto';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { guichet, temporary, writeSettings } from '../support/ground.mjs';
import { createDatabase, sql, startPostgres } from '../support/postgres.mjs';
import { printFigure } from './measure.mjs';

const n = Number(process.argv[process.argv.indexOf('--tokens') + 1]) || 10e6;
const pg = process.env.GUICHET_TEST_PG ? undefined : startPostgres();
if (pg) process.env.GUICHET_TEST_PG = pg.url;
const db = createDatabase('expiry'), dir = temporary();
const config = writeSettings(join(dir, 'guichet.conf'), {
  organisation: { name: 'Bench', contact: 'dpo@example.org' },
  server: { public_url: 'https://counter.example' }, database: { url: db.url },
  keys: { directory: join(dir, 'keys') } });
const made = guichet('migrate', '--config', config);
if (made.code !== 0) throw new Error(made.err);
const size = () => Number(sql(db.url, `SELECT sum(pg_total_relation_size(relid))
  FROM pg_partition_tree('guichet.access_token')`)) / 1e9;

// an hour that is past since long, filled as the token endpoint fills it
sql(db.url, `CREATE TABLE guichet.access_token_2020010100 PARTITION OF
  guichet.access_token FOR VALUES FROM ('2020-01-01 00:00Z') TO ('2020-01-01 01:00Z');
  INSERT INTO guichet.access_token (hash, grant_id, client_id, binding, thumbprint, expires)
  SELECT sha256(i::text::bytea), gen_random_uuid(), 'bench', 'dpop',
    encode(sha256('k'), 'base64'), '2020-01-01 00:00Z'::timestamptz + i % 3600 * interval '1 s'
  FROM generate_series(1, ${n}) AS i;`);
const before = size();

// while they go, others ask about tokens and are given new ones, without a pause
const { default: postgres } = await import('pg');
const at = new URL(db.url.replace('postgresql:///', 'http://x/')).searchParams;
const connect = async () => {
  const c = new postgres.Client({ host: at.get('host'), database: db.name,
    user: at.get('user') });
  await c.connect();
  return c;
};
const timed = async (list, question) => {
  const began = performance.now();
  await question;
  list.push(performance.now() - began);
};
let going = true, made_n = 0;
const asked = [];
const others = [0, 1].map(async (i) => {
  const c = await connect();
  while (going) {
    await timed(asked, i ? c.query({ name: 'issue', text: `INSERT INTO guichet.access_token
      (hash, grant_id, client_id, binding, thumbprint, expires)
      VALUES ($1, gen_random_uuid(), 'bench', 'dpop', 'k', now() + interval '10 min')`,
    values: [createHash('sha256').update(`new ${made_n++}`).digest()] }) :
      c.query({ name: 'look', text: `SELECT count(*) FROM guichet.access_token
        WHERE hash = $1 AND expires > now() AND expires < now() + interval '2 hours'`,
      values: [Buffer.alloc(32)] }));
  }
  await c.end();
});

// the chore's own statement, and how much of it with anything locked
const c = await connect(), locked = [], whole = [];
await new Promise((done) => setTimeout(done, 300));
for (let left = true; left;) {
  await timed(whole, (async () => {
    await c.query('BEGIN');
    await timed(locked, c.query('SELECT guichet.partitions_step() AS made')
      .then((r) => { left = r.rows[0].made !== 0; }));
    await c.query('COMMIT');
  })());
}
going = false;
await Promise.all(others);
await c.end();
asked.sort((x, y) => x - y);
const most = (list) => Math.max(...list), after = size(), slowest = asked.at(-1);
printFigure(`${(n / 1e6).toFixed(1)} million tokens after their hour`, `${after.toFixed(3)} GB, ${
  before.toFixed(2)} before`, 'under 1 GB', after < 1);
printFigure('  the slowest statement of others while they go', `${slowest.toFixed(1)} ms of ${
  asked.length}, median ${asked[asked.length >> 1].toFixed(2)} (load ${
  loadavg()[0].toFixed(1)})`, 'at most 50 ms', slowest <= 50);
printFigure('  the chore itself, with anything locked', `${most(locked).toFixed(1)} ms`,
  'at most 50 ms', most(locked) <= 50);
console.log(`         and with the files going, behind its commit, when nobody waits for it: ${
  most(whole).toFixed(0)} ms`);
db.drop?.();
pg?.remove();
process.exit(0);
