// SPDX-License-Identifier: Apache-2.0
// What is refused before it is read, what is too much, what comes again.
import assert from "node:assert/strict";
import { Agent } from "node:https";
import { connect } from "node:tls";
import { pssMiB } from "../../bench/procs.mjs";
import { b64, now } from "../../support/oauth.mjs";
import { sql } from "../../support/postgres.mjs";
import { alpha, api, counter, db, LIST, noToken, ok, refused, row, tokens }
	from "./ground.mjs";

row(99, "TLS 1.0, 1.1 and CBC suites", async () => {
	const shakes = (options) => new Promise((done) => {
		const s = connect({ port: counter.port, host: "127.0.0.1",
			servername: "localhost", ca: counter.ca_pem, ...options },
			() => { done(true); s.destroy(); });
		s.on("error", () => done(false));
	});
	const old = { ciphers: "ALL:@SECLEVEL=0" };
	assert.equal(await shakes({ ...old, minVersion: "TLSv1",
		maxVersion: "TLSv1" }), false);
	assert.equal(await shakes({ ...old, minVersion: "TLSv1.1",
		maxVersion: "TLSv1.1" }), false);
	assert.equal(await shakes({ maxVersion: "TLSv1.2",
		ciphers: "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA" }), false);
	assert.equal(await shakes({ maxVersion: "TLSv1.2",
		ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }), true);
	assert.equal(await shakes({ minVersion: "TLSv1.3" }), true);
});

row(100, "a parameter given twice", async () => {
	refused(await alpha.par({}, { more: [["redirect_uri", alpha.redirect]] }),
		400, "invalid_request");
	refused(await alpha.post("/oauth/token", { grant_type: "refresh_token" },
		{ more: [["refresh_token", "a"], ["refresh_token", "b"]] }), 400,
		"invalid_request");
});

row(108, "a body of ten megabytes", async () => {
	const r = await alpha.post("/oauth/par", { state: "x".repeat(10e6) })
		.catch((e) => e);
	assert.ok(r.status === 413 || /EPIPE|ECONNRESET/.test(r.code), String(r));
	ok(await alpha.par(), 201);
});

row("108b", "deep JSON in what is signed", async () => {
	const deep = "[".repeat(2500) + "]".repeat(2500);
	const part = (o) => b64(JSON.stringify(o).replace('"DEEP"', deep));
	const signed = (header, claims) => `${part(header)}.${part(claims)}.AAAA`;
	const header = { alg: "ES256", kid: "k1" };
	for (const [h, c] of [[{ ...header, x: "DEEP" }, { sub: "alpha" }],
		[header, { sub: "alpha", x: "DEEP" }]]) {
		refused(await alpha.par({}, { assertion: signed(h, c) }), 401,
			"invalid_client");
		refused(await alpha.par({}, { proof: signed({ ...h,
			typ: "dpop+jwt", jwk: alpha.dpop.jwk }, c) }), 400,
			"invalid_dpop_proof");
	}
});

// So many at once, so many in all; what they were answered, by status.
async function flood(pims, n, send) {
	const seen = {};
	let left = n;
	pims.agent = new Agent({ keepAlive: true, maxSockets: 32 });
	await Promise.all(Array.from({ length: 32 }, async () => {
		while (left-- > 0) {
			const r = await send();
			seen[r.status] = (seen[r.status] ?? 0) + 1;
			if (r.status === 429)
				assert.match(r.headers["retry-after"], /^\d+$/);
		}
	}));
	pims.agent.destroy();
	return seen;
}

// Ten thousand in the slow suite.
const MANY = Number(process.env.GUICHET_MANY ?? 1500);

row("108c", `${MANY} pushed requests of one client: held back, memory flat, ` +
	"the others unharmed", async () => {
	const wild = counter.register("wild");
	const memory = () => counter.pids("web").map(pssMiB)
		.reduce((a, b) => a + b);
	const began = performance.now();
	const seen = await flood(wild, 500, () => wild.par());
	const before = memory();
	const plain = { proof: false };		// one signature less to make here
	let others = 0;
	const calm = setInterval(() => alpha.par().then((r) => {
		others = r.status === 201 ? others + 1 : NaN;
	}), 250);
	const more = await flood(wild, MANY - 500, () => wild.par({}, plain));
	clearInterval(calm);
	for (const [status, n] of Object.entries(more))
		seen[status] = (seen[status] ?? 0) + n;
	assert.deepEqual(Object.keys(seen), ["201", "429"]);
	// two workers: 200 at once and 20 a second each
	const seconds = (performance.now() - began) / 1000;
	assert.ok(seen[201] <= 2 * (201 + 20 * seconds), JSON.stringify(seen));
	assert.ok(others > 0, "another client is served meanwhile");
	const grown = memory() - before;
	assert.ok(grown < 4, `${grown.toFixed(1)} MiB more`);
	assert.equal(Number(sql(db, `SELECT count(*) FROM guichet.pushed_request
		WHERE client_id = 'wild'`)), seen[201]);
});

row("108d", "the token endpoint has its pace too", async () => {
	const wild = counter.register("wilder");
	const seen = {};	// a slow machine asks slower than the pace at first
	for (let i = 0; i < 4 && !seen[429]; i++)
		Object.assign(seen, await flood(wild, 1200, () =>
			wild.refresh("unknown", {}, { proof: false, assertion: {} })));
	assert.deepEqual(Object.keys(seen), ["400", "429"]);
	ok(await alpha.refresh(tokens.refresh_token));
});

row(109, "a proof is remembered beyond the window on both sides", async () => {
	const iat = now() - 55;
	const proof = alpha.proof("GET", counter.issuer + LIST,
		{ token: tokens.access_token, claims: { iat } });
	ok(await api({ proof }));
	noToken(await api({ proof }), "invalid_dpop_proof");
	// what is kept ends with an hour, and its partition two hours later
	assert.equal(sql(db, `SELECT count(*) FROM guichet.jti
		WHERE extract(epoch FROM until) < ${iat} + 75
		  AND until > now() - interval '1 hour'`), "0");
});
