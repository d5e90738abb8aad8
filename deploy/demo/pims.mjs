// SPDX-License-Identifier: Apache-2.0
// A small PIMS that pulls: an OAuth client on oauth4webapi, which knows nothing
// of Guichet but its address and the standards (RFC 8414, 9126, 7636, 7523,
// 9449, 9207, 9396). It shows what it got; it keeps nothing on disk.
import { randomBytes } from "node:crypto";
import { createServer, request } from "node:https";
import * as oauth from "oauth4webapi";
import { importJWK } from "jose";
import { show } from "./pims_page.mjs";

// fetch() that trusts our certificate authority.
export function fetchBy(ca) {
	return (url, { method = "GET", headers, body } = {}) =>
		new Promise((done, fail) => {
			const r = request(url, { method, ca, timeout: 15000,
				headers: Object.fromEntries(new Headers(headers)) }, (a) => {
				const parts = [];
				a.on("data", (d) => parts.push(d));
				a.on("error", fail);
				a.on("end", () => done(new Response(
					[204, 304].includes(a.statusCode) ? null :
						Buffer.concat(parts),
					{ status: a.statusCode, headers: Object.entries(a.headers)
						.flatMap(([k, v]) => [v].flat().map((x) => [k, x])) })));
			});
			r.on("timeout", () => r.destroy(new Error(`${url}: no answer`)));
			r.on("error", fail);
			r.end(body instanceof URLSearchParams ? String(body) : body);
		});
}

// One installation of the PIMS: its registration and what it learnt.
export class Pims {
	constructor({ issuer, resource, ca, client_id, key, redirect_uri }) {
		Object.assign(this, { issuer, resource, client_id, redirect_uri, jwk: key,
			options: { [oauth.customFetch]: fetchBy(ca) } });
	}

	async learn() {
		if (this.as)
			return;
		const issuer = new URL(this.issuer);
		this.as = await oauth.processDiscoveryResponse(issuer,
			await oauth.discoveryRequest(issuer,
				{ algorithm: "oauth2", ...this.options }));
		this.key = await importJWK(this.jwk, "ES256");
		this.auth = oauth.PrivateKeyJwt({ key: this.key, kid: this.jwk.kid });
		this.client = { client_id: this.client_id,
			token_endpoint_auth_method: "private_key_jwt" };
	}

	// Pushes a request; { to } is where the customer goes next.
	async begin(details) {
		await this.learn();
		const s = { state: oauth.generateRandomState(),
			verifier: oauth.generateRandomCodeVerifier(),
			keys: await oauth.generateKeyPair("ES256") };
		s.dpop = oauth.DPoP(this.client, s.keys);
		const params = { response_type: "code", redirect_uri: this.redirect_uri,
			state: s.state, code_challenge_method: "S256",
			code_challenge: await oauth.calculatePKCECodeChallenge(s.verifier),
			authorization_details: JSON.stringify([details]) };
		const pushed = await this.#retry(async () =>
			oauth.processPushedAuthorizationResponse(this.as, this.client,
				await oauth.pushedAuthorizationRequest(this.as, this.client,
					this.auth, params, { DPoP: s.dpop, ...this.options })));
		s.to = new URL(this.as.authorization_endpoint);
		s.to.searchParams.set("client_id", this.client_id);
		s.to.searchParams.set("request_uri", pushed.request_uri);
		return s;
	}

	// DPoP nonces, where the server wants one: once more with it.
	async #retry(ask) {
		try {
			return await ask();
		} catch (e) {
			if (!oauth.isDPoPNonceError(e))
				throw e;
			return ask();
		}
	}

	// Takes the redirect that came back; s.token from here on.
	async complete(s, url) {
		const params = oauth.validateAuthResponse(this.as, this.client, url,
			s.state);
		s.token = await this.#retry(async () =>
			oauth.processAuthorizationCodeResponse(this.as, this.client,
				await oauth.authorizationCodeGrantRequest(this.as, this.client,
					this.auth, params, this.redirect_uri, s.verifier,
					{ DPoP: s.dpop, ...this.options })));
		return s.token;
	}

	async refresh(s) {
		const refresh = s.token.refresh_token;
		s.token = await oauth.processRefreshTokenResponse(this.as, this.client,
			await oauth.refreshTokenGrantRequest(this.as, this.client, this.auth,
				refresh, { DPoP: s.dpop, ...this.options }));
		s.token.refresh_token ??= refresh;
		return s.token;
	}

	// One call of the API; { status, body }.
	async call(s, path, { dpop = s.dpop, token = s.token.access_token } = {}) {
		try {
			const r = await oauth.protectedResourceRequest(token, "GET",
				new URL(this.resource + path),
				new Headers({ accept: "application/json" }), undefined,
				{ DPoP: dpop, ...this.options });
			return { status: r.status, body: await r.json() };
		} catch (e) {
			if (!e.response && !(e.cause instanceof Response))
				throw e;
			const r = e.response ?? e.cause;
			return { status: r.status, body: await r.text() };
		}
	}

	// Every page of a data set, to the end; { records, pages, cursor }.
	async pull(s, dataset, cursor) {
		const records = [];
		for (let pages = 1, more = true; ; pages++) {
			const { status, body } = await this.call(s, `/v1/datasets/${dataset}` +
				(cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""));
			if (status !== 200)
				throw new Error(`${dataset}: ${status} ` +
					(typeof body === "string" ? body : JSON.stringify(body)));
			records.push(...body.records);
			cursor = body.next ?? cursor;
			more = body.more;
			if (!more)
				return { records, pages, cursor };
			if (!body.records.length || pages > 10000)
				throw new Error(`${dataset}: more is said and nothing comes`);
		}
	}
}

// ---- its pages, for a person with a browser ----

export const WISHES = ["energy.load-curve", "energy.contract", "energy.invoice",
	"telecom.contract", "telecom.call-detail"];

export function details(datasets = WISHES) {
	return { type: "restitution", datasets, recurrence: "P1D",
		purpose: "Show you your energy and phone use, and keep your bills" };
}

async function pullAll(pims, session) {
	session.got = {};
	session.fault = undefined;
	const granted = session.token.authorization_details
		?.flatMap((d) => d.datasets) ?? WISHES;
	for (const d of granted) {
		try {
			session.got[d] = await pims.pull(session, d);
		} catch (e) {
			session.fault = e.message;
		}
	}
}

export async function servePims(pims, { port, cert, key }) {
	const sessions = new Map();
	const routes = {
		"GET /": async (s) => ({ html: show(s) }),
		"POST /connect": async (s) => {
			Object.assign(s, await pims.begin(details()));
			return { to: s.to };
		},
		"GET /callback": async (s, url) => {
			if (!s.verifier)
				return { to: "/" };
			await pims.complete(s, url);
			await pullAll(pims, s);
			return { to: "/" };
		},
		"POST /pull": async (s) => {
			if (s.token)
				await pullAll(pims, s);
			return { to: "/" };
		},
		"GET /records.json": async (s) => ({ json: s.got ?? {} }),
	};
	const answer = async (req, res) => {
		const url = new URL(req.url, pims.redirect_uri);
		const [, id] = /(?:^|; )pims=([\w-]+)/.exec(req.headers.cookie ?? "") ?? [];
		const known = sessions.get(id);
		const name = known ? id : randomBytes(16).toString("base64url");
		const s = known ?? {};
		sessions.set(name, s);
		let a;
		try {
			a = await routes[`${req.method} ${url.pathname}`]?.(s, url) ??
				{ status: 404, html: show({ fault: "There is nothing here." }) };
		} catch (e) {
			// a refusal by the customer comes back as an error: tell it calmly
			a = { html: show({ ...s, fault: e.error === "access_denied" ?
				"You refused. Nothing was shared." : e.message }) };
		}
		res.writeHead(a.to ? 303 : a.status ?? 200, {
			...(a.to ? { location: String(a.to) } : {}),
			"content-type": a.json ? "application/json" : "text/html; charset=utf-8",
			"cache-control": "no-store",
			// Lax: the way back from the counter is another site's link
			"set-cookie": `pims=${name}; Path=/; Secure; HttpOnly; SameSite=Lax` });
		res.end(a.json ? JSON.stringify(a.json, null, 1) : a.html ?? "");
	};
	const server = createServer({ cert, key }, (req, res) =>
		void answer(req, res).catch(() => res.destroy()));
	await new Promise((done, fail) => server.once("error", fail)
		.listen(port, "127.0.0.1", done));
	return { stop: () => { server.closeAllConnections(); server.close(); } };
}
