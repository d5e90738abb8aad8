// SPDX-License-Identifier: Apache-2.0
// An OpenID Connect provider that is not ours: oidc-provider (certified), on
// loopback with TLS. Its accounts sign in by their name alone, at a page of it.
import { createServer } from "node:https";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const kinds = { RS256: ["rsa", { modulusLength: 2048 }],
	PS256: ["rsa", { modulusLength: 2048 }],
	ES256: ["ec", { namedCurve: "P-256" }] };

export const newKey = (alg, kid) => {
	const [type, options] = kinds[alg];
	return { ...generateKeyPairSync(type, options).privateKey
		.export({ format: "jwk" }), alg, use: "sig", kid };
};

// accounts: { login: claims }. client: what is registered for the gateway.
// spoil: a function that may change each answer of the token endpoint.
export async function startProvider({ cert, key, accounts, client,
	alg = "RS256", port = 0, spoil }) {
	const handler = { run: (q, s) => s.writeHead(503).end() };
	const server = createServer({ cert: readFileSync(cert),
		key: readFileSync(key) }, (q, s) => handler.run(q, s));
	await new Promise((done) => server.listen(port, "127.0.0.1", done));
	const issuer = `https://localhost:${server.address().port}`;
	const p = { issuer, asked: [], heard: [], server, keys: [newKey(alg, "p1")] };

	const build = () => {
		const provider = new Provider(issuer, {
			clients: [{ id_token_signed_response_alg: alg,
				grant_types: ["authorization_code"], response_types: ["code"],
				...client }],
			jwks: { keys: p.keys },
			cookies: { keys: ["a test"] },
			claims: { openid: ["sub"], profile: ["name", "ref",
				"realm_access", "groups"] },
			acrValues: ["urn:test:strong", "urn:test:plain"],
			features: { devInteractions: { enabled: false } },
			enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256",
				"ES256"] },
			clientBasedCORS: () => false,
			pkce: { required: () => true },
			findAccount: (ctx, id) => ({ accountId: id,
				claims: () => ({ sub: id, ...accounts[id] }) }),
			interactions: { url: (ctx, i) => `/interaction/${i.uid}` },
			ttl: { Interaction: 600, Session: 600, Grant: 600, IdToken: 300,
				AccessToken: 300 },
		});
		provider.proxy = false;
		return provider;
	};
	let provider = build(), callback = provider.callback();

	const interact = async (req, res) => {
		const i = await provider.interactionDetails(req, res);
		const url = new URL(req.url, issuer);
		const login = url.searchParams.get("login");
		p.asked.push({ prompt: i.prompt.name, ...i.params });
		if (url.searchParams.has("abort"))
			return provider.interactionFinished(req, res,
				{ error: "access_denied", error_description: "she left" });
		if (i.prompt.name === "login" && !login) {
			res.setHeader("content-type", "text/html");
			return res.end(`<!doctype html><html lang=en><title>Provider</title>
				<form><input name=login id=login><input name=acr id=acr>
				<button>Go</button></form>`);
		}
		const accountId = login ?? i.session.accountId;
		const grant = i.grantId ? await provider.Grant.find(i.grantId) :
			new provider.Grant({ accountId, clientId: i.params.client_id });
		grant.addOIDCScope("openid profile");
		grant.addOIDCClaims(["name", "ref", "realm_access", "groups"]);
		const grantId = await grant.save();
		return provider.interactionFinished(req, res, {
			...(i.prompt.name === "login" ? { login: { accountId,
				acr: url.searchParams.get("acr") || "urn:test:plain",
				ts: Math.floor(Date.now() / 1000) - (p.ago ?? 0) } } : {}),
			consent: { grantId } }, { mergeWithLastSubmission: true });
	};
	handler.run = (req, res) => {
		p.heard.push({ url: req.url, headers: req.headers });
		if (req.url.startsWith("/interaction/"))
			return interact(req, res).catch((e) => {
				res.statusCode = 500;
				res.end(String(e));
			});
		if (spoil && (req.url === "/token" || req.url.startsWith("/jwks") ||
		    req.url.startsWith("/.well-known"))) {
			let text = "";
			const end = res.end.bind(res);
			res.write = (d) => { text += d; return true; };
			res.end = (d) => {
				text += d ?? "";
				const other = spoil(req.url, text, res);
				res.setHeader("content-length", Buffer.byteLength(other));
				return end(other);
			};
		}
		return callback(req, res);
	};
	// another key from now on; the old one is gone
	p.rotate = (kid) => {
		p.keys = [newKey(alg, kid)];
		provider = build();
		callback = provider.callback();
	};
	p.stop = () => new Promise((done) => {
		server.close(done);
		server.closeAllConnections();
	});
	return p;
}
