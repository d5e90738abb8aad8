// SPDX-License-Identifier: Apache-2.0
// Grants, tokens and proofs for the load: as the token endpoint stores them
// (hashes only), and as the peer's issuer would sign them.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import * as jose from 'jose';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const hex = (bytes) => `'\\x${bytes.toString('hex')}'::bytea`;
const quote = (text) => `'${text.replaceAll("'", "''")}'`;

// SQL that gives each customer one live grant and one token; and the tokens.
export function makeGrants(customers, { binding, thumbprint, client = 'bench' }) {
  const sql = [`INSERT INTO guichet.client (id, kind, name, binding, datasets)
    VALUES ('${client}', 'oauth', 'Bench', '${binding}', '{energy.load-curve}')
    ON CONFLICT (id) DO NOTHING;`];
  const tokens = customers.map((customer) => {
    const token = randomBytes(32).toString('base64url');
    const [subject, grant] = [randomUUID(), randomUUID()];
    sql.push(`WITH s AS (INSERT INTO guichet.subject (id, customer, key)
      VALUES ('${subject}', ${quote(customer)}, ${hex(randomBytes(32))})
      ON CONFLICT (customer) DO UPDATE SET language = 'fr' RETURNING id),
      g AS (INSERT INTO guichet.grants (id, client_id, subject_id, pairwise, datasets,
        details, purpose, language, notice_sha256, expires)
        SELECT '${grant}', '${client}', id, 'p', '{energy.load-curve}',
        '[{"type":"restitution","datasets":["energy.load-curve"]}]', 'bench', 'fr',
        ${hex(randomBytes(32))}, now() + interval '1 day' FROM s RETURNING id)
      INSERT INTO guichet.access_token (hash, grant_id, client_id, binding, thumbprint, expires)
      SELECT ${hex(sha256(token))}, id, '${client}', '${binding}', '${thumbprint}',
        now() + interval '50 minutes' FROM g;`);
    return { customer, token };
  });
  return { sql: sql.join('\n'), tokens };
}

export async function makeProofKey() {
  const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
  const jwk = await jose.exportJWK(publicKey);
  return { privateKey, jwk, jkt: await jose.calculateJwkThumbprint(jwk) };
}

export async function makeProof({ privateKey, jwk }, htu, token) {
  return new jose.SignJWT({ htm: 'GET', htu, jti: randomBytes(12).toString('base64url'),
    ath: sha256(token).toString('base64url') })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .setIssuedAt()
    .sign(privateKey);
}

// the peer's tokens: JWTs of an issuer, as people do it
export async function makePeerTokens(customers, jkt) {
  const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'bench', alg: 'ES256' };
  const tokens = await Promise.all(customers.map(async (customer) => ({ customer,
    token: await new jose.SignJWT({ customer, cnf: { jkt } })
      .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
      .setIssuedAt().setExpirationTime('1h').sign(privateKey) })));
  return { jwks: { keys: [jwk] }, tokens };
}
