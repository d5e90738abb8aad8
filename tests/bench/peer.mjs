// SPDX-License-Identifier: Apache-2.0
// The peer of `make bench`: the same pull as people write it in Node, fastify
// and pg, with a verified-token cache, over the same tables. It journals
// nothing and looks up no grant: it does less than the gateway.
//
// PEER_DPOP=1: verifies a DPoP proof per request with jose, each jti once (in
// this process's memory). PEER_JSON=1: PostgreSQL writes the JSON. PEER_ROWS=1: the
// organisation keeps a row per half-hour.
import cluster from 'node:cluster';
import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';
import * as jose from 'jose';

const { PEER_PORT, PEER_DATABASE, PEER_WORKERS, PEER_JWKS, PEER_DPOP, PEER_JSON,
  PEER_ROWS, PEER_ORIGIN } = process.env;

// the query of adapters/energy/energy.load-curve.sql, one period of one customer
const CURVE = `
  SELECT k.pdl AS usage_point, k.jour::text AS day, 'PT' || k.pas_min || 'M' AS step,
         (SELECT sum(v) FROM unnest(k.soutirage) AS v)::int AS total,
         cal.horodates AS starts, k.soutirage AS energy, k.injection AS injected,
         CASE WHEN k.natures IS NULL THEN NULL ELSE k.natures::text[] END AS quality,
         greatest(k.date_maj, r.date_maj) AS changed
    FROM crm.rattachement AS r
    JOIN si.courbe_jour AS k
      ON k.pdl = r.pdl AND k.jour BETWEEN r.date_deb AND r.date_fin AND k.courante
    JOIN ref.calendrier AS cal ON cal.jour = k.jour AND cal.pas_min = k.pas_min
   WHERE r.id_client = $1 AND k.jour >= $2::date AND k.jour < $3::date
   ORDER BY changed, k.pdl, k.jour LIMIT 101`;
const CURVE_JSON = `
  SELECT coalesce(json_agg(json_build_object('usage_point', usage_point, 'day', day,
         'step', step, 'total', total, 'changed', changed, 'readings',
         (SELECT json_agg(json_build_object('start', s, 'energy', e, 'injected', i,
            'quality', coalesce(q, 'R'))) FROM unnest(starts, energy, injected, quality)
            AS u (s, e, i, q)))), '[]')::text AS records FROM (${CURVE}) AS curve`;
const ROWS = `
  SELECT k.pdl, k.jour::text AS day, k.horodate, k.wh,
         greatest(k.date_maj, r.date_maj) AS changed
    FROM crm.rattachement AS r
    JOIN si.courbe AS k ON k.pdl = r.pdl AND k.jour BETWEEN r.date_deb AND r.date_fin
   WHERE r.id_client = $1 AND k.jour >= $2::date AND k.jour < $3::date
   ORDER BY k.pdl, k.horodate LIMIT 4848`;
const qualities = { R: 'MEASURED', E: 'ESTIMATED', C: 'CORRECTED' };

if (cluster.isPrimary && Number(PEER_WORKERS) > 1) {
  for (let i = 0; i < Number(PEER_WORKERS); i++) cluster.fork();
} else {
  await serve();
}

function recordOf({ starts, energy, injected, quality, ...record }) {
  return { ...record, readings: starts.map((start, i) => ({ start, energy: energy[i],
    injected: injected?.[i], quality: qualities[quality?.[i] ?? 'R'] })) };
}

// the days of these half-hours
function daysOf(rows) {
  const days = new Map();
  for (const { pdl, day, horodate, wh, changed } of rows) {
    const key = `${pdl} ${day}`;
    let d = days.get(key);
    if (!d) days.set(key, d = { usage_point: pdl, day, step: 'PT30M', total: 0, changed,
      readings: [] });
    d.total += wh;
    if (changed > d.changed) d.changed = changed;
    d.readings.push({ start: horodate, energy: wh, quality: 'MEASURED' });
  }
  return [...days.values()];
}

async function serve() {
  const pool = new pg.Pool({ connectionString: PEER_DATABASE, max: 8 });
  const keys = jose.createLocalJWKSet(JSON.parse(PEER_JWKS));
  const verified = new Map(); // token -> claims
  const proofs = new Map(); // jti -> when it may go
  const imported = new Map(); // jkt -> key

  async function claimsOf(token) {
    const known = verified.get(token);
    if (known && known.exp * 1000 > Date.now()) return known;
    const { payload } = await jose.jwtVerify(token, keys);
    if (verified.size > 100000) verified.clear();
    verified.set(token, payload);
    return payload;
  }

  async function checkProof(request, token, claims) {
    const proof = request.headers.dpop;
    const { jwk } = jose.decodeProtectedHeader(proof);
    const jkt = await jose.calculateJwkThumbprint(jwk);
    if (jkt !== claims.cnf.jkt) throw new Error('another key');
    if (!imported.has(jkt)) imported.set(jkt, await jose.importJWK(jwk, 'ES256'));
    const { payload } = await jose.compactVerify(proof, imported.get(jkt));
    const said = JSON.parse(new TextDecoder().decode(payload));
    const ath = createHash('sha256').update(token).digest('base64url');
    const url = PEER_ORIGIN + request.url.split('?')[0];
    if (said.htm !== 'GET' || said.htu !== url || said.ath !== ath ||
        Math.abs(Date.now() / 1000 - said.iat) > 300 || proofs.has(said.jti))
      throw new Error('bad proof');
    proofs.set(said.jti, said.iat + 300);
  }

  const app = Fastify({ logger: false });
  app.get('/v1/datasets/energy.load-curve', async (request, reply) => {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    let claims;
    try {
      claims = await claimsOf(token);
      if (PEER_DPOP === '1') await checkProof(request, token, claims);
    } catch {
      return reply.code(401).send({ error: 'invalid_token', scheme });
    }
    const values = [claims.customer, request.query.from, request.query.to];
    if (PEER_JSON === '1') {
      const { rows } = await pool.query({ name: 'curve', text: CURVE_JSON, values });
      reply.type('application/json');
      return `{"records":${rows[0].records},"more":false}`;
    }
    if (PEER_ROWS === '1') {
      const { rows } = await pool.query({ name: 'rows', text: ROWS, values });
      return { records: daysOf(rows), more: rows.length === 4848 };
    }
    const { rows } = await pool.query({ name: 'curve', text: CURVE, values });
    return { records: rows.slice(0, 100).map(recordOf), more: rows.length > 100 };
  });
  await app.listen({ port: Number(PEER_PORT), host: '127.0.0.1' });
}
