// SPDX-License-Identifier: Apache-2.0
// The peer of our sender: undici alone, connections kept, no durability of any kind.
//     node undici.mjs URL... -- N CONNECTIONS BYTES	prints a line of JSON
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';

const args = process.argv.slice(2), cut = args.indexOf('--');
const urls = args[0] === '@' ? readFileSync(args[1], 'utf8').trim().split('\n')
  : args.slice(0, cut);
const [n, connections, bytes] = args.slice(cut + 1).map(Number);
// all hosts of the bench are this machine
const here = (host, options, done) => (options.all ? done(null, [{ address: '127.0.0.1',
  family: 4 }]) : done(null, '127.0.0.1', 4));
const dispatcher = new Agent({ connections: urls.length > 1 ? 1 : connections,
  keepAliveTimeout: 60000, connect: { ca: readFileSync(process.env.PEER_CA), lookup: here } });
const body = JSON.stringify({ records: 'x'.repeat(bytes - 14) });
async function send(i) {
  const r = await request(urls[i % urls.length], { method: 'POST', body, dispatcher,
    headers: { 'content-type': 'application/cloudevents+json' } });
  await r.body.dump();
  if (r.statusCode !== 204) throw new Error(`status ${r.statusCode}`);
}
async function run(count) {
  let next = 0;
  await Promise.all(Array.from({ length: connections }, async () => {
    while (next < count) await send(next++);
  }));
}
await run(Math.max(2000, urls.length)); // a JIT needs its time, and each its connection
const began = performance.now(), before = process.cpuUsage();
await run(n);
const cpu = process.cpuUsage(before), s = (performance.now() - began) / 1000;
console.log(JSON.stringify({ rate: n / s, us: (cpu.user + cpu.system) / n }));
await dispatcher.close();
