// SPDX-License-Identifier: Apache-2.0
// Whoever takes his time costs others nothing: 10,000 slow connections (heads, bodies,
// readers, stalled handshakes) are held, and opened anew when they are cut off, while
// pulls come at an even pace; what an idle connection keeps; how long a killed worker
// is missed. Stands alone: node tests/bench/part_slow.mjs [--slow N] [--seconds N]
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { request } from 'node:http';
import { readFileSync } from 'node:fs';
import { root } from '../support/ground.mjs';
import { fillOrganisation, makeGround, period, startGateway, startPostgres, writeRequests }
  from './ground.mjs';
import { printFigure } from './measure.mjs';
import { pssMiB, tree } from './procs.mjs';
import { makeGrants } from './tokens.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const SLOW = option('slow', 10000), SECONDS = option('seconds', 30), RATE = 500;
const WORKERS = 2, sleep = (ms) => new Promise((r) => setTimeout(r, ms));

const pg = startPostgres({ fsync: !process.argv.includes('--no-fsync') });
const org = fillOrganisation(pg, 2000, 40), ground = await makeGround(pg);
const g = await startGateway(ground, WORKERS, undefined, undefined, { name: 'slow',
  server: { connections_max: 9000 } });
const grants = makeGrants(org.who, { binding: 'mtls', thumbprint: ground.thumbprint });
pg.sql('guichet', `${grants.sql} ANALYZE;`);
const target = (i) => `/v1/datasets/energy.load-curve?${period(org.day, i)}`;
const fields = ({ token }) => ({ Authorization: `Bearer ${token}`,
  'X-Client-Cert': ground.certificate });
const requests = writeRequests('slow.txt', grants.tokens.map((t, i) => [target(i), fields(t)]));

// tests/tools/slow.c; its lines as they come
async function slow(args, whenHeld = () => {}) {
  const child = spawn(join(root, 'build/tools/slow'), [`plain=${g.ports.plain}`,
    `tls=${g.ports.tls}`, ...Object.entries(args).map(([k, v]) => `${k}=${v}`)],
  { stdio: ['pipe', 'pipe', 'inherit'] });
  let last;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('held')) await whenHeld(line, child);
    else last = JSON.parse(line);
  }
  if (last === undefined) throw new Error('tests/tools/slow gave up');
  return last;
}

// ---- a pace that is kept
async function pace() {
  const load = { requests, rate: RATE, seconds: SECONDS }, quarter = SLOW / 4;
  let held, amid;
  await slow({ ...load, seconds: 5 });
  const alone = await slow(load);
  const { cut } = await slow({ heads: quarter, bodies: quarter, readers: quarter,
    greetings: quarter }, async (line, child) => {
    held = line;
    amid = await slow(load);
    child.stdin.end();
  });
  const tell = (r) => `p50 ${r.p50} p99 ${r.p99} max ${r.max} ms`;
  console.log(`${RATE} pulls/s alone: ${tell(alone)}; amid ${held}: ${tell(amid)}, ${
    cut} cut off and opened anew, ${amid.bad} not 200`);
  printFigure(`${RATE} pulls/s amid ${SLOW} slow connections, p99`, `${amid.p99} ms`,
    'under 25 ms', amid.p99 < 25 && amid.bad === 0 &&
    amid.answered === RATE * SECONDS && held.startsWith(`held ${SLOW} `));
}

// ---- what is kept of one that was answered and waits
async function idle(kind, n, most) {
  await slow({ [kind]: 200 }, (_, child) => child.stdin.end());
  await sleep(500);
  const before = pssMiB(g.pid);
  let each;
  await slow({ [kind]: n }, (_, child) => {
    each = (pssMiB(g.pid) - before) * 1024 / n;
    child.stdin.end();
  });
  printFigure(`memory of an idle connection (${kind}, ${n} of them)`,
    `${each.toFixed(1)} kB`, `at most ${most} kB`, each <= most);
}

// ---- kill -9
const named = (role) => tree(g.pid).filter((pid) => {
  try { return readFileSync(`/proc/${pid}/comm`, 'utf8') === `guichet ${role}\n`; }
  catch { return false; }
});

// One pull on a connection of its own, asked again when the connection is lost, as
// clients with keep-alive do; ms until it is answered.
async function pull(i) {
  const began = performance.now();
  for (;;) {
    const status = await new Promise((done) => {
      const r = request(g.plain + target(i), { agent: false, timeout: 5000,
        headers: fields(grants.tokens[i % grants.tokens.length]) }, (a) => {
        a.resume().on('end', () => done(a.statusCode)).on('error', () => done(0));
      });
      r.on('timeout', () => r.destroy()).on('error', () => done(0)).end();
    });
    if (status === 200) return performance.now() - began;
    if (status !== 0) throw new Error(`a pull was answered ${status}`);
  }
}

async function kill() {
  let longest = 0;
  for (let round = 0; round < WORKERS; round++) {
    const [victim] = named('web').sort((a, b) => a - b);
    const running = [];
    process.kill(victim, 'SIGKILL');
    for (let i = 0; i < 150; i++) {
      running.push(pull(i));
      await sleep(10);
    }
    longest = Math.max(longest, ...await Promise.all(running));
    if (named('web').length !== WORKERS) throw new Error('the worker did not come back');
  }
  printFigure('kill -9 of a web worker: the longest pull of a client that asks again',
    `${longest.toFixed(0)} ms`, 'at most 1000 ms', longest <= 1000);
}

await idle('idle', SLOW, 12);	// memory first: later there is room that was used before
await idle('idle_tls', SLOW, 60);
await pace();
await kill();
await g.stop();
pg.remove();
process.exit();
