// SPDX-License-Identifier: Apache-2.0
// `make bench`: the figures of the first restitution, in one run on one machine.
//
//     node tests/bench/bench.mjs [--quick] [--customers N] [edge] [pull] [peer] [rows]
//         [check] [refresh] [withdrawal] [expiry] [history] [latency] [synth] [slow] [hosts] [stored] [delivery]
//
// Those of the second line stand alone in part_*.mjs, each with its own PostgreSQL.
// The load (wrk), the servers and PostgreSQL share the machine's cores, so read
// the ratios and the CPU columns; requests a second are the whole machine's.
// PostgreSQL runs with fsync. The gateway journals each pull before it answers,
// re-checks the grant and reads up to the horizon; the peer does none of it.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEdge } from '../support/edge.mjs';
import { certificates } from '../support/ground.mjs';
import { fillOrganisation, keepRows, makeGround, period, place, startGateway, startPeer,
  startPostgres, writeRequests } from './ground.mjs';
import { drawing, measure, printFigure, printHead, printRow } from './measure.mjs';
import { makeGrants, makePeerTokens, makeProof, makeProofKey } from './tokens.mjs';

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const customers = Number(args[args.indexOf('--customers') + 1]) || (quick ? 2000 : 20000);
// alone: what each is told when time is short
const alone = { check: [], refresh: ['--n', '1500'], withdrawal: ['--n', '30'],
  expiry: ['--tokens', '1000000'], history: [], latency: ['--seconds', '8'],
  synth: ['--customers', '100', '--filled', '20'], slow: ['--seconds', '10'],
  hosts: [], stored: ['--n', '100000'], delivery: ['--n', '4000'] };
const parts = args.filter((a) => ['edge', 'pull', 'peer', 'rows'].includes(a) || a in alone);
const wanted = (part) => parts.length === 0 || parts.includes(part);
const pace = quick ? { seconds: 2, warmUp: 1, runs: 1 } : { seconds: 4, warmUp: 3, runs: 3 };
const target = '/v1/datasets/energy.load-curve';
const rows = [];

async function row(what, load, more = {}) {
  const r = { what, ...more, ...await measure({ ...pace, ...load }) };
  rows.push(r);
  printRow(r);
  return r;
}

// ---- the HTTP edge alone: no database, no token
async function benchEdge() {
  const dir = join(place, 'edge');
  mkdirSync(dir, { recursive: true });
  const tls = certificates(dir);
  copyFileSync(tls.certificate, join(dir, 'cert.pem'));
  copyFileSync(tls.key, join(dir, 'key.pem'));
  process.env.QUIET = '1';
  const edge = await startEdge(`tls=${dir}`, 'idle=60000', 'head=60000');
  delete process.env.QUIET;
  const of = (path) => writeRequests('edge.txt', [[path, { 'X-A': 'b' }]]);
  const plain = `http://127.0.0.1:${edge.ports.listening}`;
  const own = `https://127.0.0.1:${edge.ports.tls}`;
  const server = edge.child.pid;
  await row('edge: ping, plain', { server, url: plain, requests: of('/ping') });
  await row('edge: ping, TLS', { server, url: own, requests: of('/ping') });
  await row('edge: 2 kB, plain', { server, url: plain, requests: of('/large/2048') });
  await row('edge: 2 kB, TLS', { server, url: own, requests: of('/large/2048') });
  await edge.stop();
}

// ---- the gateway: the real route, tokens as the token endpoint stores them
const boundFields = (ground, token) => ({ Authorization: `Bearer ${token}`,
  'X-Client-Cert': ground.certificate });

function boundRequests(ground, org, tokens) {
  return writeRequests('bound.txt', tokens.map(({ token }, i) =>
    [`${target}?${period(org.day, i)}`, boundFields(ground, token)]));
}

// fresh proofs, each good once and for a minute
const proving = (name, org, tokens, key, htu, scheme) => async (n) => writeRequests(name,
  await Promise.all(Array.from({ length: n }, async (_, i) => {
    const { token } = tokens[i % tokens.length];
    return [`${target}?${period(org.day, i)}`, { Authorization: `${scheme} ${token}`,
      DPoP: await makeProof(key, htu, token) }];
  })));

async function tryOnce(url, file) {
  const [path, ...fields] = readFileSync(file, 'utf8').split('\n')[0].split('\t');
  const answer = await fetch(url + path, { headers: Object.fromEntries(fields.map((f) =>
    [f.slice(0, f.indexOf(':')), f.slice(f.indexOf(':') + 2)])) });
  const text = await answer.text();
  const points = answer.status === 200 &&
    JSON.parse(text).records.map((r) => r.readings.length).join();
  if (points !== '48') throw new Error(`${url}: ${answer.status} ${text.slice(0, 400)}`);
  return text.length;
}

async function benchGateway(ground, org) {
  const key = await makeProofKey();
  const figures = {};
  const g = await startGateway(ground, 1);
  const bound = makeGrants(org.who, { binding: 'mtls', thumbprint: ground.thumbprint,
    client: 'bench-mtls' });
  const proved = makeGrants(org.who, { binding: 'dpop', thumbprint: key.jkt,
    client: 'bench-dpop' });
  ground.pg.sql('guichet', bound.sql + proved.sql + 'ANALYZE;');
  const postgres = ground.pg.pid, requests = boundRequests(ground, org, bound.tokens);
  const prepare = (gateway) => proving('proved.txt', org, proved.tokens, key,
    gateway.issuer + target, 'DPoP');
  figures.bytes = await tryOnce(g.plain, requests);
  await tryOnce(g.plain, await prepare(g)(1));
  const load = { server: g.pid, postgres, requests };
  figures.bound = await row('guichet, 1 worker, certificate-bound', { ...load, url: g.plain });
  figures.tls = await row('  the same over its own TLS', { ...load, url: g.tls });
  figures.proved = await row('guichet, 1 worker, DPoP verified each time',
    { server: g.pid, postgres, url: g.plain, prepare: prepare(g) });
  await g.stop();
  const two = await startGateway(ground, 2);
  figures.bound2 = await row('guichet, 2 workers, certificate-bound',
    { server: two.pid, postgres, requests, url: two.plain });
  figures.proved2 = await row('guichet, 2 workers, DPoP verified each time',
    { server: two.pid, postgres, url: two.plain, prepare: prepare(two) });
  await two.stop();
  return figures;
}

// ---- the peer
async function benchPeer(ground, org) {
  const key = await makeProofKey();
  const { jwks, tokens } = await makePeerTokens(org.who, key.jkt);
  const requests = writeRequests('peer.txt', tokens.map(({ token }, i) =>
    [`${target}?${period(org.day, i)}`, { Authorization: `Bearer ${token}` }]));
  const figures = {}, postgres = ground.pg.pid, peer = true;
  const warm = { warmUp: quick ? 3 : 9 }; // a JIT needs its time
  for (const json of [false, true]) {
    const p = await startPeer(ground, jwks, { json });
    await tryOnce(p.origin, requests);
    figures[json ? 'json' : 'cached'] = await row(`fastify + pg, 2 workers, cached${
      json ? ', JSON by PG' : ''}`, { server: p.pid, postgres, requests, url: p.origin,
      ...warm }, { peer });
    await p.stop();
  }
  const json = figures.json.rps > figures.cached.rps;
  const p = await startPeer(ground, jwks, { dpop: true, json });
  const prepare = proving('peer-proved.txt', org, tokens, key, p.origin + target, 'DPoP');
  figures.proved = await row('fastify + pg + jose, 2 workers, DPoP', { server: p.pid,
    postgres, url: p.origin, prepare, ...warm }, { peer });
  figures.best = json ? figures.json : figures.cached;
  await p.stop();
  return figures;
}

// ---- both once more, over an organisation that keeps a row per half-hour
async function benchRows(ground, org) {
  const key = await makeProofKey();
  const postgres = ground.pg.pid;
  const { jwks, tokens } = await makePeerTokens(org.who, key.jkt);
  const g = await startGateway(ground, 2, keepRows(ground.pg));
  const bound = makeGrants(org.who, { binding: 'mtls', thumbprint: ground.thumbprint,
    client: 'bench-rows' });
  ground.pg.sql('guichet', bound.sql + 'ANALYZE;');
  const requests = boundRequests(ground, org, bound.tokens);
  await tryOnce(g.plain, requests);
  const ours = await row('guichet, 2 workers, a row per half-hour',
    { server: g.pid, postgres, requests, url: g.plain });
  await g.stop();
  const p = await startPeer(ground, jwks, { rows: true });
  const asked = writeRequests('peer-rows.txt', tokens.map(({ token }, i) =>
    [`${target}?${period(org.day, i)}`, { Authorization: `Bearer ${token}` }]));
  await tryOnce(p.origin, asked);
  const theirs = await row('fastify + pg, 2 workers, a row per half-hour', { server: p.pid,
    postgres, url: p.origin, requests: asked, warmUp: quick ? 3 : 9 }, { peer: true });
  await p.stop();
  printFigure('pull against fastify + pg, a row per half-hour', `${
    (ours.rps / theirs.rps).toFixed(1)}x`, 'at least 3x', ours.rps >= 3 * theirs.rps);
}

// ---- all of it
function judge(g, p) {
  const cpu = (r) => r.serverUs + r.pgUs;
  const best = (a, b) => (a.rps > b.rps ? a : b);
  const bound = best(g.bound, g.bound2), proved = best(g.proved, g.proved2);
  const figure = (name, value, limit, unit, atLeast) => printFigure(name,
    `${value.toFixed(1)}${unit}`, `${atLeast ? 'at least' : 'at most'} ${limit}${unit}`,
    atLeast ? value >= limit : value <= limit);

  figure('pull against fastify + pg, both cached', bound.rps / p.best.rps, 3, 'x', true);
  figure('  its CPU, gateway and PostgreSQL', cpu(g.bound), 130, ' us');
  figure('  its p99 at 32 connections', bound.p99, 12, ' ms');
  figure('pull with a DPoP proof, against fastify + jose', proved.rps / p.proved.rps, 3,
    'x', true);
  figure('  its CPU, gateway and PostgreSQL', cpu(g.proved), 260, ' us');
  figure('memory of all processes under load', Math.max(g.bound.pss, g.bound2.pss), 32,
    ' MiB');
  figure('TLS by the gateway itself, more CPU', g.tls.serverUs - g.bound.serverUs, 35, ' us');
}

function keepDrawing() {
  writeFileSync(join(place, 'bench.svg'), drawing(rows, 'Guichet, pull of one customer-day'));
  writeFileSync(join(place, 'bench.json'), JSON.stringify(rows, null, 1));
  console.log('drawn: build/bench/bench.svg');
}

function runAlone(part) {
  const file = new URL(`part_${part}.mjs`, import.meta.url).pathname;
  const { status } = spawnSync(process.execPath, [file, ...(quick ? alone[part] : [])],
    { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

console.log(`${cpus().length} cores, ${cpus()[0].model}; wrk -t1 -c32; medians of ${
  pace.runs} runs of ${pace.seconds} s`);
const together = ['edge', 'pull', 'peer', 'rows'].some(wanted);
const pg = together ? startPostgres() : undefined;
if (together) printHead();
let g, p;
if (wanted('edge')) await benchEdge();
if (wanted('pull') || wanted('peer') || wanted('rows')) {
  const org = fillOrganisation(pg, customers, 40);
  console.log(`data: ${customers} customers, ${org.rows} meter-days; ${org.who.length
  } customers asked for, one day of 48 points each time`);
  const ground = await makeGround(pg);
  if (wanted('pull')) g = await benchGateway(ground, org);
  if (wanted('peer')) p = await benchPeer(ground, org);
  if (wanted('rows')) await benchRows(ground, org);
  if (g) console.log(`an answer: ${g.bytes} bytes`);
}
if (g && p) judge(g, p);
if (together) keepDrawing();
pg?.remove();
for (const part of Object.keys(alone)) if (wanted(part)) runAlone(part);
process.exit();
