// SPDX-License-Identifier: Apache-2.0
// Delivery in large: run by name, each takes minutes.
//
//     node tests/bench/part_bulk.mjs idle [--n 1000000]	subscriptions with nothing to do
//     node tests/bench/part_bulk.mjs history [--meters 400] [--days 365]
//         a year of quarter-hours of 400 meters, then once more with a kill -9 in its middle
//     node tests/bench/part_bulk.mjs back [--n 8000]	a PIMS that was away for a day
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { addGrants, addRecipients, latency, round, sleep, startDelivering, startSink }
  from './delivering.mjs';
import { printFigure } from './measure.mjs';
import { pssMiB } from './procs.mjs';
import { root } from '../support/ground.mjs';

const args = process.argv.slice(2);
const number = (name, otherwise) => Number(args[args.indexOf(name) + 1]) || otherwise;
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const recipient = (name, sink, path = 'hook') => ({ id: name,
  url: `https://${name}.pims.localhost:${sink.port}/${path}` });

// ---- so many subscriptions, nothing due
const CLAIM = readFileSync(join(root, 'gateway/sql/subscription_claim.sql'), 'utf8')
  .replace(/^--.*$/gm, '');
async function idle() {
  const n = number('--n', 1000000);
  const b = await startDelivering({ customers: 1 }), sink = await startSink();
  const list = Array.from({ length: 100 }, (_, i) => recipient(`idle${i}`, sink));
  addRecipients(b, list);
  for (let first = 1; first <= n; first += 100000)
    addGrants(b, first, Math.min(n, first + 99999), list);
  await b.serve();
  await sleep(20000);
  const pss = pssMiB(b.gateway.pid);
  printFigure(`memory of all processes, ${n} subscriptions idle`, `${pss.toFixed(0)} MiB`,
    'at most 64 MiB', pss <= 64);
  const text = b.ask(`PREPARE claim AS ${CLAIM.replace(/;\s*$/, '')};
    ${`EXPLAIN (ANALYZE, SUMMARY ON) EXECUTE claim('bench', 60, 512, 4, 500, '', '{}', '{}');\n`
    .repeat(21)}`);
  const ms = median([...text.matchAll(/Execution Time: ([\d.]+) ms/g)].map((m) => Number(m[1])));
  printFigure('  a claim that finds nothing', `${ms.toFixed(2)} ms`, 'under 5 ms', ms < 5);
  await b.stop();
  sink.stop();
}

// ---- a year of a small town
const peakMiB = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`,
  'utf8'))[1]) / 1024;
async function history() {
  const meters = number('--meters', 400), days = number('--days', 365), all = meters * days;
  const b = await startDelivering({ customers: meters, days, points: 96 });
  const sink = await startSink(), list = [recipient('town', sink)];
  addRecipients(b, list);
  addGrants(b, 1, meters, list);
  await b.serve();
  const first = await round(b, sink, { most_s: 900, messages: Math.ceil(days / 100) * meters });
  const rate = (first.f.records - 100) / (first.f.took_us / 1e6);
  const [pid] = b.pids('push');
  const peak = peakMiB(pid);
  console.log(`  ${first.f.records} documents of ${Math.round(first.f.bytes / first.f.records)
  } bytes, ${first.messages} messages; CPU of a document: ${
    (first.pushUs * first.messages / all).toFixed(0)} us in the push process, ${
    (first.pgUs * first.messages / all).toFixed(0)} in PostgreSQL`);
  printFigure(`${all} meter-days of 96 readings, delivered and acknowledged`,
    `${rate.toFixed(0)}/s`, 'at least 2000/s', rate >= 2000);
  printFigure('  peak memory of the push process', `${peak.toFixed(0)} MiB`,
    'at most 128 MiB', peak <= 128);
  await sink.forget();
  b.wake();
  while ((await sink.figures()).records < all / 2) await sleep(20);
  process.kill(b.pids('push')[0], 'SIGKILL');
  const leases = Number(b.ask('SELECT count(*) FROM guichet.subscription WHERE lease_until IS NOT NULL'));
  const killed = performance.now();
  while (b.left() > 0) await sleep(200);
  const f = await sink.figures(), repeats = f.records - f.distinct;
  console.log(`  killed with ${leases} under way; all settled ${
    ((performance.now() - killed) / 1000).toFixed(1)} s later`);
  printFigure('  lost through a kill -9', String(all - f.distinct), '0', f.distinct === all);
  printFigure('  repeated documents', String(repeats), `at most ${leases * 100} (100 for each ` +
    'attempt in flight)', repeats <= leases * 100);
  await b.stop();
  sink.stop();
}

// ---- away for a day
async function back() {
  const n = number('--n', 8000), b = await startDelivering({ customers: n });
  const sink = await startSink();
  const good = Array.from({ length: 20 }, (_, i) => recipient(`good${i}`, sink));
  const away = recipient('away', sink);
  addRecipients(b, [...good, away]);
  addGrants(b, 1, Math.min(n, 2000), good);
  addGrants(b, 1, n, [away]);
  await b.serve();
  await round(b, sink, { where: `s.host LIKE 'good%'` });
  const alone = median([await latency(b), await latency(b), await latency(b)]);
  // its day: what would have come at 1/10 of what is caught up
  const began = performance.now();
  b.wake(`s.host LIKE 'away%'`);
  const beside = [];
  let done;
  const watching = (async () => {
    while (b.left() > 200) await sleep(100);
    done = performance.now();
  })();
  do beside.push(await latency(b, 40)); while (done === undefined);
  await watching;
  const rate = (n - 200) / ((done - began) / 1000), arrivals = n / 86400;
  printFigure(`a PIMS that missed ${n} deliveries in a day catches up`, `${rate.toFixed(0)}/s, ${
    (rate / arrivals).toFixed(0)} times the rate at which they came`, 'at least 10 times',
  rate >= 10 * arrivals);
  const more = median(beside) - alone;
  printFigure('  and moves the p99 of the others by', `${more.toFixed(1)} ms of ${
    alone.toFixed(1)}`, 'at most 10 % or 5 ms', more <= Math.max(5, alone / 10));
  await b.stop();
  sink.stop();
}

console.log(`${cpus().length} cores, ${cpus()[0].model}, load ${loadavg().map((l) => l.toFixed(1))}`);
for (const [name, run] of Object.entries({ idle, history, back }))
  if (args.includes(name)) await run();
if (!args.some((a) => ['idle', 'history', 'back'].includes(a)))
  console.log('say which: idle, history, back');
process.exit();
