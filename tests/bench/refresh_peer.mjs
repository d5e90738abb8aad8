// SPDX-License-Identifier: Apache-2.0
// The peer of part_refresh.mjs: oidc-provider with its state in memory, one
// client (private_key_jwt), one refresh token that does not rotate. Argument:
// the client's JWKS. Prints { port, refresh_token } and serves.
import http from 'node:http';
import { Provider } from 'oidc-provider';

const jwks = JSON.parse(process.argv[2]);
const server = http.createServer();
await new Promise((r) => server.listen(0, '127.0.0.1', r));
const { port } = server.address();
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'alpha', redirect_uris: ['https://alpha.example/cb'],
    grant_types: ['authorization_code', 'refresh_token'], jwks,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256', dpop_bound_access_tokens: true }],
  clientAuthMethods: ['private_key_jwt'],
  enabledJWA: { clientAuthSigningAlgValues: ['ES256'], dPoPSigningAlgValues: ['ES256'] },
  features: { dPoP: { enabled: true } },
  rotateRefreshToken: false,
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
server.on('request', provider.callback());
const client = await provider.Client.find('alpha');
const grant = new provider.Grant({ clientId: 'alpha', accountId: 'camille' });
grant.addOIDCScope('openid offline_access');
const grantId = await grant.save();
const token = new provider.RefreshToken({ client, clientId: 'alpha', accountId: 'camille',
  grantId, scope: 'openid offline_access', gty: 'authorization_code', authTime: 1 });
console.log(JSON.stringify({ port, refresh_token: await token.save() }));
