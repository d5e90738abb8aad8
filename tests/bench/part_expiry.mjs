// SPDX-License-Identifier: Apache-2.0
// Ten million access tokens whose hour is past: what is left of them, and how
// long the slowest statement takes while they go and others ask.
// Stands alone: node tests/bench/part_expiry.mjs [--tokens N]
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { guichet, temporary, writeSettings } from '../support/ground.mjs';
import { createDatabase, sql, startPostgres } from '../support/postgres.mjs';

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

// while they go, somebody asks about a token every few milliseconds
const script = `SET plan_cache_mode = force_generic_plan;
\\timing on
${Array(400).fill(`SELECT count(*) FROM guichet.access_token WHERE hash = '\\x00'
  AND expires > now() AND expires < now() + interval '2 hours';`).join('\n')
  .replaceAll('\n  AND', ' AND')}`;
const psql = (args, input) => new Promise((done) => {
  let text = '';
  const child = spawn('psql', ['-X', '-q', '-A', '-t', db.url, ...args]);
  child.stdout.on('data', (d) => { text += d; });
  child.on('close', () => done(times(text)));
  child.stdin.end(input);
});
const times = (text) => [...text.matchAll(/Time: ([\d.]+) ms/g)].map((m) => Number(m[1]));
const [dropped, asked] = await Promise.all([psql(['-c', '\\timing on',
    ...Array(200).fill(['-c', 'SELECT guichet.partitions_step()']).flat()]),
  psql([], script)]);
asked.sort((a, b) => a - b);
console.log(`tokens: ${n}, ${before.toFixed(2)} GB before, ${size().toFixed(3)} GB after`);
console.log(`going: ${Math.max(...dropped).toFixed(1)} ms; asking meanwhile: median ` +
  `${asked[asked.length >> 1]} ms, slowest ${asked.at(-1)} ms`);
db.drop?.();
pg?.remove();
