// SPDX-License-Identifier: Apache-2.0
// Some data may be allowed for less long than others: said beside the box, held to
// when she decides, when she extends and when a recipient asks for more.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { startCounter } from "../support/oauth.mjs";
import { energySource } from "../support/people.mjs";
import { sql } from "../support/postgres.mjs";

let counter, alpha, camille, db, conf;

before(async () => {
	const catalogue = energySource();
	conf = `${catalogue.adapters}/energy/source.conf`;
	appendFileSync(conf, "consent_days = 500 energy.load-curve=90\n");
	counter = await startCounter({ settings: { catalogue } });
	db = counter.db.url;
	alpha = counter.register("alpha");
	camille = await counter.customer(0);
});
after(() => counter?.stop());

const days = (t) => Number(sql(db, `SELECT round(extract(epoch FROM
	expires - now()) / 86400) FROM guichet.grants WHERE id = '${t.grant_id}'`));
const csrf = (page) => /name="csrf" value="([^"]+)"/.exec(page)[1];
const extend = async (t, n) => camille.ask(`/me/grant/${t.grant_id}`, {
	method: "POST", form: { csrf: csrf((await camille.ask("/me")).text),
		do: "extend", days: String(n) } });

test("it is said beside the box, and on the data set's page", async () => {
	const pushed = await alpha.par({ scope: "energy.contract energy.load-curve" });
	const page = await camille.open(alpha, pushed.json.request_uri);
	assert.match(page.text, /Accord de 90 jours au plus/);
	assert.match(page.text, /Accord de 500 jours au plus/);
	assert.ok(!/value="730"/.test(page.text));
	assert.match((await counter.ask("/data/energy.load-curve?lang=en")).text,
		/Longest permission/);
});

test("what is ticked ends by then, whatever was asked or chosen", async () => {
	const until = new Date(Date.now() + 400 * 864e5).toISOString();
	const details = (...datasets) => ({ scope: undefined,
		authorization_details: JSON.stringify([{ type: "restitution", datasets,
			until }]) });
	const long = await alpha.connect(camille, details("energy.contract"));
	assert.equal(days(long), 365);
	const short = await alpha.connect(camille, details("energy.contract",
		"energy.load-curve"));
	assert.equal(days(short), 90);
	assert.ok(Date.parse(short.authorization_details[0].until) <
		Date.now() + 91 * 864e5);
	const { code } = await camille.allow(alpha, details("energy.contract",
		"energy.load-curve"), { keep: ["energy.contract"] });
	const kept = (await alpha.exchange(code)).json;
	assert.equal(days(kept), 365);		// the other was not ticked
});

test("she cannot extend beyond it", async () => {
	const t = await alpha.connect(camille, { scope: "energy.load-curve" });
	sql(db, `UPDATE guichet.grants SET expires = now() + interval '10 days'
		WHERE id = '${t.grant_id}'`);
	assert.equal((await extend(t, 365)).status, 400);
	assert.equal((await extend(t, 90)).status, 303);
	assert.equal(days(t), 90);
});

test("adding such data to an older permission shortens it", async () => {
	const t = await alpha.connect(camille, { scope: "energy.contract" });
	assert.equal(days(t), 365);
	await alpha.connect(camille, { scope: "energy.load-curve",
		grant_management_action: "merge", grant_id: t.grant_id });
	assert.equal(days(t), 90);
});

test("a line that says nothing is refused before a port opens", () => {
	const text = readFileSync(conf, "utf8");
	for (const wrong of ["0", "energy.load-curve", "energy.lod-curve=30",
		"energy.load-curve=99999", "telecom.bill=30"]) {
		writeFileSync(conf, text.replace(/^consent_days.*$/m,
			`consent_days = ${wrong}`));
		const r = counter.cli("check");
		assert.notEqual(r.code, 0, wrong);
		assert.match(r.out + r.err, /consent_days/);
	}
	writeFileSync(conf, text);
});
