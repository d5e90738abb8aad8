// SPDX-License-Identifier: Apache-2.0
// How soon is a withdrawal effective? Four workers, 32 connections that ask fifty
// times a second each by a token all of them have verified; the customer withdraws;
// the last answer that was still yes, counted from the click on the form. And in
// the journal: does anything of the consent stand behind its withdrawal?
// Stands alone: node tests/bench/part_withdrawal.mjs [--n N]
import { Agent } from 'node:https';
import { loadavg } from 'node:os';
import { sql, startPostgres } from '../support/postgres.mjs';
import { printFigure } from './measure.mjs';

const n = Number(process.argv[process.argv.indexOf('--n') + 1]) || 200;
const pg = startPostgres({ fsync: true });
process.env.GUICHET_TEST_PG = pg.url;
sql(pg.url, 'ALTER SYSTEM SET track_commit_timestamp = on');
pg.stop();
pg.start();
const { clientCertificate, pause, startCounter } = await import('../support/oauth.mjs');
const { ask } = await import('../support/gateway.mjs');

const LIST = '/v1/datasets', CURVE = '/v1/datasets/energy.load-curve?limit=1';
const counter = await startCounter({ settings: { server: { web_workers: 4 },
  log: { level: 'info' }, consent: { par_calls_per_second: 0 },
  pull: { calls_per_minute: 0, calls_per_day: 0 } } });
const tls = clientCertificate(counter.dir, 'pims');
const pims = counter.register('pims', { tls, auth: 'self_signed_tls_client_auth',
  flags: ['--certificate', tls.file] });
const customer = await counter.customer(0);
const agents = Array.from({ length: 32 }, () => new Agent({ keepAlive: true, maxSockets: 1,
  ca: counter.ca_pem, cert: tls.cert, key: tls.key }));
const field = (html) => /name="csrf" value="([^"]*)"/.exec(html)[1];

// The last yes of all connections, in ms since the click; each asks until no.
async function one() {
  const t = await pims.connect(customer, { scope: 'energy.load-curve' });
  const headers = { authorization: `Bearer ${t.access_token}` };
  const get = async (agent, path) => (await ask(counter.mtls_url + path, { agent, headers }))
    .status;
  const path = (i) => (i % 8 ? LIST : CURVE);	// what is remembered; what is asked each time
  const yes = await Promise.all(agents.map((a, i) => get(a, path(i))));
  if (yes.some((s) => s !== 200)) throw new Error(`before: ${yes}`);
  const page = await customer.ask(`/me/withdraw/${t.grant_id}`);
  let clicked = Infinity;
  const asking = agents.map(async (agent, i) => {
    for (let last = -Infinity; ;) {
      const sent = performance.now(), status = await get(agent, path(i));
      if (status !== 200) return last;
      last = sent;
      await pause(20);
      if (sent - clicked > 5000) throw new Error('still open after 5 s');
    }
  });
  await pause(30);
  clicked = performance.now();
  const r = await customer.ask(`/me/withdraw/${t.grant_id}`, { method: 'POST',
    form: { csrf: field(page.text) } });
  if (r.status !== 303) throw new Error(`withdrawal: ${r.status}`);
  return Math.max(0, ...(await Promise.all(asking)).map((last) => last - clicked));
}

const took = [];
for (let i = 0; i < n; i++) took.push(await one());
took.sort((a, b) => a - b);
const at = (part) => took[Math.min(n - 1, Math.floor(n * part))];
const said = `p50 ${at(0.5).toFixed(1)}, p99 ${at(0.99).toFixed(1)}, at most ${
  took[n - 1].toFixed(1)} ms, ${n} withdrawals, load ${loadavg()[0].toFixed(1)}`;
printFigure('a withdrawal is effective in every worker', said, 'at most 1000 ms',
  took[n - 1] <= 1000);

// In the order in which they were committed, whatever log they are in and whatever
// time they were written for. What says that an answer or a sending has ended, or
// that one was refused, comes after.
const behind = sql(counter.db.url, `SELECT k.ev || ' ' || count(*) FROM (
  SELECT grant_id, pg_xact_commit_timestamp(xmin) AS at,
         convert_from(leaf, 'UTF8')::json ->> 'ev' AS ev
    FROM guichet.journal_line WHERE grant_id IS NOT NULL) AS k
  JOIN (SELECT grant_id, pg_xact_commit_timestamp(xmin) AS at FROM guichet.journal_line
         WHERE convert_from(leaf, 'UTF8') LIKE '%"consent.withdrawn"%') AS w USING (grant_id)
 WHERE k.at > w.at GROUP BY k.ev`).split('\n').filter(Boolean);
const opening = behind.filter((l) => !/^(consent\.effective|.*\.(ended|refused)) /.test(l));
const all = sql(counter.db.url, `SELECT count(*) FROM guichet.journal_line
  WHERE grant_id IS NOT NULL`);
printFigure('lines that open something, committed after the withdrawal', `${opening.join(', ') ||
  0} (of ${all}; ${behind.join(', ') || 'none'} came after)`, '0', opening.length === 0);
for (const a of agents) a.destroy();
await counter.stop();
pg.remove();
process.exit(0);
