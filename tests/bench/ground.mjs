// SPDX-License-Identifier: Apache-2.0
// What the bench stands on: a durable PostgreSQL with the synthetic
// organisation, a gateway and its peer over it, requests in files.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { cpSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificates, freePorts, guichet, program, root, writeSettings }
  from '../support/ground.mjs';

export const place = join(root, 'build/bench');
const inPlace = (...names) => join(place, ...names);
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

function must(...args) {
  const r = guichet(...args);
  if (r.code !== 0) throw new Error(`guichet ${args.join(' ')}: ${r.err}`);
  return r.out;
}

// ---- PostgreSQL, with fsync on: a journal that is not durable is none
const pgTool = join(root, 'tests/support/pg');

// WAL files that are there to be used again, as wherever it has run for an hour: a
// cluster that makes each anew holds up every commit meanwhile (p99 of a pull, measured:
// 23 ms against 11).
export const usedWal = 'SELECT pg_current_xact_id(), pg_switch_wal();\n'.repeat(120) +
  'CHECKPOINT;';

export function startPostgres({ fsync = true } = {}) {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const url = execFileSync(pgTool, ['start', inPlace('pg'), ...(fsync ? ['--fsync'] : [])],
    { encoding: 'utf8' }).trim();
  const host = new URL(url.replace('postgresql:///', 'http://x/')).searchParams.get('host');
  const pid = Number(readFileSync(join(host, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
  const sql = (database, text) => execFileSync('psql',
    ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', databaseUrl(database)],
    { input: text, encoding: 'utf8', maxBuffer: 1 << 28 }).trim();
  const databaseUrl = (name) => url.replace('///postgres', `///${name}`);
  const remove = () => {
    try { execFileSync(pgTool, ['remove', inPlace('pg')], { stdio: 'ignore' }); } catch {}
  };
  process.on('exit', remove);
  return { url, pid, sql, databaseUrl, remove };
}

// ---- the organisation: every customer has one meter, half-hours by day
export function fillOrganisation(pg, customers, days) {
  pg.sql('postgres', 'CREATE DATABASE energy; CREATE DATABASE guichet;');
  must('synth', '--sector', 'energy', '--to', pg.databaseUrl('energy'),
    '--customers', String(customers), '--days', String(days));
  pg.sql('energy', `VACUUM ANALYZE; ${usedWal}`);
  // customers and days with exactly one record of 48 points
  const day = pg.sql('energy', `SELECT max(jour) - 7 FROM si.courbe_jour`);
  const who = pg.sql('energy', `SELECT r.id_client FROM crm.rattachement AS r
    JOIN si.courbe_jour AS k ON k.pdl = r.pdl AND k.courante
     AND k.jour BETWEEN r.date_deb AND r.date_fin
    WHERE k.jour BETWEEN '${day}'::date - 20 AND '${day}'::date
      AND cardinality(k.soutirage) = 48
    GROUP BY 1 HAVING count(*) = 21 ORDER BY 1 LIMIT 2000`).split('\n');
  return { day, who, rows: Number(pg.sql('energy', 'SELECT count(*) FROM si.courbe_jour')) };
}

// The same readings as another organisation keeps them: a row per half-hour.
const ROWS_SQL = `
  CREATE TABLE si.courbe (pdl text, horodate timestamptz, jour date, wh int,
    date_maj timestamptz);
  INSERT INTO si.courbe
  SELECT k.pdl, u.h, k.jour, u.wh, k.date_maj
    FROM si.courbe_jour AS k
    JOIN ref.calendrier AS c ON c.jour = k.jour AND c.pas_min = k.pas_min,
         unnest(c.horodates, k.soutirage) AS u (h, wh)
   WHERE k.courante AND u.wh IS NOT NULL AND k.pas_min = 30;
  CREATE INDEX ON si.courbe (pdl, jour) INCLUDE (horodate, wh, date_maj);
  GRANT SELECT ON si.courbe TO guichet_lecture;
  VACUUM ANALYZE si.courbe;`;
const ROWS_ADAPTER = `
SELECT k.pdl                                        AS usage_point,
       k.jour                                       AS day,
       'PT30M'                                      AS step,
       sum(k.wh)::int                               AS total,
       array_agg(k.horodate ORDER BY k.horodate)    AS "readings[].start",
       array_agg(k.wh ORDER BY k.horodate)          AS "readings[].energy",
       array_agg('MEASURED'::text ORDER BY k.horodate)    AS "readings[].quality",
       max(greatest(k.date_maj, r.date_maj))        AS changed
  FROM crm.rattachement AS r
  JOIN si.courbe AS k
    ON k.pdl = r.pdl AND k.jour BETWEEN r.date_deb AND r.date_fin
 WHERE r.id_client = :customer
 GROUP BY k.pdl, k.jour
`;

// Adapters of that organisation, in a folder of the bench. -> its path
export function keepRows(pg) {
  const dir = inPlace('adapters');
  pg.sql('energy', ROWS_SQL);
  cpSync(join(root, 'adapters/energy'), join(dir, 'energy'), { recursive: true });
  writeFileSync(join(dir, 'energy/energy.load-curve.sql'), ROWS_ADAPTER);
  return dir;
}

// One of the last days, as a query: walks so that answers are not all alike.
export function period(day, i) {
  const from = new Date(Date.parse(day) - (i % 20) * 864e5);
  const to = new Date(from.getTime() + 864e5);
  const text = (d) => d.toISOString().slice(0, 10);
  return `from=${text(from)}&to=${text(to)}`;
}

export function writeRequests(name, lines) {
  const path = inPlace(name);
  writeFileSync(path, lines.map(([target, fields]) => [target, ...Object.entries(fields)
    .map(([k, v]) => `${k}: ${v}`)].join('\t')).join('\n') + '\n');
  return path;
}

// ---- processes
async function untilAnswers(url, child, log) {
  for (let i = 0; i < 300; i++) {
    if (child.exitCode !== null)
      throw new Error(`it ended: ${readFileSync(log, 'utf8').slice(-3000)}`);
    try {
      await fetch(url);
      return;
    } catch { await sleep(50); }
  }
  throw new Error(`${url} does not answer: ${readFileSync(log, 'utf8').slice(-3000)}`);
}

function start(name, command, args, env) {
  const log = inPlace(`${name}.log`);
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', openSync(log, 'w')] });
  const last = () => { try { process.kill(child.pid, 'SIGKILL'); } catch {} };
  process.on('exit', last);
  const ended = new Promise((r) => child.on('close', r));
  return { pid: child.pid, child, log,
    stop: async () => { child.kill('SIGTERM'); await ended; } };
}

export async function makeGround(pg) {
  const tls = certificates(place);
  const pem = readFileSync(tls.certificate, 'utf8');
  return { pg, tls, certificate: encodeURIComponent(pem),
    thumbprint: createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url') };
}

// Behind a front for the plain runs (it hands over the client's certificate,
// as nginx does), and with TLS of its own for the others.
export async function startGateway(ground, workers, adapters = join(root, 'adapters'),
  as = program, { name = String(workers), server = {}, log = {}, cgroup } = {}) {
  const [tlsPort, port, admin] = await freePorts(3);
  const config = writeSettings(inPlace(`guichet-${name}.conf`), {
    organisation: { name: 'Bench', contact: 'dpo@example.org' },
    server: { public_url: `https://localhost:${tlsPort}`, listen: `127.0.0.1:${tlsPort}`,
      listen_plain: `127.0.0.1:${port}`, tls_certificate: ground.tls.certificate,
      tls_key: ground.tls.key, web_workers: workers, trusted_proxies: '127.0.0.1',
      client_certificate_header: 'X-Client-Cert', ...server },
    admin: { listen: `127.0.0.1:${admin}` }, log,
    database: { url: ground.pg.databaseUrl('guichet') },
    catalogue: { schemas: join(root, 'schemas'), adapters, sources: 'energy' },
    sources: { energy: ground.pg.databaseUrl('energy')
      .replace('user=postgres', 'user=guichet_lecture') },
    keys: { directory: inPlace('keys') },
  });
  must('key', 'new', '--config', config);
  must('migrate', '--config', config);
  const serve = [as, 'serve', '--config', config];
  const g = start(`gateway-${name}`, ...(cgroup === undefined ? [serve[0], serve.slice(1)] :
    ['sh', ['-c', `echo $$ > ${cgroup}/cgroup.procs && exec "$0" "$@"`, ...serve]]));
  await untilAnswers(`http://127.0.0.1:${admin}/live`, g.child, g.log);
  return { ...g, ports: { plain: port, tls: tlsPort, admin },
    issuer: `https://localhost:${tlsPort}`, admin: `http://127.0.0.1:${admin}`,
    plain: `http://127.0.0.1:${port}`, tls: `https://127.0.0.1:${tlsPort}` };
}

export async function startPeer(ground, jwks, { workers = 2, dpop = false, json = false,
  rows = false }) {
  const [port] = await freePorts(1);
  const origin = `http://127.0.0.1:${port}`;
  const p = start(`peer${dpop ? '-dpop' : ''}${json ? '-json' : ''}`, process.execPath,
    [join(root, 'tests/bench/peer.mjs')], { PEER_PORT: port, PEER_WORKERS: workers,
      PEER_DATABASE: ground.pg.databaseUrl('energy'), PEER_JWKS: JSON.stringify(jwks),
      PEER_DPOP: dpop ? '1' : '', PEER_JSON: json ? '1' : '', PEER_ROWS: rows ? '1' : '', PEER_ORIGIN: origin });
  await untilAnswers(origin, p.child, p.log);
  return { ...p, origin };
}
