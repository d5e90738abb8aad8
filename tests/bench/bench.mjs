// `make bench`: what a pull costs, beside the same pull as people write it.
//
// Gateway, PostgreSQL (durable), load generator and peer share this machine:
// compare rows of one run, and prefer the CPU columns. Options:
// --seconds N (5), --customers N (500), --only PATTERN.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createHash } from 'node:crypto';
import { freePorts, guichet, root } from '../support/ground.mjs';
import { prepareGateway, startGateway, until } from '../support/gateway.mjs';
import { createDatabase, sql, startPostgres } from '../support/postgres.mjs';
import { measure, printFigure, printTable } from './measure.mjs';
import { makeGrants, makePeerTokens, makeProof, makeProofKey } from './tokens.mjs';

const { values: options } = parseArgs({ options: {
  seconds: { type: 'string', default: '5' }, customers: { type: 'string', default: '500' },
  runs: { type: 'string', default: '3' }, only: { type: 'string', default: '' } } });
const seconds = Number(options.seconds);
const runs = Number(options.runs);
const connections = 32;
const proofsPerRun = 9000 * seconds;
const path = '/v1/datasets/energy.load-curve';

const postgres = startPostgres({ fsync: true });
process.on('exit', postgres.remove);
process.env.GUICHET_TEST_PG = postgres.url;
const postmaster = Number(readFileSync(
  join(sql(postgres.url, 'SHOW data_directory'), 'postmaster.pid'), 'utf8').split('\n')[0]);

function say(text) { console.error(`bench: ${text}`); }

function makeSource() {
  const source = createDatabase('bench_energy');
  say(`${options.customers} customers, 60 days of half-hours`);
  const made = guichet('synth', '--sector', 'energy', '--customers', options.customers,
    '--days', '60', '--to', `postgres:${source.url}`,
    '--tables', join(root, 'adapters/energy/organisation.sql'));
  if (made.code !== 0) throw new Error(made.err);
  sql(source.url, 'VACUUM ANALYZE');
  const days = sql(source.url, `SELECT r.id_client || ' ' || k.jour || ' ' || k.jour + 1
    FROM crm.rattachement AS r JOIN si.courbe_jour AS k ON k.pdl = r.pdl
     AND k.jour BETWEEN r.date_deb AND r.date_fin AND k.courante AND cardinality(k.soutirage) = 48
    WHERE k.pas_min = 30`).split('\n').map((line) => line.split(' '));
  return { url: source.url, days };
}

// a certificate for the header a front would set, and its thumbprint
function clientCertificate(ground) {
  const pem = readFileSync(ground.ca.replace(/ca\.pem$/, 'tls.pem'), 'utf8');
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return { header: encodeURIComponent(pem),
    thumbprint: createHash('sha256').update(der).digest('base64url') };
}

function pick(list) { return list[Math.floor(Math.random() * list.length)]; }

function target(day) { return `${path}?from=${day[1]}&to=${day[2]}`; }

function tokenOf(tokens, customer) { return tokens.get(customer); }

function writeRequests(file, n, line) {
  const lines = [];
  for (let i = 0; i < n; i++) lines.push(line(i));
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const source = makeSource();
const [plain] = await freePorts(1);
const ground = await prepareGateway({ settings: {
  server: { listen_plain: `127.0.0.1:${plain}`, web_workers: 1,
    trusted_proxies: '127.0.0.1', client_certificate_header: 'X-Client-Cert' },
  catalogue: { sources: 'energy' }, sources: { energy: source.url },
  push: { workers: 0 }, log: { level: 'warning' } } });
const certificate = clientCertificate(ground);
const customers = [...new Set(source.days.map(([customer]) => customer))];
const mtls = makeGrants(customers, { binding: 'mtls', thumbprint: certificate.thumbprint,
  client: 'bench-mtls' });
const proofKey = await makeProofKey();
const dpop = makeGrants(customers, { binding: 'dpop', thumbprint: proofKey.jkt,
  client: 'bench-dpop' });
sql(ground.db.url, mtls.sql);
sql(ground.db.url, dpop.sql);
const gateway = await startGateway({ ground });
const byCustomer = (tokens) => new Map(tokens.map((t) => [t.customer, t.token]));

async function benchGateway(what, url) {
  const tokens = byCustomer(mtls.tokens);
  const requests = writeRequests(join(ground.dir, 'requests'), 4096, () => {
    const day = pick(source.days);
    return `${target(day)}\tAuthorization: Bearer ${tokenOf(tokens, day[0])}` +
      `\tX-Client-Cert: ${certificate.header}`;
  });
  say(what);
  return { what, ...await measure({ server: gateway.pid, postgres: postmaster, url,
    requests, seconds, connections, runs, once: false }) };
}

async function writeProofs(name, origin, tokens) {
  const lines = await Promise.all(Array.from({ length: proofsPerRun }, async () => {
    const day = pick(source.days);
    const token = tokenOf(tokens, day[0]);
    return `${target(day)}\tAuthorization: DPoP ${token}` +
      `\tDPoP: ${await makeProof(proofKey, origin + path, token)}`;
  }));
  return writeRequests(join(ground.dir, name), lines.length, (i) => lines[i]);
}

// proofs live a minute: one set a run, signed just before it
async function benchProofs(what, { server, url, origin, tokens }) {
  const rows = [];
  for (let run = 0; run < runs; run++) {
    say(`${what}: signing ${proofsPerRun} proofs`);
    const requests = await writeProofs(`proofs-${run}`, origin, tokens);
    rows.push(await measure({ server, postgres: postmaster, url, requests,
      seconds, connections, runs: 1, warmUp: 0, once: true }));
  }
  rows.sort((a, b) => a.rps - b.rps);
  return { what, ...rows[Math.floor(rows.length / 2)] };
}

async function startPeer(withProof) {
  const [port] = await freePorts(1);
  const { jwks, tokens } = await makePeerTokens(customers, proofKey.jkt);
  const child = spawn(process.execPath, [join(root, 'tests/bench/peer.mjs')], {
    stdio: 'inherit', env: { ...process.env, PEER_PORT: port, PEER_DATABASE: source.url,
      PEER_WORKERS: 2, PEER_JWKS: JSON.stringify(jwks), PEER_DPOP: withProof ? '1' : '0',
      PEER_ORIGIN: `http://127.0.0.1:${port}`,
      PEER_SQL: join(root, 'adapters/energy/energy.load-curve.sql') } });
  process.on('exit', () => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  await until(() => fetch(url).then(() => true, () => false), 'the peer');
  return { child, url, tokens: byCustomer(tokens) };
}

async function benchPeer(what, withProof) {
  const peer = await startPeer(withProof);
  let row;
  if (withProof) {
    row = await benchProofs(what, { server: peer.child.pid, url: peer.url,
      origin: peer.url, tokens: peer.tokens });
  } else {
    const requests = writeRequests(join(ground.dir, 'peer'), 4096, () => {
      const day = pick(source.days);
      return `${target(day)}\tAuthorization: Bearer ${tokenOf(peer.tokens, day[0])}`;
    });
    say(what);
    row = { what, ...await measure({ server: peer.child.pid, postgres: postmaster,
      url: peer.url, requests, seconds, connections, runs, warmUp: 8, once: false }) };
  }
  peer.child.kill('SIGKILL');
  return row;
}

const all = {
  pull: () => benchGateway('guichet, journalled, certificate-bound',
    `http://127.0.0.1:${plain}`),
  tls: () => benchGateway('the same over its own TLS', gateway.issuer),
  peer: () => benchPeer('fastify + pg, token cache, 2 processes', false),
  dpop: () => benchProofs('guichet, journalled, DPoP proof each time', {
    server: gateway.pid, url: `http://127.0.0.1:${plain}`, origin: gateway.issuer,
    tokens: byCustomer(dpop.tokens) }),
  peerDpop: () => benchPeer('fastify + pg + jose, DPoP proof each time', true),
};
const row = {};
for (const [name, run] of Object.entries(all))
  if (name.includes(options.only)) row[name] = await run();

printTable(Object.values(row));
const cpu = (r) => r.serverUs + r.pgUs;
if (row.pull && row.peer) {
  const ratio = row.pull.rps / row.peer.rps;
  printFigure('pull against fastify, requests/s', `${ratio.toFixed(1)}x`, 'at least 3x', ratio >= 3);
}
if (row.pull) {
  printFigure('pull, gateway + PostgreSQL CPU', `${cpu(row.pull).toFixed(0)} us`,
    'at most 130 us', cpu(row.pull) <= 130);
  printFigure('pull, p99 at 32 connections', `${row.pull.p99.toFixed(1)} ms`,
    'under 12 ms', row.pull.p99 < 12);
  printFigure('memory of the whole gateway', `${row.pull.pss.toFixed(0)} MiB`,
    'at most 32 MiB', row.pull.pss <= 32);
}
if (row.pull && row.tls) {
  const more = row.tls.serverUs - row.pull.serverUs;
  printFigure('own TLS, more CPU per request', `${more.toFixed(0)} us`, 'at most 35 us', more <= 35);
}
if (row.dpop) printFigure('pull with DPoP, gateway + PostgreSQL CPU',
  `${cpu(row.dpop).toFixed(0)} us`, 'at most 260 us', cpu(row.dpop) <= 260);
if (row.dpop && row.peerDpop) {
  const ratio = row.dpop.rps / row.peerDpop.rps;
  printFigure('DPoP pull against fastify + jose', `${ratio.toFixed(1)}x`, 'at least 3x', ratio >= 3);
}
mkdirSync(join(root, 'build/bench'), { recursive: true });
writeFileSync(join(root, 'build/bench/pull.json'), JSON.stringify(row, null, 2));
await gateway.stop();
process.exit(0);
