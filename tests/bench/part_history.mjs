// SPDX-License-Identifier: Apache-2.0
// Two years of half-hours of one customer in one request: how long, and how
// much memory. Stands alone: node tests/bench/part_history.mjs
import { readFileSync } from 'node:fs';
import { startPostgres } from '../support/postgres.mjs';

const pg = process.env.GUICHET_TEST_PG ? undefined : startPostgres();
if (pg) process.env.GUICHET_TEST_PG = pg.url;
const { startGranted } = await import('../support/granted.mjs');
const { sql } = await import('../support/postgres.mjs');
const s = await startGranted({ customers: 20, days: 731,
  settings: { server: { web_workers: 1 }, log: { level: 'info' },
    pull: { calls_per_minute: 0, calls_per_day: 0 } } });
const who = sql(s.energy.url, `SELECT id_client FROM crm.rattachement AS r
  JOIN si.courbe_jour AS k ON k.pdl = r.pdl AND k.courante
   AND k.jour BETWEEN r.date_deb AND r.date_fin
  GROUP BY 1 ORDER BY sum(cardinality(k.soutirage)) DESC LIMIT 1`);
const g = s.grant(who), [pid] = s.gateway.pids('web');
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const median = (l) => l.sort((a, b) => a - b)[l.length >> 1];
for (const [name, headers] of [['as it is', {}], ['gzip', { 'accept-encoding': 'gzip' }]]) {
  const took = [];
  let r;
  for (let i = 0; i < 21; i++) {
    const began = performance.now();
    r = await s.raw('/v1/datasets/energy.load-curve/history', g, headers);
    took.push(performance.now() - began);
  }
  if (r.status !== 200) throw new Error(r.body.toString());
  console.log(`history ${name}: ${median(took).toFixed(0)} ms, ${(r.body.length / 1e6).toFixed(2)} MB, ` +
    `peak ${(peak() / 1024).toFixed(1)} MiB`);
}
const points = JSON.parse((await s.raw('/v1/datasets/energy.load-curve/history', g)).body)
  .records.reduce((n, r) => n + r.readings.length, 0);
console.log(`points: ${points}`);
await s.stop();
pg?.remove();
