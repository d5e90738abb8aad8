// SPDX-License-Identifier: Apache-2.0
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
    child.on('error', reject);
    child.on('close', () => {
      const m = /RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)/.exec(text);
      if (!m) return reject(new Error(`wrk said: ${text}`));
      const [, count, us, p50, p99, bad] = m.map(Number);
      resolve({ count, rps: count / (us / 1e6), p50, p99, bad });
    });
  });
}

// server, postgres: pids whose trees are measured (postgres may be absent);
// prepare(n): makes a file of at least n requests, when each is good once only.
// -> { rps, p50, p99, serverUs, pgUs, pss, bad }: medians over the runs
export async function measure({ server, postgres, prepare, seconds = 4, warmUp = 3,
  runs = 3, connections = 32, ...load }) {
  const pg = () => (postgres ? cpuUs(postgres) : 0);
  const go = async (s, expected) => wrk({ ...load, connections, seconds: s,
    once: prepare !== undefined,
    requests: prepare ? await prepare(Math.ceil(expected)) : load.requests });
  let rps = (await go(warmUp, 15000 * warmUp)).rps;
  const seen = [];
  for (let i = 0; i < runs; i++) {
    const requests = prepare ? await prepare(Math.ceil(rps * seconds * 1.6)) : load.requests;
    const before = [cpuUs(server), pg()];
    const running = wrk({ ...load, requests, connections, seconds,
      once: prepare !== undefined });
    await sleep(seconds * 500);
    const pss = pssMiB(server);
    const r = await running;
    await sleep(300); // what ends after the answer is counted too
    rps = Math.max(rps, r.rps);
    seen.push({ ...r, pss, serverUs: (cpuUs(server) - before[0]) / r.count,
      pgUs: (pg() - before[1]) / r.count });
  }
  const median = (k) => seen.map((r) => r[k]).sort((a, b) => a - b)[Math.floor(runs / 2)];
  return Object.fromEntries(Object.keys(seen[0]).map((k) => [k, median(k)]));
}

const columns = [
  ['what', 48, (r) => r.what], ['req/s', 8, (r) => r.rps.toFixed(0)],
  ['p50 ms', 8, (r) => r.p50.toFixed(2)], ['p99 ms', 8, (r) => r.p99.toFixed(2)],
  ['server us', 10, (r) => r.serverUs.toFixed(1)], ['PG us', 7, (r) => r.pgUs.toFixed(1)],
  ['PSS MiB', 8, (r) => r.pss.toFixed(1)], ['errors', 7, (r) => String(r.bad)],
];

const line = (cells) => columns.map(([, w], i) =>
  (i === 0 ? cells[i].padEnd(w) : cells[i].padStart(w))).join(' ');
export const printHead = () => console.log(line(columns.map(([name]) => name)));
export const printRow = (row) => console.log(line(columns.map(([, , show]) => show(row))));

// wanted and measured, in words
export function printFigure(name, measured, wanted, ok) {
  console.log(`${ok ? 'reached' : 'MISSED '}  ${name}: ${measured} (wanted ${wanted})`);
}

const escape = (s) => s.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

// The table as bars: requests a second, and the CPU of each.
export function drawing(rows, title) {
  const most = Math.max(...rows.map((r) => r.rps));
  const height = 60 + rows.length * 34;
  const bars = rows.map((r, i) => {
    const y = 50 + i * 34, w = Math.max(1, r.rps / most * 420);
    const colour = r.peer ? '#9aa5b1' : '#0b6e4f';
    return `<text x="330" y="${y + 15}" text-anchor="end">${escape(r.what)}</text>` +
      `<rect x="340" y="${y}" width="${w.toFixed(1)}" height="22" fill="${colour}"/>` +
      `<text x="${(346 + w).toFixed(1)}" y="${y + 15}">${r.rps.toFixed(0)}/s, ` +
      `${(r.serverUs + r.pgUs).toFixed(0)} µs CPU</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="${height}" ` +
    `font-family="sans-serif" font-size="13"><text x="20" y="28" font-size="16">` +
    `${escape(title)}</text>${bars.join('')}</svg>\n`;
}
