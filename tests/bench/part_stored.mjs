// SPDX-License-Identifier: Apache-2.0
// What is stored for each thing, indexes included: a line of the journal, a customer
// with a consent and a subscription, a token. The capacity page reckons with it.
// Stands alone: node tests/bench/part_stored.mjs [--n N]
import { startPostgres, sql } from '../support/postgres.mjs';
import { fillJournal } from './journal_fill.mjs';
import { addGrants } from './delivering.mjs';

const n = Number(process.argv[process.argv.indexOf('--n') + 1]) || 200000;
const cluster = startPostgres();
process.env.GUICHET_TEST_PG = cluster.url;
const { Ledger } = await import('../support/ledger.mjs');
const l = new Ledger();
const ask = (text) => sql(l.db.url, text);
const bytes = (like) => Number(ask(`SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)
  FROM pg_class AS c JOIN pg_namespace AS s ON s.oid = c.relnamespace
 WHERE s.nspname = 'guichet' AND c.relkind = 'r' AND c.relname ~ '${like}'`));
const tell = (what, size, per) => console.log(`${what.padEnd(58)} ${String(
  Math.round(size / per)).padStart(6)} bytes`);

const parts = { 'a line of the journal': '^journal_(line|bundle|tile|place|note)',
  '  what reports and audit pages read': '^journal_(fact|hour)' };
const empty = Object.fromEntries(Object.entries(parts).map(([k, p]) => [k, bytes(p)]));
fillJournal(ask, l.config, n);
for (const [name, like] of Object.entries(parts)) tell(name, bytes(like) - empty[name], n);
console.log(`  of ${ask(`SELECT string_agg(relname || ' ' || round(pg_total_relation_size(oid)
  / ${n}.0), ', ' ORDER BY pg_total_relation_size(oid) DESC) FROM pg_class WHERE relkind = 'r'
  AND relname ~ '^journal_' AND pg_total_relation_size(oid) > ${n}`)}`);

const b = { pg: { sql: (_, text) => ask(text) } };
const pims = Array.from({ length: 10 }, (_, i) => ({ id: `p${i}`,
  url: `https://p${i}.example/hook` }));
ask(pims.map(({ id, url }) => `INSERT INTO guichet.client (id, kind, name, datasets)
  VALUES ('${id}', 'webhook', '${id}', '{energy.load-curve}');
  INSERT INTO guichet.endpoint (client_id, url, host, sealed, state)
  VALUES ('${id}', '${url}', '${new URL(url).host}', 'x', 'open')`).join(';'));
const tables = '^(subject|grants|destination|subscription)$', before = bytes(tables);
addGrants(b, 1, n, pims);
tell('a customer, a consent, a subscription', bytes(tables) - before, n);
ask(`INSERT INTO guichet.access_token (hash, grant_id, client_id, binding, thumbprint, expires)
  SELECT sha256(i::text::bytea), gen_random_uuid(), 'p0', 'dpop', encode(sha256('k'), 'base64'),
         now() + interval '5 minutes' FROM generate_series(1, ${n}) AS i`);
tell('an access token, for its hour', Number(ask(`SELECT sum(pg_total_relation_size(relid))
  FROM pg_partition_tree('guichet.access_token')`)), n);
cluster.remove?.();
process.exit(0);
