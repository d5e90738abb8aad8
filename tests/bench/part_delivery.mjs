// SPDX-License-Identifier: Apache-2.0
// What a durable, journalled delivery costs, beside undici without any durability.
//
//     node tests/bench/part_delivery.mjs [--n N] [one] [hosts] [resume] [slow]
//
// one: to one PIMS; hosts: to 2,000; resume: TLS sessions of connections that the PIMS
// closed meanwhile; slow: does a slow PIMS move the others? The sink, undici, PostgreSQL
// and the gateway share the machine: read rates beside the CPU columns.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { addGrants, addRecipients, latency, round, sleep, startDelivering, startSink }
  from './delivering.mjs';
import { place } from './ground.mjs';
import { printFigure } from './measure.mjs';

const args = process.argv.slice(2);
const n = Number(args[args.indexOf('--n') + 1]) || 20000;
const asked = args.filter((a) => ['one', 'hosts', 'resume', 'slow'].includes(a));
const wanted = (part) => asked.length === 0 || asked.includes(part);
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const recipients = (name, count, sink, path = 'hook') => Array.from({ length: count }, (_, i) =>
  ({ id: `${name}${i}`, url: `https://${name}${i}.pims.localhost:${sink.port}/${path}` }));
const row = (what, r) => console.log(`  ${what.padEnd(34)} ${r.rate.toFixed(0).padStart(6)}/s` +
  (r.pushUs === undefined ? ` ${r.us.toFixed(0)} us of CPU each` :
    ` ${r.pushUs.toFixed(0)} us of CPU each in the push process, ${r.pgUs.toFixed(0)} in ` +
    `PostgreSQL, ${r.sinkUs.toFixed(0)} in the sink; ${r.pss.toFixed(0)} MiB`));

const undici = (b, urls, count, connections, bytes) => new Promise((done, fail) => {
  const list = join(place, 'urls.txt');
  writeFileSync(list, urls.join('\n'));
  execFile(process.execPath, [new URL('undici.mjs', import.meta.url).pathname, '@', list, '--',
    count, connections, bytes].map(String), { env: { ...process.env, PEER_CA: b.tls.ca } },
  (e, out, err) => (e ? fail(new Error(err)) : done(JSON.parse(out))));
});

async function rates(b, sink, what, list, connections, least) {
  const hosts = list.map((r) => `'${new URL(r.url).host}'`).join();
  const where = `s.host IN (${hosts})`;
  await round(b, sink, { where });		// connections, sessions, limits
  const seen = [];
  for (let i = 0; i < 3; i++) {
    const ours = await round(b, sink, { where });
    seen.push({ ...ours, peer: await undici(b, list.map((r) => r.url), n, connections,
      Math.round(ours.bytes)) });
  }
  const of = (k, from = seen) => median(from.map((r) => r[k]));
  const ours = { rate: of('rate'), pushUs: of('pushUs'), pgUs: of('pgUs'), sinkUs: of('sinkUs'),
    pss: of('pss') };
  const peers = seen.map((r) => r.peer), peer = { rate: of('rate', peers), us: of('us', peers) };
  row(`durable, ${what}`, ours);
  row(`undici, not durable, ${what}`, peer);
  printFigure(`durable deliveries of ${Math.round(of('bytes'))} bytes, ${what}`,
    `${ours.rate.toFixed(0)}/s`, `at least ${least}/s`, ours.rate >= least);
  printFigure('  CPU of one against undici', `${(ours.pushUs / peer.us).toFixed(2)}x`,
    'under 1x', ours.pushUs < peer.us);
}

// The PIMS closes what is idle; all of them come again.
async function resumed(b) {
  const sink = await startSink('idle=2000');
  const list = recipients('again', 500, sink);
  addRecipients(b, list);
  addGrants(b, 1, 500, list);
  const where = `s.host LIKE 'again%'`;
  await round(b, sink, { where });
  await sleep(4000);
  const { f } = await round(b, sink, { where });
  printFigure('TLS sessions resumed on reconnection', `${f.resumed} of ${f.handshakes}`,
    'at least 95 % of 500 hosts', f.handshakes >= 450 && f.resumed >= 0.95 * f.handshakes);
  sink.stop();
}

// A few records a second to many, with and without a PIMS beside that takes five
// seconds for each answer and has a backlog: how long from due to settled?
async function late(b, slow) {
  b.ask(`UPDATE guichet.subscription SET due = ${slow ? 'now()' : 'NULL'}, cursor = NULL,
    changed = changed + 1 WHERE host LIKE 'slow%'`);
  await sleep(1000);
  return latency(b);
}

async function slowBeside(b, sink) {
  const good = recipients('good', 20, sink), slow = recipients('slow', 1, sink, 'slow/5000');
  addRecipients(b, [...good, ...slow]);
  addGrants(b, 1, Math.min(n, 2000), good);
  addGrants(b, 1, Math.min(n, 500), slow);
  await round(b, sink, { where: `s.host LIKE 'good%'` });
  const seen = { alone: [], beside: [] };
  for (let i = 0; i < 5; i++) {
    seen.alone.push(await late(b, false));
    seen.beside.push(await late(b, true));
  }
  console.log(`  p99 alone ${seen.alone.map(Math.round)} ms, beside ${seen.beside.map(Math.round)} ms`);
  const alone = median(seen.alone), more = median(seen.beside) - alone;
  printFigure('a slow PIMS moves the p99 of the others by', `${more.toFixed(1)} ms of ${
    alone.toFixed(1)}`, 'at most 10 % or 5 ms', more <= Math.max(5, alone / 10));
}

console.log(`${cpus().length} cores, ${cpus()[0].model}, load ${loadavg().map((l) => l.toFixed(1))}`);
const b = await startDelivering({ customers: n, push: { connections: 2200 } });
const sink = await startSink();
const one = recipients('one', 1, sink), many = recipients('many', 2000, sink);
addRecipients(b, [...one, ...many]);
await b.serve();
if (wanted('one')) {
  addGrants(b, 1, n, one);
  await rates(b, sink, 'one PIMS', one, 32, 5000);
}
if (wanted('hosts')) {
  addGrants(b, 1, n, many);
  await rates(b, sink, '2,000 PIMS', many, 64, 4000);
}
if (wanted('resume')) await resumed(b);
if (wanted('slow')) await slowBeside(b, sink);
await b.stop();
sink.stop();
process.exit();
