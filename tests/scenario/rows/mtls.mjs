// SPDX-License-Identifier: Apache-2.0
// Certificates instead of keys (RFC 8705).
import assert from "node:assert/strict";
import { clientCertificate } from "../../support/oauth.mjs";
import { counter, camille, LIST, row, refused, ok, noToken }
	from "./ground.mjs";

row("2m", "mTLS: tokens bound to a certificate, two ways to prove", async () => {
	const tls = clientCertificate(counter.dir, "gamma");
	const other = clientCertificate(counter.dir, "other");
	const gamma = counter.register("gamma", { tls,
		auth: "self_signed_tls_client_auth",
		flags: ["--certificate", tls.file] });
	const delta = counter.register("delta", { tls,
		flags: ["--binding", "mtls"] });
	for (const pims of [gamma, delta]) {
		const t = await pims.connect(camille);
		const seen = (await pims.post("/oauth/introspect",
			{ token: t.access_token })).json;
		assert.equal(t.token_type, "Bearer");
		assert.match(seen.cnf["x5t#S256"], /^[\w-]{43}$/);
		for (let i = 0; i < 3; i++)
			ok(await pims.get(LIST, t.access_token));
		ok(await pims.get(LIST, t.access_token, { scheme: "bearer" }));
		// without a certificate, with another, as a DPoP token
		const bare = Object.assign(Object.create(pims), { tls: undefined,
			base: counter.issuer });
		noToken(await bare.get(LIST, t.access_token, { scheme: "Bearer",
			proof: false }));
		noToken(await bare.get(LIST, t.access_token));
		const thief = Object.assign(Object.create(pims), { tls: other });
		noToken(await thief.get(LIST, t.access_token));
		const r = await pims.refresh(t.refresh_token);
		ok(r);
		ok(await pims.get(LIST, r.json.access_token));
	}
	const forger = Object.assign(Object.create(gamma), { tls: other });
	refused(await forger.par(), 401, "invalid_client");
	const nothing = Object.assign(Object.create(delta), { tls: undefined,
		base: counter.issuer });
	const r = await camille.allow(delta);
	refused(await nothing.exchange(r.code, {}, { proof: false }), 400,
		"invalid_request");	// row 56
	ok(await delta.exchange(r.code));
});
