// One measured run of wrk against one server, and how it is told.
import { spawn } from 'node:child_process';
import { cpuUs, pssMiB } from './procs.mjs';

const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

function wrk({ url, requests, seconds, connections, once }) {
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency',
      '-s', new URL('pull.lua', import.meta.url).pathname, url, '--', requests],
    { env: { ...process.env, BENCH_ONCE: once ? '1' : '0' } });
    let text = '';
    child.stdout.on('data', (d) => { text += d; });
    child.stderr.on('data', (d) => { text += d; });
    child.on('close', () => {
      const m = /RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)/.exec(text);
      if (!m) return reject(new Error(`wrk said: ${text}`));
      const [, count, us, p50, p99, bad] = m.map(Number);
      resolve({ count, rps: count / (us / 1e6), p50, p99, bad });
    });
  });
}

// -> { rps, p50, p99, serverUs, pgUs, pss, bad }: medians over the runs
export async function measure({ server, postgres, warmUp = 2, runs = 3, ...load }) {
  await wrk({ ...load, seconds: warmUp });
  const seen = [];
  for (let i = 0; i < runs; i++) {
    const requests = Array.isArray(load.requests) ? load.requests[i] : load.requests;
    const before = [cpuUs(server), cpuUs(postgres)];
    const running = wrk({ ...load, requests });
    await sleep(load.seconds * 500);
    const pss = pssMiB(server);
    const r = await running;
    await sleep(300); // what ends after the answer is counted too
    seen.push({ ...r, pss, serverUs: (cpuUs(server) - before[0]) / r.count,
      pgUs: (cpuUs(postgres) - before[1]) / r.count });
  }
  const median = (k) => seen.map((r) => r[k]).sort((a, b) => a - b)[Math.floor(runs / 2)];
  return Object.fromEntries(Object.keys(seen[0]).map((k) => [k, median(k)]));
}

const columns = [
  ['what', 44, (r) => r.what], ['req/s', 8, (r) => r.rps.toFixed(0)],
  ['p50 ms', 8, (r) => r.p50.toFixed(2)], ['p99 ms', 8, (r) => r.p99.toFixed(2)],
  ['server us', 10, (r) => r.serverUs.toFixed(0)], ['PG us', 7, (r) => r.pgUs.toFixed(0)],
  ['PSS MiB', 8, (r) => r.pss.toFixed(0)], ['errors', 7, (r) => String(r.bad)],
];

export function printTable(rows) {
  const line = (cells) => columns.map(([, w], i) =>
    (i === 0 ? cells[i].padEnd(w) : cells[i].padStart(w))).join(' ');
  console.log(line(columns.map(([name]) => name)));
  for (const row of rows) console.log(line(columns.map(([, , show]) => show(row))));
}

// wanted and measured, in words
export function printFigure(name, measured, wanted, ok) {
  console.log(`${ok ? 'reached' : 'MISSED '}  ${name}: ${measured} (wanted ${wanted})`);
}
