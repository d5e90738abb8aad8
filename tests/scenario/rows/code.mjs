// SPDX-License-Identifier: Apache-2.0
// A code becomes tokens once, for the one it was made for.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { b64, keyPair, now, pause, sha256, thumbprint }
	from "../../support/oauth.mjs";
import { sql } from "../../support/postgres.mjs";
import { db, alpha, beta, camille, LIST, row, refused, ok, noToken }
	from "./ground.mjs";

for (const [n, what, params, error = "invalid_grant"] of [
	[49, "no code_verifier", { code_verifier: undefined }],
	[50, "a wrong code_verifier", { code_verifier: "x".repeat(43) }],
	[50, "the challenge as verifier", "challenge"],
	[55, "another redirect URI", { redirect_uri: "https://alpha.example/" }],
	[55, "no redirect URI", { redirect_uri: undefined }, "invalid_request"],
])
	row(n, `a code is not exchanged with ${what}, then is`, async () => {
		const r = await camille.allow(alpha);
		refused(await alpha.exchange(r.code, params === "challenge" ?
			{ code_verifier: b64(sha256(alpha.verifier)) } : params), 400,
			error);
		ok(await alpha.exchange(r.code));
	});

row(51, "a code replayed later takes back what it gave", async () => {
	const r = await camille.allow(alpha);
	const t = (await alpha.exchange(r.code)).json;
	ok(await alpha.get(LIST, t.access_token));
	await pause(1000);
	refused(await alpha.exchange(r.code), 400, "invalid_grant");
	await pause(200);
	noToken(await alpha.get(LIST, t.access_token));
	refused(await alpha.refresh(t.refresh_token), 400, "invalid_grant");
	assert.equal(sql(db, `SELECT state || ' ' || ended_by FROM guichet.grants
		WHERE id = '${t.grant_id}'`), "withdrawn system");
});

row(52, "a code first used after its minute", async () => {
	const r = await camille.allow(alpha);
	sql(db, `UPDATE guichet.code SET expires = now() - interval '2 s'
		WHERE spent IS NULL`);
	refused(await alpha.exchange(r.code), 400, "invalid_grant");
	const life = sql(db, `SELECT max(extract(epoch FROM expires - now()))::int
		FROM guichet.code`);
	assert.ok(Number(life) <= 60);
});

row(53, "a code presented by another client", async () => {
	const r = await camille.allow(alpha);
	refused(await beta.exchange(r.code, { redirect_uri: alpha.redirect,
		code_verifier: alpha.verifier }), 400, "invalid_grant");
	ok(await alpha.exchange(r.code));
	refused(await alpha.exchange(b64(randomBytes(32))), 400, "invalid_grant");
});

row(54, "many exchanges of one code at once: one success", async () => {
	for (let round = 0; round < 5; round++) {
		const r = await camille.allow(alpha);
		const all = await Promise.all(Array.from({ length: 8 }, () =>
			alpha.exchange(r.code)));
		const won = all.filter((a) => a.status === 200);
		assert.equal(won.length, 1);
		for (const a of all)
			if (a !== won[0])
				refused(a, 400, "invalid_grant");
		ok(await alpha.get(LIST, won[0].json.access_token));
	}
});

row(56, "no proof at the token endpoint", async () => {
	const r = await camille.allow(alpha);
	refused(await alpha.exchange(r.code, {}, { proof: false }), 400,
		"invalid_dpop_proof");
	ok(await alpha.exchange(r.code));
});

row(58, "dpop_jkt in the request, another key at the token", async () => {
	const key = keyPair();
	const r = await camille.allow(alpha, { dpop_jkt: thumbprint(alpha.dpop) });
	refused(await alpha.exchange(r.code, {}, { proof: { key } }), 400,
		"invalid_grant");
	ok(await alpha.exchange(r.code));
});

row(59, "a proof with PAR, another key at the token", async () => {
	const key = keyPair();
	const r = await camille.allow(alpha);
	refused(await alpha.exchange(r.code, {}, { proof: { key } }), 400,
		"invalid_grant");
	ok(await alpha.exchange(r.code));
});

row(60, "neither at PAR: any key at the token", async () => {
	const params = alpha.request();
	const pushed = await alpha.post("/oauth/par", params, { proof: false });
	const r = await camille.decide(alpha, pushed.json.request_uri);
	const code = new URL(r.headers.location).searchParams.get("code");
	const key = keyPair("EdDSA");
	const t = await alpha.exchange(code, {}, { proof: { key } });
	ok(t);
	ok(await alpha.get(LIST, t.json.access_token, { proof: { key } }));
});
