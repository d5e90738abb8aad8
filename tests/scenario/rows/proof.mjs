// SPDX-License-Identifier: Apache-2.0
// The DPoP proof, at PAR, token and API.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { b64, jws, keyPair, now, sha256 } from "../../support/oauth.mjs";
import { counter, alpha, camille, tokens, LIST, CURVE, row, refused, ok,
	noToken, api, stranger } from "./ground.mjs";

row(61, "iat ten seconds ahead or ago, at PAR, token and API", async () => {
	for (const skew of [9, -10]) {
		const proof = () => ({ claims: { iat: now() + skew } });
		const pushed = await alpha.post("/oauth/par", alpha.request(),
			{ proof: proof() });
		ok(pushed, 201);
		const r = await camille.decide(alpha, pushed.json.request_uri);
		const t = await alpha.exchange(new URL(r.headers.location)
			.searchParams.get("code"), {}, { proof: proof() });
		ok(t);
		ok(await alpha.get(LIST, t.json.access_token, { proof: proof() }));
	}
});

row(62, "nbf and exp in a proof", () => api({ proof: { claims:
	{ nbf: now() - 5, exp: now() + 60 } } }).then((r) => ok(r)));

row(64, "DPOP in capitals", () => api({ proof: false, headers: { DPOP:
	alpha.proof("GET", counter.issuer + LIST, { token: tokens.access_token }) } })
	.then((r) => ok(r)));

row(65, "two DPoP fields", async () => {
	const make = () => alpha.proof("GET", counter.issuer + LIST,
		{ token: tokens.access_token });
	noToken(await api({ proof: false, headers: { DPoP: [make(), make()] } }),
		"invalid_dpop_proof");
	refused(await alpha.par({}, { proof: false,
		headers: { DPoP: [make(), make()] } }), 400, "invalid_dpop_proof");
});

const text = (s) => () => s;
const changed = (more) => (method, url, o) =>
	alpha.proof(method, url, { ...o, ...more,
		claims: { ...o.claims, ...more.claims } });
const privately = (m, url, o) => alpha.proof(m, url, { ...o,
	header: { jwk: alpha.dpop.private_jwk } });
for (const [n, what, make] of [
	[66, "no JWT", text("nonsense")],
	[66, "two parts", text("e30.e30")],
	[66, "bytes over 8 KiB", text(`${"A".repeat(9000)}.e30.AA`)],
	[67, "typ missing", changed({ header: { typ: undefined } })],
	[67, "typ JWT", changed({ header: { typ: "JWT" } })],
	[68, "alg missing", changed({ header: { alg: undefined }, alg: "ES256" })],
	[68, "alg none", changed({ header: { alg: "none" } })],
	[68, "alg RS256", changed({ key: keyPair("PS256"),
		header: { alg: "RS256" } })],
	[68, "alg of another kind than the key",
		changed({ header: { alg: "EdDSA" }, alg: "ES256" })],
	[69, "jwk missing", changed({ header: { jwk: undefined } })],
	[69, "jwk with its private part", privately],
	[70, "jti missing", changed({ claims: { jti: undefined } })],
	[70, "htm missing", changed({ claims: { htm: undefined } })],
	[70, "htu missing", changed({ claims: { htu: undefined } })],
	[70, "iat missing", changed({ claims: { iat: undefined } })],
	[71, "a bad signature", (...a) => alpha.proof(...a).slice(0, -4) + "AAAA"],
	[71, "another key's signature", (m, u, o) => {
		const [h, c] = alpha.proof(m, u, o).split(".");
		return `${h}.${c}.${jws({}, {}, stranger, "ES256").split(".")[2]}`;
	}],
	[72, "another htm", changed({ claims: { htm: "DELETE" } })],
	[72, "htm in small letters", changed({ claims: { htm: "get" } })],
	[73, "another path", changed({ claims: { htu: "https://localhost/x" } })],
	[73, "another host", (m, url, o) => alpha.proof(m,
		url.replace("localhost", "localhost.example"), o)],
	[73, "another scheme", (m, url, o) => alpha.proof(m,
		url.replace("https", "http"), o)],
	[73, "user information before the host", (m, url, o) => alpha.proof(m,
		url.replace("localhost", "x@localhost"), o)],
	[76, "iat an hour ago", changed({ claims: { iat: now() - 3600 } })],
	[76, "iat an hour ahead", changed({ claims: { iat: now() + 3600 } })],
])
	row(n, `a proof refused at API and PAR: ${what}`, async () => {
		noToken(await api({ proof: make("GET", counter.issuer + LIST,
			{ token: tokens.access_token }) }), "invalid_dpop_proof");
		refused(await alpha.par({}, { proof:
			make("POST", counter.issuer + "/oauth/par", {}) }), 400,
			"invalid_dpop_proof");
	});

row(70, "ath missing", async () => noToken(await api({ proof: { claims:
	{ ath: undefined } } }), "invalid_dpop_proof"));

row(74, "htu with a query or a fragment, and without", async () => {
	for (const more of ["?x=1", "#f", ""])
		ok(await api({ proof: { claims: { htu: counter.issuer + LIST + more } } }));
	ok(await alpha.get(CURVE + "?limit=1", tokens.access_token));
});

row(75, "htu with its host in capitals, an escaped letter", async () => {
	for (const htu of [counter.issuer.replace("localhost", "LOCALHOST") + LIST,
		counter.issuer.replace("https", "HTTPS") + LIST,
		counter.issuer + LIST.replace("d", "%64")])
		ok(await api({ proof: { claims: { htu } } }));
});

row(77, "a proof used twice, in any worker, at once", async () => {
	const url = counter.issuer + LIST, token = tokens.access_token;
	const proof = alpha.proof("GET", url, { token });
	ok(await api({ proof }));
	for (let i = 0; i < 4; i++)
		noToken(await api({ proof }), "invalid_dpop_proof");
	const jti = b64(randomBytes(8));
	const again = () => alpha.proof("GET", url, { token, claims: { jti } });
	const all = await Promise.all(Array.from({ length: 16 }, () =>
		api({ proof: again() })));
	assert.equal(all.filter((r) => r.status === 200).length, 1);
	// another key may use the same jti
	ok(await alpha.par({}, { proof: { key: keyPair(), claims: { jti } } }), 201);
});

row(78, "another token's ath; another key than the token's", async () => {
	noToken(await api({ proof: { claims: { ath: b64(sha256("x")) } } }),
		"invalid_dpop_proof");
	noToken(await api({ proof: { key: keyPair() } }));
});

row(79, "more in header and claims", async () =>
	ok(await api({ proof: { header: { extra: 1 }, claims: { more: [2] } } })));

row(80, "no proof, and no proof with Bearer", async () => {
	noToken(await api({ proof: false }), "invalid_dpop_proof");
	noToken(await api({ proof: false, scheme: "Bearer" }));
	noToken(await api({ scheme: "Bearer" }));
});

row(81, "after all this a right proof", async () => ok(await api()));
