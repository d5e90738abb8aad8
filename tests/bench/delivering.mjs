// SPDX-License-Identifier: Apache-2.0
// What the figures of delivery stand on: an organisation with one record of 2 kB for
// each customer and day, a sink on this machine, grants as consents leave them.
import { execFileSync, spawn } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { place, startPostgres } from './ground.mjs';
import { cpuUs, pssMiB } from './procs.mjs';
import { certificates, freePorts, guichet, program, root, writeSettings }
  from '../support/ground.mjs';

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
export const SET = 'energy.load-curve';
const inPlace = (...names) => join(place, ...names);
const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] });

function must(...args) {
  const r = guichet(...args);
  if (r.code !== 0) throw new Error(`guichet ${args.join(' ')}: ${r.err}`);
  return r.out;
}

// A certificate for every host below pims.localhost, which are this machine (RFC 6761).
function wildcard(ca) {
  const f = (name) => inPlace('sink', name);
  mkdirSync(inPlace('sink'), { recursive: true });
  openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-subj', '/CN=sink', '-keyout', f('tls.key'), '-out', f('tls.csr'));
  writeFileSync(f('tls.ext'), 'subjectAltName=DNS:*.pims.localhost,DNS:localhost\n');
  openssl('x509', '-req', '-in', f('tls.csr'), '-CA', ca.ca, '-CAkey', inPlace('ca.key'),
    '-CAcreateserial', '-days', '2', '-extfile', f('tls.ext'), '-out', f('tls.pem'));
}

// idle: ms after which the sink closes a connection that nothing comes by.
export async function startSink(...args) {
  const child = spawn(join(root, 'build/tools/sink'), [inPlace('sink'), ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => { try { process.kill(child.pid, 'SIGKILL'); } catch {} });
  const ports = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, port] = line.split(' ');
    ports[what] = Number(port);
    if (ports.listening) break;
  }
  const plain = `http://127.0.0.1:${ports.listening}`;
  return { pid: child.pid, port: ports.tls,
    figures: async () => (await fetch(`${plain}/figures`)).json(),
    forget: () => fetch(`${plain}/forget`, { method: 'POST' }),
    stop: () => child.kill('SIGKILL') };
}

// ---- the organisation: a row per customer and day, of so many points (20: 2 kB)
const SOURCE = (customers, days, points) => `
  CREATE ROLE guichet_lecture LOGIN; GRANT pg_read_all_stats TO guichet_lecture;
  CREATE TABLE day (customer text NOT NULL, pdl text NOT NULL, jour date NOT NULL,
    starts timestamptz[] NOT NULL, wh int[] NOT NULL, changed timestamptz NOT NULL);
  INSERT INTO day SELECT 'C' || c, lpad(c::text, 14, '0'), d, s, w,
         now() - interval '1 day'
    FROM generate_series(1, ${customers}) AS c,
         (SELECT d::date AS d, array_agg(d + g * interval '15 min' ORDER BY g) AS s,
                 array_agg((g * 37 % 900)::int ORDER BY g) AS w
            FROM generate_series(date '2026-01-01', date '2026-01-01' + ${days - 1},
                 interval '1 day') AS d, generate_series(0, ${points - 1}) AS g GROUP BY d) AS x;
  CREATE UNIQUE INDEX ON day (customer, changed, pdl, jour);
  CREATE INDEX ON day (changed);
  GRANT SELECT ON day TO guichet_lecture;
  VACUUM ANALYZE day;`;
const ADAPTER = `SELECT d.pdl AS usage_point, d.jour AS day, 'PT15M' AS step,
       1 AS total, d.starts AS "readings[].start", d.wh AS "readings[].energy",
       array_fill('MEASURED'::text, ARRAY[cardinality(d.wh)]) AS "readings[].quality",
       d.changed AS changed
  FROM day AS d WHERE d.customer = :customer
`;
const CHANGED = `SELECT d.customer, d.changed, d.pdl || ' ' || d.jour AS key
  FROM day AS d WHERE d.changed >= :since AND d.changed < :until
`;

function makeOrganisation(pg, customers, days, points) {
  const dir = inPlace('adapters/bench');
  mkdirSync(dir, { recursive: true });
  pg.sql('postgres', 'CREATE DATABASE energy; CREATE DATABASE guichet;');
  pg.sql('energy', SOURCE(customers, days, points));
  writeFileSync(join(dir, 'source.conf'), `url = ${pg.databaseUrl('energy')
    .replace('user=postgres', 'user=guichet_lecture')}\ntime_zone = Europe/Paris\n` +
    'capture = horizon\nstatement_timeout_ms = 5000\n');
  writeFileSync(join(dir, `${SET}.sql`), ADAPTER);
  writeFileSync(join(dir, `${SET}.changed.sql`), CHANGED);
}

// ---- what guichet knows: recipients with an open endpoint, grants, subscriptions
// As crypto/seal.c: key id, nonce, text, tag; the context is authenticated.
function sealer() {
  const dir = inPlace('keys');
  const [name] = readdirSync(dir).filter((n) => /^seal-.*\.key$/.test(n)).sort().slice(-1);
  const text = readFileSync(join(dir, name));
  const key = text.length === 32 ? text : Buffer.from(text.toString().trim(), 'base64url');
  return (context, plain) => {
    const nonce = randomBytes(12), c = createCipheriv('aes-256-gcm', key, nonce);
    c.setAAD(Buffer.from(context));
    const body = Buffer.concat([c.update(plain), c.final()]);
    return Buffer.concat([Buffer.from(name.slice(5, 13), 'hex'), nonce, body,
      c.getAuthTag()]).toString('base64url');
  };
}

export function addRecipients(b, list) {
  const seal = sealer();
  b.pg.sql('guichet', list.map(({ id, url }) => {
    const keys = JSON.stringify([{ hmac: randomBytes(32).toString('base64'),
      ed25519: randomBytes(32).toString('base64'), until: 0 }]);
    return `INSERT INTO guichet.client (id, kind, name, datasets)
        VALUES ('${id}', 'webhook', '${id}', '{${SET}}');
      INSERT INTO guichet.endpoint (client_id, url, host, sealed, state) VALUES ('${id}',
        '${url}', '${new URL(url).host}', '${seal(`endpoint ${id}`, keys)}', 'open');`;
  }).join('\n'));
}

// Customers first..last, each to one of the recipients in turn; nothing is due yet.
export function addGrants(b, first, last, recipients, where = 'r.n = c % cardinality(l.ids)') {
  b.pg.sql('guichet', `
    SET session_replication_role = replica;	-- no letters
    CREATE TEMP TABLE made AS
    SELECT c, r.id AS client, gen_random_uuid() AS grant_id, coalesce((SELECT u.id
             FROM guichet.subject AS u WHERE u.customer = 'C' || c), gen_random_uuid()) AS subject
      FROM (SELECT ARRAY[${recipients.map((r) => `'${r.id}'`)}] AS ids) AS l,
           generate_series(${first}, ${last}) AS c,
           LATERAL (SELECT l.ids[n + 1] AS id, n FROM generate_series(0,
             cardinality(l.ids) - 1) AS n) AS r WHERE ${where};
    INSERT INTO guichet.subject (id, customer, key)
    SELECT subject, 'C' || c, sha256(subject::text::bytea) FROM made
        ON CONFLICT DO NOTHING;
    INSERT INTO guichet.grants (id, client_id, subject_id, pairwise, datasets, details,
           purpose, language, notice_sha256, expires)
    SELECT grant_id, client, subject, 'p' || c, '{${SET}}',
           '[{"type":"restitution","datasets":["${SET}"]}]', 'bench', 'fr',
           sha256('x'), now() + interval '30 days' FROM made;
    INSERT INTO guichet.destination (grant_id, kind, address, host, state)
    SELECT m.grant_id, 'webhook', e.url, e.host, '{"payload":"records"}'
      FROM made AS m JOIN guichet.endpoint AS e ON e.client_id = m.client;
    INSERT INTO guichet.subscription (id, grant_id, dataset, host, due)
    SELECT gen_random_uuid(), m.grant_id, '${SET}', e.host, NULL
      FROM made AS m JOIN guichet.endpoint AS e ON e.client_id = m.client;
    SET session_replication_role = origin;`);
  b.pg.sql('guichet', 'VACUUM ANALYZE guichet.subscription; VACUUM ANALYZE guichet.grants; ' +
    'VACUUM ANALYZE guichet.destination; VACUUM ANALYZE guichet.subject;');
}

// ---- all of it
export async function startDelivering({ customers, days = 1, points = 20, push = {}, settings = {} }) {
  const pg = startPostgres();
  const tls = certificates(place);
  wildcard(tls);
  makeOrganisation(pg, customers, days, points);
  const [port, admin] = await freePorts(2);
  const config = writeSettings(inPlace('guichet.conf'), {
    organisation: { name: 'Bench', contact: 'dpo@example.org' },
    server: { public_url: `https://localhost:${port}`, listen: `127.0.0.1:${port}`,
      tls_certificate: tls.certificate, tls_key: tls.key, web_workers: 1 },
    admin: { listen: `127.0.0.1:${admin}` },
    database: { url: pg.databaseUrl('guichet') },
    catalogue: { schemas: join(root, 'schemas'), adapters: inPlace('adapters'), sources: 'bench' },
    keys: { directory: inPlace('keys') },
    log: { level: 'warning' },
    ...settings,
    push: { allow: '127.0.0.0/8 ::1/128', ca_file: tls.ca, ...push },
  });
  must('key', 'new', '--config', config);
  must('migrate', '--config', config);
  const b = { pg, config, tls, admin: `http://127.0.0.1:${admin}` };
  b.ask = (text) => pg.sql('guichet', text);
  b.serve = async () => {
    const log = inPlace('gateway.log');
    const child = spawn(program, ['serve', '--config', config], { cwd: root,
      stdio: ['ignore', 'ignore', openSync(log, 'a')] });
    process.on('exit', () => { try { process.kill(child.pid, 'SIGKILL'); } catch {} });
    const ended = new Promise((r) => child.on('close', r));
    for (let i = 0; i < 200; i++) {
      try { await fetch(`${b.admin}/live`); break; } catch { await sleep(50); }
      if (child.exitCode !== null) throw new Error(readFileSync(log, 'utf8').slice(-3000));
    }
    b.gateway = { pid: child.pid, child, log,
      stop: async () => { child.kill('SIGTERM'); await ended; } };
    return b.gateway;
  };
  b.pids = (title) => execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', String(b.gateway.pid)],
    { encoding: 'utf8' }).split('\n').filter((l) => l.includes(title))
    .map((l) => Number(l.trim().split(' ')[0]));
  // Everybody's record is new again: nothing has been delivered yet.
  b.wake = (where = 'true') => b.ask(`UPDATE guichet.subscription AS s SET cursor = NULL,
    due = now(), changed = changed + 1 WHERE ${where}`);
  b.left = () => Number(b.ask(`SELECT count(*) FROM guichet.subscription
    WHERE due IS NOT NULL OR lease_until IS NOT NULL`));
  b.stop = async () => { await b.gateway?.stop(); pg.remove(); };
  return b;
}

// One round: all that was woken, until all is settled. -> rate and CPU per delivery
export async function round(b, sink, { where, most_s = 240, messages } = {}) {
  await sink.forget();
  const wanted = messages ?? Number(b.ask(`SELECT count(*) FROM guichet.subscription AS s WHERE ${where ?? true}`));
  const pids = () => ({ push: b.pids('push').reduce((n, p) => n + cpuUs(p), 0),
    all: cpuUs(b.gateway.pid), pg: cpuUs(b.pg.pid), sink: cpuUs(sink.pid) });
  const before = pids();
  const began = performance.now();
  b.wake(where);
  let f;
  for (;;) {
    await sleep(50);
    f = await sink.figures();
    if (performance.now() - began > most_s * 1000) throw new Error(`not done: ${JSON.stringify(f)}`);
    if (f.messages >= wanted && b.left() === 0) break;
  }
  const after = pids(), each = (k) => (after[k] - before[k]) / f.messages;
  return { messages: f.messages, rate: (f.messages - 1) / (f.took_us / 1e6), bytes: f.bytes / f.messages,
    pushUs: each('push'), allUs: each('all'), pgUs: each('pg'), sinkUs: each('sink'), f,
    pss: pssMiB(b.gateway.pid) };
}

// A few records now and then for the hosts named good...: from due to settled, ms (p99).
export async function latency(b, turns = 100) {
  b.ask('DROP TABLE IF EXISTS woken; CREATE TABLE woken (id uuid, at timestamptz);');
  for (let i = 0; i < turns; i++) {
    b.ask(`WITH some AS (SELECT id FROM guichet.subscription WHERE host LIKE 'good%'
        AND due IS NULL AND lease_until IS NULL ORDER BY random() LIMIT 10), woke AS (
      UPDATE guichet.subscription AS s SET due = clock_timestamp(), cursor = NULL,
        changed = changed + 1 FROM some WHERE s.id = some.id RETURNING s.id, s.due)
      INSERT INTO woken SELECT * FROM woke`);
    await sleep(40);
  }
  await sleep(1500);
  return Number(b.ask(`SELECT 1000 * extract(epoch FROM percentile_cont(0.99) WITHIN GROUP
    (ORDER BY CASE WHEN s.delivered > w.at THEN s.delivered ELSE now() END - w.at))
    FROM woken AS w JOIN guichet.subscription AS s ON s.id = w.id`));
}
