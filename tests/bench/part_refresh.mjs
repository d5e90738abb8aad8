// SPDX-License-Identifier: Apache-2.0
// Refreshing with private_key_jwt and a DPoP proof (two ES256 signatures to
// verify, each jti spent once): the gateway with one worker on a durable
// PostgreSQL, and oidc-provider in memory, by the same requests in one run.
// Stands alone: node tests/bench/part_refresh.mjs [--n N]
import { spawn } from 'node:child_process';
import http from 'node:http';
import https from 'node:https';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { sql, startPostgres } from '../support/postgres.mjs';
import { usedWal } from './ground.mjs';
import { printFigure } from './measure.mjs';
import { cpuUs } from './procs.mjs';

const n = Number(process.argv[process.argv.indexOf('--n') + 1]) || 6000;
const pg = startPostgres({ fsync: true });
sql(pg.url, usedWal);
process.env.GUICHET_TEST_PG = pg.url;
const { asJwt, Pims, startCounter } = await import('../support/oauth.mjs');

const median = (l, part = 0.5) => l.sort((a, b) => a - b)[Math.floor(l.length * part)];

function ask(go, agent, url, q, ca) {
  return new Promise((done, fail) => {
    const began = performance.now();
    const r = go.request(url, { method: 'POST', agent, ca, headers: {
      'content-type': 'application/x-www-form-urlencoded', dpop: q.dpop } }, (a) => {
      let text = '';
      a.on('data', (d) => { text += d; });
      a.on('end', () => (a.statusCode === 200 ? done(performance.now() - began) :
        fail(new Error(`${a.statusCode} ${text}`))));
    });
    r.on('error', fail);
    r.end(q.body);
  });
}

// at: requests a second, or 0 = as many as go with 32 at once. The first ones open the
// connections (32 TLS handshakes at once with the gateway, none with its peer): they
// are not what a refresh takes.
const OPENING = 200;
async function load(go, url, requests, ca, at) {
  const agent = new go.Agent({ keepAlive: true, maxSockets: 32 });
  const took = [], began = performance.now();
  let next = 0;
  const one = async () => {
    while (next < requests.length) {
      const i = next++;
      if (at) await new Promise((r) => setTimeout(r,
        Math.max(0, began + i * 1000 / at - performance.now())));
      const ms = await ask(go, agent, url, requests[i], ca);
      if (i >= OPENING) took.push(ms);
    }
  };
  await Promise.all(Array.from({ length: 32 }, one));
  agent.destroy();
  return { rps: requests.length / (performance.now() - began) * 1000,
    p50: median(took), p99: median(took, 0.99) };
}

const prepare = (pims, url, refresh_token, count) => Array.from({ length: count }, () => ({
  dpop: pims.proof('POST', url),
  body: String(new URLSearchParams({ grant_type: 'refresh_token', refresh_token,
    client_assertion_type: asJwt, client_assertion: pims.assertion() })) }));

const counter = await startCounter({ settings: { server: { web_workers: 1 },
  consent: { token_calls_per_second: 0 }, log: { level: 'info' } } });
const alpha = counter.register('alpha');
const t = await alpha.connect(await counter.customer(0));
const ours = `${counter.issuer}/oauth/token`, [web] = counter.pids('web');
const postgres = Number(readFileSync(`${new URL(pg.url.replace('postgresql:///', 'http://x/'))
  .searchParams.get('host')}/data/postmaster.pid`, 'utf8').split('\n')[0]);

const peer = spawn(process.execPath, [new URL('refresh_peer.mjs', import.meta.url).pathname,
  JSON.stringify({ keys: [{ ...alpha.key.jwk, kid: alpha.key.kid, alg: 'ES256', use: 'sig' }] })],
{ stdio: ['ignore', 'pipe', 'ignore'] });
let line;
for await (line of createInterface({ input: peer.stdout })) // its notices, then ours
  if (line.startsWith('{"port"')) break;
const { port, refresh_token } = JSON.parse(line);
const issuer = `http://127.0.0.1:${port}`;
const other = Object.assign(new Pims({ issuer }, 'alpha', { keys: alpha.keys }), {});

async function measure(what, go, url, pims, token, ca, cpu) {
  await load(go, url, prepare(pims, url, token, 300 + OPENING), ca);
  const before = cpu();
  const r = await load(go, url, prepare(pims, url, token, n), ca);
  const us = cpu().map((v, i) => (v - before[i]) / n);
  const half = await load(go, url, prepare(pims, url, token, Math.min(n, 2000) + OPENING), ca, r.rps / 2);
  console.log(`${what}: ${r.rps.toFixed(0)} refreshes/s; CPU ${us.map((v) => v.toFixed(0))
    .join(' + ')} us (server + PostgreSQL), ${(1e6 / us[0]).toFixed(0)}/s per core of the ` +
    `server; at half load p50 ${half.p50.toFixed(1)} p99 ${half.p99.toFixed(1)} ms`);
  return { us, p99: half.p99 };
}
const a = await measure('guichet', https, ours, alpha, t.refresh_token, counter.ca_pem,
  () => [cpuUs(web), cpuUs(postgres)]);
const b = await measure('oidc-provider, in memory', http, `${issuer}/token`, other,
  refresh_token, undefined, () => [cpuUs(peer.pid)]);
const perCore = 1e6 / a.us[0], less = b.us[0] / a.us[0];
printFigure('refreshes a second per core of the gateway', perCore.toFixed(0), 'at least 1000',
  perCore >= 1000);
printFigure('  p99 at half load', `${a.p99.toFixed(1)} ms (load ${loadavg()[0].toFixed(1)})`,
  'under 20 ms', a.p99 < 20);
printFigure('  against oidc-provider in memory, CPU of the server', `${less.toFixed(1)}x (${
  (b.us[0] / (a.us[0] + a.us[1])).toFixed(1)}x with our PostgreSQL's)`, 'at least 4x',
less >= 4);
peer.kill();
await counter.stop();
pg.remove();
process.exit(0);
