// SPDX-License-Identifier: Apache-2.0
// Nobody is named by what the counter keeps for ever or says aloud: after a whole
// tour, names, e-mails, meters, telephone numbers, addresses and references of the
// people in the sources stand nowhere in the journal's tables, checkpoints, tiles,
// exports, in the gateway's log or its metrics. The same is looked for in all that
// the other tests' gateways leave behind (tests/run.mjs, at its end).
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { temporary } from "../support/ground.mjs";
import { ask } from "../support/gateway.mjs";
import { neverTold, seekers } from "../support/told.mjs";

process.env.GUICHET_DEMO_DIR = join(temporary(), "demo");
const { House, dir } = await import("../../deploy/demo/house.mjs");
const { tour } = await import("../../deploy/demo/tour.mjs");

const house = new House((name, step) => step(), { any: true });
const MARK = { nom: "Zyxwvautour", prenom: "Quetzalicia", tel: "+33639989991",
	mail: "quetzalicia.zyxwvautour@example.org", rue: "77 rue des Xylographes" };
let seeds, seek, everything;

before(async () => {
	// the first person, who takes the tour, is one nobody else can be
	const people = house.people.bind(house);
	house.people = async () => {
		const said = await people();
		house.sql("energy", `UPDATE crm.client SET nom = '${MARK.nom}',
			prenom = '${MARK.prenom}', mail = '${MARK.mail}', tel = '${MARK.tel}'
			WHERE id_client = 'SYN-00000001'`);
		house.sql("energy", `UPDATE crm.adresse SET ligne4 = '${MARK.rue}'
			WHERE id_adr IN (SELECT id_adr FROM crm.contrat
				WHERE id_client = 'SYN-00000001')`);
		house.sql("telecom", `UPDATE abo.abonne SET nom = '${MARK.nom}',
			prenom = '${MARK.prenom}', courriel = '${MARK.mail}'
			WHERE ref_abonne = 'SYN-00000001'`);
		return said;
	};
	await house.build();
	seeds = [...Object.values(MARK), "SYN-00000001",
		...house.sql("energy", `SELECT mail FROM crm.client WHERE mail <> '' UNION
			SELECT tel FROM crm.client UNION SELECT pdl FROM crm.contrat UNION
			SELECT num_ctr FROM crm.contrat UNION SELECT id_client FROM crm.client
			UNION SELECT matricule FROM si.compteur`).split("\n"),
		...house.sql("telecom", `SELECT courriel FROM abo.abonne WHERE courriel <> ''
			UNION SELECT nd FROM abo.ligne UNION SELECT DISTINCT correspondant
			FROM cdr.appel`).split("\n")].filter((s) => s && s.length >= 8);
	seek = seekers(seeds);
	await tour(house, (name, step) => step());
	everything = await gather();
});
after(() => house.leave());

const under = (d) => readdirSync(d).flatMap((f) => statSync(join(d, f)).isDirectory() ?
	under(join(d, f)) : [join(d, f)]);
// Base64 hides a leaf: its bytes are looked at as well.
const open = (text) => text.replaceAll(/"(?:leaf|side)":"([^"]+)"/g, (all, b64) =>
	`${all} ${Buffer.from(b64, "base64")}`);

async function gather() {
	const all = new Map();
	const tables = house.sql("guichet", `SELECT tablename FROM pg_tables
		WHERE schemaname = 'guichet' AND tablename LIKE 'journal_%'`).split("\n");
	for (const t of tables)
		all.set(`table ${t}`, house.sql("guichet", t === "journal_line" ?
			`SELECT convert_from(leaf, 'UTF8'), convert_from(side, 'UTF8'), client_id
				FROM guichet.journal_line` : t === "journal_tile" ? `SELECT
			encode(hashes, 'escape') FROM guichet.journal_tile` :
			`SELECT t::text FROM guichet.${t} AS t`));
	for (const log of ["restitution", "consent-admin"])
		for (const f of under(join(dir, `export-${log}`)))
			all.set(f, open(readFileSync(f, "latin1")));
	for (const log of ["restitution", "consent-admin"])
		all.set(`checkpoint ${log}`, (await ask(
			`${house.issuer}/journal/${log}/checkpoint`, { ca: house.ca })).text);
	all.set("the gateway's log", readFileSync(join(dir, "guichet.log"), "utf8"));
	for (const path of ["/metrics", "/ready", "/live"])
		all.set(path, (await ask(`http://127.0.0.1:${house.ports.admin}${path}`)).text);
	return all;
}

test("the seeds are there to be found: in what was pulled and pushed", () => {
	assert.ok(seeds.length > 300, String(seeds.length));
	const pushed = JSON.stringify(house.cozy.couch.documents("org.fing.mesinfos.contract"))
		+ JSON.stringify(house.cozy.couch.documents(
			"fr.enedis.api.meteringdata.loadcurve"));
	assert.ok(seek(pushed).length > 0, "the records do name her");
});

test("and the scan sees them where they would be", () => {
	const plant = (text) => seek(`call=1 x="${text}",`);
	for (const s of seeds)
		assert.deepEqual(plant(s), [s], s);
	const hidden = `{"leaf":"${Buffer.from(`{"to":"${MARK.mail}"}`)
		.toString("base64")}"}`;
	assert.deepEqual(seek(open(hidden)), [MARK.mail]);
});

test("nowhere: tables of the journal, checkpoints, tiles, exports, log, metrics", () => {
	assert.ok(everything.size > 25 && everything.get("the gateway's log").length > 5000
		&& everything.get("table journal_line").split("\n").length > 30);
	for (const [where, text] of everything)
		assert.deepEqual(seek(text), [], where);
});

test("the run's end will look for the same", () => neverTold(...seeds));
