// SPDX-License-Identifier: Apache-2.0
// The journal's figures: what a line costs, what a pull pays for it, how long an
// auditor waits in a log of so many lines.
//
//     node tests/bench/part_journal.mjs [--lines N] [append] [share] [search] [proofs]
//         [export] [verify]
//
// search and proofs want 10,000,000 lines (half an hour to fill, 12 GB), export and
// verify take the first million; without --lines there is one million.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:https';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { fillJournal } from './journal_fill.mjs';
import { printFigure } from './measure.mjs';
import { guichet, program, root } from '../support/ground.mjs';
import { sql, startPostgres } from '../support/postgres.mjs';

const args = process.argv.slice(2);
const lines = Number(args[args.indexOf('--lines') + 1]) || 1e6;
const parts = ['append', 'share', 'search', 'proofs', 'export', 'verify'];
const asked = args.filter((a) => parts.includes(a));
const wanted = (part) => asked.length === 0 || asked.includes(part);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const at = (list, q) => list.sort((a, b) => a - b)[Math.min(list.length - 1,
  Math.floor(list.length * q))] ?? NaN;
const figure = (name, value, limit, unit, atLeast = false) => printFigure(name,
  `${value.toFixed(value < 10 ? 2 : 0)}${unit}`, `at ${atLeast ? 'least' : 'most'} ${limit}${
    unit}`, atLeast ? value >= limit : value <= limit);

// ---- appending: by the gates of so many workers (build/tools/append: the lines, the
// batches and the statement are the gateway's own)
const append = (url, gates, seconds) => new Promise((done, fail) => execFile(join(root,
  'build/tools/append'), [url, gates, seconds].map(String), (e, out) =>
  e ? fail(e) : done(Number(out))));

async function benchAppend(cluster) {
  const { Ledger } = await import('../support/ledger.mjs');
  const { startPushing } = await import('../support/pushing.mjs');
  const l = new Ledger();
  figure('durable lines in batches, 4 gates, alone', await append(l.db.url, 4, 8), 50000,
    '/s', true);
  l.db.drop();
  const p = await startPushing({ customers: 40, days: 30, settings: {
    journal: { interval_ms: 1000 }, log: { level: 'info' } } });
  await p.approve(await p.connect(['energy.load-curve']));
  let deliveries = true;
  const touching = (async () => {
    while (deliveries) {
      p.touchOneDay();
      await sleep(50);
    }
  })();
  const acked = () => p.gateway.said('records received');
  const before = acked(), rate = await append(p.ground.db.url, 2, 15);
  const during = acked() - before;
  deliveries = false;
  await touching;
  const waiting = Number(p.sql('SELECT guichet.lines_waiting()'));
  figure('lines appended while deliveries run', rate, 12000, '/s', true);
  console.log(`  ${during} deliveries meanwhile; ${waiting === 10000 ? 'more than 10,000' :
    waiting} lines without a place at its end`);
  const began = performance.now();
  while (Number(p.sql('SELECT guichet.lines_waiting()')) > 0) await sleep(100);
  console.log(`  all ordered and signed ${((performance.now() - began) / 1000).toFixed(1)} s later`);
  await p.stop();
}

// ---- what a pull pays: the same program without a journal beside it, and with one
// whose lines nobody decodes for the auditors' pages meanwhile
const kinds = ['with', 'undecoded', 'without'];
async function gateCounts(admin) {
  const text = await (await fetch(`${admin}/metrics`)).text();
  const sum = (name) => text.split('\n').filter((l) => l.startsWith(name))
    .reduce((n, l) => n + Number(l.split(' ').at(-1)), 0);
  return { lines: sum('guichet_gate_lines'), batches: sum('guichet_gate_batches') };
}
async function holdFacts(url) {
  const c = new pg.Client({ connectionString: url });
  await c.connect();
  await c.query('BEGIN; SELECT FROM guichet.journal_fact_mark FOR UPDATE');
  return c;
}

async function benchShare() {
  const bare = join(root, 'build/bench/guichet-without-journal');
  if (spawnSync('make', ['-s', 'bench-bare'], { cwd: root, stdio: 'inherit' }).status !== 0)
    throw new Error('make bench-bare failed');
  const b = await import('./ground.mjs');
  const { measure, printHead, printRow } = await import('./measure.mjs');
  const { makeGrants } = await import('./tokens.mjs');
  const saved = readFileSync(bare);
  const cluster = b.startPostgres();		// empties build/bench
  const { chmodSync, writeFileSync } = await import('node:fs');
  writeFileSync(bare, saved);
  chmodSync(bare, 0o755);
  const org = b.fillOrganisation(cluster, 2000, 40), ground = await b.makeGround(cluster);
  const seen = Object.fromEntries(kinds.map((k) => [k, []]));
  let requests, sizes = [];
  printHead();
  for (let turn = 0; turn < 3; turn++)
    for (const which of kinds) {
      const g = await b.startGateway(ground, 1, undefined, which === 'without' ? bare : program);
      if (!requests) {
        const bound = makeGrants(org.who, { binding: 'mtls', thumbprint: ground.thumbprint,
          client: 'bench-mtls' });
        cluster.sql('guichet', bound.sql + 'ANALYZE;');
        requests = b.writeRequests('bound.txt', bound.tokens.map(({ token }, i) =>
          [`/v1/datasets/energy.load-curve?${b.period(org.day, i)}`,
            { Authorization: `Bearer ${token}`, 'X-Client-Cert': ground.certificate }]));
      }
      const held = which === 'undecoded' && await holdFacts(cluster.databaseUrl('guichet'));
      const r = await measure({ server: g.pid, postgres: cluster.pid, url: g.plain, requests,
        runs: 1, seconds: 6, warmUp: 3 });
      printRow({ what: { with: 'pull, all of the journal', undecoded:
        'pull, lines ordered and signed', without: 'pull without a journal' }[which], ...r });
      if (r.bad) throw new Error(`${r.bad} pulls failed`);
      const { lines: n, batches } = await gateCounts(g.admin);
      if (batches) sizes.push(n / batches);
      seen[which].push(r.serverUs + r.pgUs);
      if (held) await held.end();
      await g.stop();
    }
  const [all, signed, less] = kinds.map((k) => at(seen[k], 0.5));
  console.log(`  a pull: ${less.toFixed(0)} us without, ${signed.toFixed(0)} with its lines `
    + `ordered and signed, ${all.toFixed(0)} with their decoding; ${
      at(sizes, 0.5).toFixed(0)} lines a commit`);
  figure("the journal's share of a pull's CPU (lines, gate, order, signatures)",
    100 * (signed - less) / signed, 25, ' %');
  console.log(`  and with what auditors' pages are made of: ${
    (100 * (all - less) / all).toFixed(0)} %`);
}

// ---- a log of so many lines
async function bigLog() {
  const { prepareGateway, startGateway } = await import('../support/gateway.mjs');
  const { Ledger } = await import('../support/ledger.mjs');
  const ground = await prepareGateway({ settings: { login: { mode: 'demo' },
    server: { web_workers: 1 }, log: { level: 'info' } } });
  const staff = JSON.parse(guichet('staff', 'demo', '--json', '--config', ground.config).out);
  const took = fillJournal((t) => sql(ground.db.url, t), ground.config, lines,
    { say: (n) => process.stderr.write(`\r${n} lines `) });
  console.log(`\n${lines} lines: written in ${took.write.toFixed(0)} s, ordered and signed at ${
    (lines / took.order / 1000).toFixed(0)}k/s, decoded at ${
    (lines / took.decode / 1000).toFixed(0)}k/s; ${sql(ground.db.url,
    "SELECT pg_size_pretty(pg_database_size(current_database()))")}`);
  return { ground, staff, start: () => startGateway({ ground }),
    ledger: new Ledger({}, ground) };
}

async function benchSearch(big, gateway) {
  const { StaffMember } = await import('../support/staff.mjs');
  const s = new StaffMember(gateway);
  await s.signIn(big.staff.find((p) => p.roles[0] === 'dpo'));
  const customer = sql(gateway.db.url, `INSERT INTO guichet.subject (id, customer, key)
    SELECT subject_id, 'C-BENCH', sha256('k') FROM guichet.journal_fact LIMIT 1;
    SELECT 'C-BENCH'`);
  const call = sql(gateway.db.url, 'SELECT call FROM guichet.journal_fact LIMIT 1');
  const year = 'from=2025-11-01&to=2026-11-01';
  const questions = { 'the last month': '', 'a whole year': year,
    'a rare recipient': `${year}&client=pims-39`, 'a common one': `${year}&client=pims-0`,
    'an event': `${year}&ev=delivery.failed`, 'a data set': `${year}&ds=energy.set-3@1`,
    'words': `${year}&q=failed`, 'a call': `${year}&q=${call}`,
    'one person': `${year}&customer=${customer}`,
    'rare and failed': `${year}&client=pims-39&ev=delivery.failed`,
    'an older page': `from=2025-11-01&to=2026-02-01&client=pims-5` };
  const all = [];
  for (const [name, query] of Object.entries(questions)) {
    const took = [];
    for (let i = 0; i < 15; i++) {
      const began = performance.now();
      const r = await s.get(`/audit?${query}`);
      took.push(performance.now() - began);
      if (r.status !== 200) throw new Error(`${name}: ${r.status}`);
    }
    console.log(`  ${name.padEnd(18)} median ${at(took, 0.5).toFixed(0)} ms, p95 ${
      at(took, 0.95).toFixed(0)} ms`);
    all.push(...took);
  }
  figure(`search in ${lines} lines, p95 of all`, at(all, 0.95), 300, ' ms');
}

async function benchProofs(big, gateway) {
  const { ask } = await import('../support/gateway.mjs');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const took = [];
  for (let i = 0; i < 2000; i++) {
    const began = performance.now();
    const r = await ask(`${gateway.issuer}/journal/restitution/proof/${
      Math.floor(Math.random() * lines)}`, { ca: readFileSync(gateway.ca), agent });
    if (r.status !== 200) throw new Error(r.text);
    if (i >= 100) took.push(performance.now() - began);
  }
  agent.destroy();
  console.log(`  a proof: median ${at(took, 0.5).toFixed(1)} ms`);
  figure(`proofs served among ${lines}, p99`, at(took, 0.99), 10, ' ms');
}

// Time, and the most memory it had.
function run(name, command, argv) {
  const began = performance.now();
  const child = spawn(command, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  let peak = 0, err = '';
  child.stderr.on('data', (d) => err += d);
  const look = setInterval(() => {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(
        `/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0));
    } catch { /* it ended */ }
  }, 10);
  return new Promise((done) => child.on('close', (code) => {
    clearInterval(look);
    if (code !== 0) throw new Error(`${name}: ${code} ${err}`);
    done({ s: (performance.now() - began) / 1000, mib: peak / 1024 });
  }));
}

async function benchFiles(big) {
  const dir = join(big.ground.dir, 'export'), million = Math.min(lines, 1e6) / 1e6;
  const until = lines > 1e6 ? ['--to', new Date(Date.UTC(2025, 10, 1) + 365 * 864e5 *
    1e6 / lines).toISOString().slice(0, 10)] : [];
  const r = await run('export', program, ['journal', 'export', dir, ...until, '--config',
    big.ground.config]);
  const n = Number(spawnSync('wc', ['-l', join(dir, 'entries.jsonl')], { encoding: 'utf8' })
    .stdout.split(' ')[0]) / 1e6;
  console.log(`  ${(n * 1e6).toFixed(0)} entries exported; times are told for a million`);
  figure('export of a million entries', r.s / n, 60, ' s');
  figure('  its memory', r.mib, 64, ' MiB');
  if (wanted('verify')) {
    const c = await run('verify', program, ['journal', 'verify', dir]);
    figure('verification of a million, guichet', c.s / n, 5, ' s');
    figure('  its memory', c.mib, 64, ' MiB');
    const node = await run('verify.mjs', process.execPath, [join(dir, 'verify.mjs'), dir]);
    figure('verification of a million, verify.mjs', node.s / n, 60, ' s');
    const py = await run('verify.py', 'python3', [join(dir, 'verify.py'), dir]);
    figure('verification of a million, verify.py', py.s / n, 60, ' s');
  }
  rmSync(dir, { recursive: true, force: true });
  if (million < 1) console.log('  (of fewer lines than a million)');
}

console.log(`${cpus().length} cores, ${cpus()[0].model}; load ${loadavg().map((x) =>
  x.toFixed(1)).join(' ')} at the beginning: read times as ceilings when others are at work`);
if (wanted('append')) {
  const cluster = startPostgres({ fsync: true });
  process.env.GUICHET_TEST_PG = cluster.url;
  await benchAppend(cluster);
  cluster.remove();
}
if (wanted('share')) await benchShare();
if (['search', 'proofs', 'export', 'verify'].some(wanted)) {
  const cluster = startPostgres();
  process.env.GUICHET_TEST_PG = cluster.url;
  process.on('exit', cluster.remove);
  const big = await bigLog();
  if (wanted('export') || wanted('verify')) await benchFiles(big);
  if (wanted('search') || wanted('proofs')) {
    const gateway = await big.start();
    if (wanted('search')) await benchSearch(big, gateway);
    if (wanted('proofs')) await benchProofs(big, gateway);
    await gateway.stop();
  }
}
process.exit(0);
