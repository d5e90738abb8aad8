// SPDX-License-Identifier: Apache-2.0
// Two hosts on one database, each under a CPU quota (a cgroup of its own): what a pull
// costs the gateway and PostgreSQL, against one host under the same quota. Stands
// alone, as root: node tests/bench/part_hosts.mjs [--percent OF-A-CORE] [--seconds N]
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { fillOrganisation, makeGround, period, startGateway, startPostgres, writeRequests }
  from './ground.mjs';
import { printFigure } from './measure.mjs';
import { cpuUs } from './procs.mjs';
import { makeGrants } from './tokens.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const PERCENT = option('percent', 15), SECONDS = option('seconds', 6), RUNS = 3;
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const median = (l) => l.sort((a, b) => a - b)[l.length >> 1];

// A quota, by whichever kind of cgroup this kernel has; its folder.
const groups = [];
function quota(name) {
  const old = existsSync('/sys/fs/cgroup/cpu');
  const dir = `/sys/fs/cgroup/${old ? 'cpu/' : ''}guichet-bench-${name}-${process.pid}`;
  mkdirSync(dir);
  groups.push(dir);
  if (old) {
    writeFileSync(`${dir}/cpu.cfs_period_us`, '20000');
    writeFileSync(`${dir}/cpu.cfs_quota_us`, String(PERCENT * 200));
  } else writeFileSync(`${dir}/cpu.max`, `${PERCENT * 200} 20000`);
  return dir;
}
process.on('exit', () => groups.forEach((dir) => { try { rmdirSync(dir); } catch {} }));

const pg = startPostgres();
const org = fillOrganisation(pg, 2000, 40), ground = await makeGround(pg);
const hosts = [];
for (const name of ['one', 'two']) hosts.push(await startGateway(ground, 1, undefined,
  undefined, { name, cgroup: quota(name), log: { level: 'warning' } }));
const grants = makeGrants(org.who, { binding: 'mtls', thumbprint: ground.thumbprint });
pg.sql('guichet', `${grants.sql} ANALYZE;`);
const requests = writeRequests('hosts.txt', grants.tokens.map(({ token }, i) =>
  [`/v1/datasets/energy.load-curve?${period(org.day, i)}`, { Authorization: `Bearer ${token}`,
    'X-Client-Cert': ground.certificate }]));

const wrk = (host, seconds) => new Promise((done, fail) => {
  const child = spawn('wrk', ['-t1', '-c16', `-d${seconds}s`, '--latency', '-s',
    new URL('pull.lua', import.meta.url).pathname, host.plain, '--', requests]);
  let text = '';
  child.stdout.on('data', (d) => { text += d; });
  child.on('error', fail).on('close', () => {
    const [, n, us, , , bad] = /RESULT (\d+) (\d+) (\S+) (\S+) (\d+)/.exec(text)?.map(Number) ?? [];
    return bad === 0 ? done({ n, rps: n / us * 1e6 }) : fail(new Error(`wrk said: ${text}`));
  });
});

async function load(which, seconds) {
  const cpu = () => [which.reduce((us, h) => us + cpuUs(h.pid), 0), cpuUs(pg.pid)];
  const before = cpu(), all = await Promise.all(which.map((h) => wrk(h, seconds)));
  await sleep(300);
  const n = all.reduce((sum, r) => sum + r.n, 0);
  const [gateway, postgres] = cpu().map((us, i) => (us - before[i]) / n);
  return { rps: all.reduce((sum, r) => sum + r.rps, 0), gateway, postgres,
    us: gateway + postgres };
}

await load(hosts, 3);
const seen = { 1: [], 2: [] };
for (let i = 0; i < RUNS; i++)
  for (const n of [1, 2]) seen[n].push(await load(hosts.slice(0, n), SECONDS));
const of = (n, k) => median(seen[n].map((r) => r[k]));
for (const n of [1, 2]) console.log(`${n} host(s), ${PERCENT} % of a core each: ${
  of(n, 'rps').toFixed(0)} pulls/s, CPU ${of(n, 'gateway').toFixed(0)} + ${
  of(n, 'postgres').toFixed(0)} us (gateways + PostgreSQL)`);
const ratio = of(2, 'us') / of(1, 'us'), more = of(2, 'rps') / of(1, 'rps');
printFigure('CPU of a pull with two hosts against one', `${ratio.toFixed(2)}x`,
  'at most 1.1x', ratio <= 1.1);
printFigure('pulls with two hosts against one, until PostgreSQL is the limit',
  `${more.toFixed(2)}x`, 'at least 1.6x', more >= 1.6);
for (const h of hosts) await h.stop();
pg.remove();
process.exit();
