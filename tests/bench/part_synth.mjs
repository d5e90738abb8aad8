// SPDX-License-Identifier: Apache-2.0
// A synthetic organisation: how long three years of half-hours and calls take
// as NDJSON, in how much memory, the same bytes twice; and 500 persons in
// PostgreSQL. Stands alone: node tests/bench/part_synth.mjs [--customers N]
// [--filled N]. With fewer than 10,000 (or 500) the time is scaled up, as each
// person costs the same; --customers 10000 needs 40 GB of disk.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { program, root, temporary } from '../support/ground.mjs';
import { createDatabase, startPostgres } from '../support/postgres.mjs';
import { printFigure } from './measure.mjs';

const given = (flag, otherwise) => Number(process.argv[process.argv.indexOf(flag) + 1]) ||
  otherwise;
const n = process.argv.includes('--customers') ? given('--customers', 200) : 200;
const filled = process.argv.includes('--filled') ? given('--filled', 50) : 50;
const wanted = ['--days', '1095', '--as-of', '2026-06-01'];
const pg = process.env.GUICHET_TEST_PG ? undefined : startPostgres();
if (pg) process.env.GUICHET_TEST_PG = pg.url;

// How long, and the peak of its memory as the kernel saw it.
async function synth(...args) {
  const began = performance.now();
  const child = spawn(program, ['synth', ...args], { cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'] });
  let kib = 0;
  const look = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      kib = Math.max(kib, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {}
  }, 20);
  const [code] = await once(child, 'close');
  clearInterval(look);
  if (code !== 0) throw new Error(`guichet synth ended with ${code}`);
  return { s: (performance.now() - began) / 1000, mib: kib / 1024 };
}
async function digest(dir) {
  const h = createHash('sha256');
  for (const f of readdirSync(dir).sort()) {
    h.update(f);
    for await (const piece of createReadStream(join(dir, f))) h.update(piece);
  }
  return h.digest('hex');
}
const size = (dir) => readdirSync(dir).reduce((sum, f) => sum + statSync(join(dir, f)).size, 0);

// both sectors at once, as there are two cores; then once more, for the bytes
const sectors = ['energy', 'telecom'], digests = [], place = temporary();
let peak = 0, took = 0;
for (const run of [1, 2]) {
  const began = performance.now();
  const dirs = sectors.map((s) => join(place, `${s}${run}`));
  for (const dir of dirs) mkdirSync(dir);
  const all = await Promise.all(sectors.map((s, i) => synth('--sector', s, '--customers',
    String(n), ...wanted, '--to', `ndjson:${dirs[i]}`)));
  if (run === 1) {
    took = (performance.now() - began) / 1000;
    peak = Math.max(...all.map((r) => r.mib));
    console.log(`         ${n} persons, ${dirs.map((d) => (size(d) / 1e6).toFixed(0)).join(' and ')
    } MB in ${took.toFixed(1)} s`);
  }
  digests.push(await Promise.all(dirs.map(digest)));
  for (const dir of dirs) rmSync(dir, { recursive: true });
}
const same = digests[0].join() === digests[1].join(), minutes = took / 60 * 10000 / n;
printFigure('10,000 persons x 3 years of half-hours and calls as NDJSON', `${minutes.toFixed(1)
} min (from ${n}; load ${loadavg()[0].toFixed(1)})`, 'at most 15 min', minutes <= 15);
printFigure('  the most memory', `${peak.toFixed(1)} MiB`, 'at most 64 MiB', peak <= 64);
printFigure('  the same seed and date', same ? 'the same bytes' : 'other bytes',
  'the same bytes', same);
let into = 0;
for (const sector of sectors) {
  const db = createDatabase(`synth_${sector}`);
  const r = await synth('--sector', sector, '--customers', String(filled), ...wanted, '--to', db.url);
  into += r.s * 500 / filled;
  db.drop();
}
printFigure('500 persons x 3 years into PostgreSQL', `${(into / 60).toFixed(1)} min (from ${
  filled})`, 'at most 5 min', into <= 300);
pg?.remove();
