// The peer of `make bench`: the same pull as people write it in Node, fastify
// and pg, with a verified-token cache. It journals nothing and checks no grant.
// PEER_DPOP=1: verifies a DPoP proof per request with jose, jti once in memory.
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';
import * as jose from 'jose';

// the same SELECT as the adapter's, for one period
const adapter = readFileSync(process.env.PEER_SQL, 'utf8').replace(/:customer\b/g, '$1');
const CURVE = `SELECT * FROM (${adapter}\n) AS r WHERE day >= $2 AND day < $3
  ORDER BY changed, usage_point, day LIMIT 101`;

const { PEER_PORT, PEER_DATABASE, PEER_WORKERS, PEER_JWKS, PEER_DPOP, PEER_ORIGIN } =
  process.env;

if (cluster.isPrimary && Number(PEER_WORKERS) > 1) {
  for (let i = 0; i < Number(PEER_WORKERS); i++) cluster.fork();
} else {
  await serve();
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
    const { from, to } = request.query;
    const { rows } = await pool.query({ name: 'curve', text: CURVE,
      values: [claims.customer, from, to] });
    return { records: recordsOf(rows), more: false };
  });
  await app.listen({ port: Number(PEER_PORT), host: '127.0.0.1' });
}

// arrays side by side -> a list of readings
function recordsOf(rows) {
  return rows.map((row) => ({
    usage_point: row.usage_point, day: row.day, step: row.step, total: row.total,
    readings: row['readings[].start'].map((start, i) => ({ start,
      energy: row['readings[].energy'][i],
      quality: row['readings[].quality'][i] })),
    changed: row.changed,
  }));
}
