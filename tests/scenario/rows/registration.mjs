// SPDX-License-Identifier: Apache-2.0
// Recipients that register by themselves (RFC 7591, 7592): what is refused. How
// one is let in, and its lives, is told by registration.test.mjs.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { temporary } from "../../support/ground.mjs";
import { jws, keyPair, now, pause, startCounter }
	from "../../support/oauth.mjs";
import { ok, refused, row } from "./ground.mjs";

let open, invitation;
const key = keyPair(), signer = keyPair("ES256", "authority");

before(async () => {
	const trusted = join(temporary(), "trusted.jwks");
	writeFileSync(trusted, JSON.stringify({ keys: [{ ...signer.jwk,
		kid: signer.kid }] }));
	open = await startCounter({ settings: { registration: {
		mode: "invited", statement_keys: trusted } } });
	invitation = open.cli("client", "invite", "--name", "Ma Vie", "--uses",
		"20").out.trim();
});
after(() => open?.stop());

const words = (more = {}) => ({ client_name: "Ma Vie",
	"purpose#en": "Show you", "purpose#fr": "Vous montrer",
	redirect_uris: ["https://mavie.example/cb"],
	jwks: { keys: [{ ...key.jwk, kid: key.kid }] },
	scope: "energy.contract", ...more });
// Five a second after the first twenty: told so, and waited for.
async function send(path, { method = "POST", body, token } = {}) {
	const r = await open.ask(path, { method, body: body &&
		(typeof body === "string" ? body : JSON.stringify(body)), headers: {
		"content-type": "application/json",
		...(token ? { authorization: `Bearer ${token}` } : {}) } });
	if (r.status !== 429)
		return r;
	assert.match(r.headers["retry-after"], /^\d+$/);
	await pause(250);
	return send(path, { method, body, token });
}
const register = (more, token = invitation) =>
	send("/oauth/register", { body: words(more), token });

for (const [what, more, error = "invalid_client_metadata"] of [
	["no redirect URI", { redirect_uris: [] }, "invalid_redirect_uri"],
	["an http redirect URI", { redirect_uris: ["http://mavie.example/cb"] },
		"invalid_redirect_uri"],
	["a redirect URI with a fragment", { redirect_uris:
		["https://mavie.example/#x"] }, "invalid_redirect_uri"],
	["a private key", { jwks: { keys: [keyPair().private_jwk] } }],
	["keys that are none", { jwks: { keys: [] } }],
	["no keys", { jwks: undefined }],
	["a jwks_uri on a port that is none", { jwks: undefined,
		jwks_uri: "https://mavie.example:99999/jwks" }],
	["a jwks_uri with a user", { jwks: undefined,
		jwks_uri: "https://u@mavie.example/jwks" }],
	["a point off the curve", { jwks: { keys: [{ ...key.jwk,
		y: key.jwk.x }] } }],
	["a shared key", { jwks: { keys: [{ kty: "oct", k: "c2VjcmV0" }] } }],
	["keys twice", { jwks_uri: "https://mavie.example/jwks" }],
	["a jwks_uri without TLS", { jwks: undefined,
		jwks_uri: "http://mavie.example/jwks" }],
	["a shared secret", { token_endpoint_auth_method: "client_secret_basic" }],
	["the implicit way", { grant_types: ["implicit"] }],
	["response types of OpenID", { response_types: ["code id_token"] }],
	["both bindings", { dpop_bound_access_tokens: true,
		tls_client_certificate_bound_access_tokens: true }],
	["an unknown data set", { scope: "energy.gossip" }],
	["no purpose", { "purpose#fr": undefined }],
	["no name", { client_name: "" }],
	["a statement of nobody trusted", { software_statement: jws(
		{ alg: "ES256" }, { iat: now() }, keyPair()) },
		"unapproved_software_statement"],
	["a statement without signature", { software_statement: jws(
		{ alg: "none" }, { iat: now() }, keyPair()) },
		"invalid_software_statement"],
	["a statement that is none", { software_statement: "x" },
		"invalid_software_statement"],
])
	row(106, `registration refuses ${what}`, async () =>
		refused(await register(more), 400, error));

row(106, "no invitation, a wrong one, one used up, JSON that is none", async () => {
	const once = open.cli("client", "invite", "--name", "x", "--admit")
		.out.trim();
	refused(await register({}, null), 401, "invalid_token");
	refused(await register({}, "x".repeat(43)), 401, "invalid_token");
	ok(await register({}, once), 201);
	refused(await register({}, once), 401, "invalid_token");
	refused(await send("/oauth/register", { token: invitation,
		body: '{"client_name":"a","client_name":"b"}' }), 400,
		"invalid_client_metadata");
	refused(await send("/oauth/register", { token: invitation,
		body: "[".repeat(3000) + "]".repeat(3000) }), 400,
		"invalid_client_metadata");
});

row(106, "a wrong registration token, a bad update, gone for good", async () => {
	const { json } = await register();
	const path = `/oauth/register/${json.client_id}`;
	const token = json.registration_access_token;
	for (const method of ["GET", "PUT", "DELETE"])
		for (const bad of [undefined, "x".repeat(43), invitation])
			refused(await send(path, { method, token: bad,
				body: method === "PUT" ? words() : undefined }), 401,
				"invalid_token");
	refused(await send("/oauth/register/nobody", { method: "GET", token }),
		401, "invalid_token");
	refused(await send(path, { method: "PUT", token,
		body: words({ redirect_uris: ["http://mavie.example/cb"] }) }), 400,
		"invalid_redirect_uri");
	refused(await send(path, { method: "PUT", token,
		body: words({ jwks: { keys: [keyPair().private_jwk] } }) }), 400,
		"invalid_client_metadata");
	ok(await send(path, { method: "GET", token }));
	ok(await send(path, { method: "DELETE", token }), 204);
	refused(await send(path, { method: "GET", token }), 401, "invalid_token");
	refused(await send(path, { method: "PUT", token, body: words() }), 401,
		"invalid_token");
});
