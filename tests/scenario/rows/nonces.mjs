// SPDX-License-Identifier: Apache-2.0
// A counter that wants a nonce of its own in each proof, and reaches no private
// network.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { after, before } from "node:test";
import { b64, startCounter } from "../../support/oauth.mjs";
import { ok, refused, row } from "./ground.mjs";

let strict, pims, nonce;

before(async () => {
	strict = await startCounter({ settings: { consent: { dpop_nonce: "yes" } } });
	pims = strict.register("alpha");
});
after(() => strict?.stop());

const withNonce = (more = {}) => ({ claims: { nonce, ...more } });

row(63, "a nonce: asked for, then taken; a foreign one asked again", async () => {
	const sophie = await strict.customer(0);
	const bare = await pims.par();
	refused(bare, 400, "use_dpop_nonce");
	nonce = bare.headers["dpop-nonce"];
	assert.match(nonce, /^[\w-]{22}$/);
	refused(await pims.par({}, { proof: withNonce({
		nonce: b64("x".repeat(16)) }) }), 400, "use_dpop_nonce");
	const pushed = await pims.par({}, { proof: withNonce() });
	ok(pushed, 201);
	const r = await sophie.decide(pims, pushed.json.request_uri);
	const code = new URL(r.headers.location).searchParams.get("code");
	refused(await pims.exchange(code), 400, "use_dpop_nonce");
	const t = await pims.exchange(code, {}, { proof: withNonce() });
	ok(t);
	const api = await pims.get("/v1/datasets", t.json.access_token);
	ok(api, 401);
	assert.match(api.headers["www-authenticate"],
		/DPoP error="use_dpop_nonce"/);
	assert.equal(api.headers["dpop-nonce"], nonce);
	ok(await pims.get("/v1/datasets", t.json.access_token,
		{ proof: withNonce() }));
});

row(107, "a jwks_uri that leads inside is never asked", async () => {
	let knocked = 0;
	const inside = createServer((s) => { knocked++; s.destroy(); });
	inside.listen(0, "127.0.0.1");
	await once(inside, "listening");
	const { port } = inside.address();
	const hosts = ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]",
		"127.1", "2130706433", "0x7f.1", "0.0.0.0"];
	for (const [i, host] of [...hosts, "10.0.0.1", "192.168.1.1", "172.16.0.1",
		"169.254.169.254", "[::1]", "[fd00::1]", "100.64.0.1"].entries()) {
		let near;
		try {
			near = strict.register(`near-${i}`, { flags: ["--jwks-uri",
				`https://${host}:${port}/jwks`] });
		} catch (e) {
			assert.match(String(e), /client add: 65/, host);
			continue;
		}
		const began = Date.now();
		refused(await near.par({}, { proof: withNonce() }), 401,
			"invalid_client");
		assert.ok(Date.now() - began < 2000, `${host}: at once`);
	}
	inside.close();
	assert.equal(knocked, 0);
});
