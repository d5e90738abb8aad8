// SPDX-License-Identifier: Apache-2.0
// guichet check against a small organisation, whole and with one mistake at a
// time: the code, the place and the cure must be the ones a person needs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guichet, root, temporary, writeSettings } from "../support/ground.mjs";
import { createDatabase, sql } from "../support/postgres.mjs";

const field = (type, more = {}) => ({ type, title: "T", "x-fr": { title: "T" },
	...more });
const schema = {
	"x-id": "shop.order", "x-version": 1, "x-domain": "shop",
	title: "Orders", description: "Orders.",
	"x-fr": { title: "Commandes", description: "Des commandes." },
	"x-consent": { en: "Your orders.", fr: "Vos commandes." },
	"x-doctype": "shop.order", "x-update-frequency": "P1D",
	"x-latency": "P1D", "x-natural-key": ["number"], "x-period": "day",
	"x-changed": "changed", type: "object", additionalProperties: false,
	required: ["number", "day", "total", "changed"],
	properties: {
		number: field("string", { maxLength: 80 }),
		day: field("string", { format: "date" }),
		total: field("number", { minimum: 0, "x-unit": "{EUR}",
			"x-plausible": [0.5, 5000] }),
		kind: field("string", { enum: ["A", "B"], "x-codes": {
			A: { en: "a", fr: "a" }, B: { en: "b", fr: "b" } } }),
		buyer: field("object", { required: ["name"],
			properties: { name: field("string"), town: field("string") } }),
		lines: field("array", { items: { type: "object", properties: {
			label: field("string"), amount: field("integer") } } }),
		changed: field("string", { format: "date-time" }),
	},
};
const page = `-- One record per order.
SELECT o.num AS number,
       o.jour AS day,
       o.total AS total,
       o.genre AS kind,
       c.nom AS "buyer.name",
       l.labels AS "lines[].label",
       l.amounts AS "lines[].amount",
       o.maj AS changed
  FROM vente.commande AS o
  JOIN vente.client AS c ON c.id = o.id_client
  LEFT JOIN LATERAL (
       SELECT array_agg(x.lib ORDER BY x.rang) AS labels,
              array_agg(x.mt ORDER BY x.rang) AS amounts
         FROM vente.ligne AS x WHERE x.num = o.num) AS l ON true
 WHERE o.id_client = :customer;
`;
const changed = `-- Whose orders changed?
SELECT o.id_client AS customer, o.maj AS changed, o.num AS key
  FROM vente.commande AS o
 WHERE o.maj >= :since AND o.maj < :until;
`;
const conf = "time_zone = Europe/Paris\nsynthetic = no\n";
const tables = `
CREATE SCHEMA vente;
CREATE TABLE vente.client (id text PRIMARY KEY, nom text);
CREATE TABLE vente.commande (num text PRIMARY KEY, id_client text, jour date,
	total numeric(12,2), genre char(1), local timestamp DEFAULT now(),
	qte int DEFAULT 1, notes text, maj timestamptz);
CREATE TABLE vente.ligne (num text, rang int, lib text, mt int,
	PRIMARY KEY (num, rang));
CREATE TABLE vente.secret (id text);
CREATE FUNCTION vente.compte(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
INSERT INTO vente.client SELECT 'C' || i, 'N' || i FROM generate_series(1, 400) i;
INSERT INTO vente.commande (num, id_client, jour, total, genre, maj)
	SELECT 'O' || i, 'C' || (1 + i % 400), '2026-01-01'::date + i % 300,
	       i, 'A', now() - interval '20 days' + i * interval '5 minutes'
	  FROM generate_series(1, 4000) i;
INSERT INTO vente.ligne SELECT num, r, 'x', r FROM vente.commande,
	generate_series(1, 2) r;
CREATE INDEX by_client ON vente.commande (id_client);
CREATE INDEX by_time ON vente.commande (maj);
ANALYZE;
`;

let db, dir, role, url, config, ascii, hba;

// This role must show its password, to a server that asks for it.
function scram(password) {
	const name = `${role}_scram`, file = join(temporary(), "pgpass");
	hba ??= sql(db.url, "SHOW hba_file");
	const rules = readFileSync(hba, "utf8"), rule = `local all ${name} scram-sha-256\n`;
	if (!rules.startsWith("local all") || !rules.includes(rule)) {
		sql(db.url, `CREATE ROLE ${name} LOGIN PASSWORD 'right'`);
		writeFileSync(hba, rule + rules);
		sql(db.url, "SELECT pg_reload_conf(), pg_sleep(0.3)");
	}
	writeFileSync(file, password ? `*:*:*:${name}:${password}\n` : "",
		{ mode: 0o600 });
	return `${db.url.replace(/user=[^&]*/, `user=${name}`)}&passfile=${file}`;
}

before(() => {
	db = createDatabase("check");
	role = `reader_${process.pid}`;
	sql(db.url, `${tables}
		CREATE ROLE ${role} LOGIN;
		GRANT USAGE ON SCHEMA vente TO ${role};
		GRANT SELECT ON vente.client, vente.commande, vente.ligne TO ${role};
		GRANT pg_read_all_stats TO ${role};`);
	url = db.url.replace(/user=[^&]*/, `user=${role}`);
	// the same, in a database that was never told its charset
	ascii = createDatabase("ascii", undefined, "SQL_ASCII");
	sql(ascii.url, `${tables} UPDATE vente.client
		SET nom = convert_from('\\xc96c6f646965', 'SQL_ASCII');
		GRANT USAGE ON SCHEMA vente TO ${role};
		GRANT SELECT ON vente.client, vente.commande, vente.ligne TO ${role}`);
});
after(() => {
	if (hba) {
		writeFileSync(hba, readFileSync(hba, "utf8")
			.replace(`local all ${role}_scram scram-sha-256\n`, ""));
		sql(db.url, `SELECT pg_reload_conf(); DROP ROLE ${role}_scram`);
	}
	ascii.drop();
	sql(db.url, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
	db.drop();
});

// Writes the organisation's files, changed; runs check; { code, found, out }.
function check({ files = {}, settings = {}, args = [], level = 5,
	source = url } = {}) {
	dir = temporary();
	const all = { "schemas/shop/order.schema.json":
			JSON.stringify(schema, null, 2),
		"adapters/shop/shop.order.sql": page,
		"adapters/shop/shop.order.changed.sql": changed,
		"adapters/shop/source.conf": conf, ...files };
	mkdirSync(join(dir, "schemas/shop"), { recursive: true });
	mkdirSync(join(dir, "adapters/shop"), { recursive: true });
	for (const [name, text] of Object.entries(all))
		if (text !== null)
			writeFileSync(join(dir, name), text);
	config = writeSettings(join(dir, "guichet.conf"), {
		organisation: { name: "Essai", contact: "dpo@example.org" },
		server: { public_url: "https://localhost:24002" },
		database: { url: db.url },
		catalogue: { schemas: join(dir, "schemas"),
			adapters: join(dir, "adapters"), sources: "shop", ...settings },
		sources: { shop: source } });
	const r = guichet("check", "--config", config, "--json",
		"--level", String(level), ...args);
	assert.equal(r.err, "");
	const out = JSON.parse(r.out);
	return { code: r.code, found: out.findings, out };
}

const inPage = (from, to) => ({ files: { "adapters/shop/shop.order.sql":
	page.replace(from, () => to) } });
const inChanged = (from, to) => ({ files: {
	"adapters/shop/shop.order.changed.sql": changed.replace(from, () => to) } });
const inSchema = (change) => {
	const s = structuredClone(schema);
	change(s);
	return { files: { "schemas/shop/order.schema.json":
		JSON.stringify(s, null, 2) } };
};
const inConf = (text) => ({ files: { "adapters/shop/source.conf": text } });

test("the right password, and a charset that is told, are no mistakes", () => {
	sql(db.url, `GRANT ${role} TO ${(scram("right"), role)}_scram`);
	assert.deepEqual(check({ source: scram("right"), level: 2 }).found
		.filter((f) => f.code === "E216"), []);
	const r = check({ ...inPage("c.nom AS", "convert_from(convert(convert_to("
		+ "c.nom, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII') AS"), source: ascii.url.replace(/user=[^&]*/,
		`user=${role}`) });
	assert.deepEqual(r.found, []);
});

test("a sound organisation passes every level", () => {
	const r = check();
	assert.deepEqual(r.found, []);
	assert.equal(r.code, 0);
	assert.deepEqual(r.out.datasets, [{ id: "shop.order", version: 1,
		source: "shop", ok: true }]);
});

// what is wrong, how, code, [line:column], words of the cure or cause
const mistakes = [
	["a column that does not exist", inPage("o.jour", "o.jourr"), "E207",
		"3:8", /o\.jour\b/],
	["a table that does not exist", inPage("vente.ligne", "vente.lignes"),
		"E207", "15:15", /psql/],
	["a syntax error", inPage("o.total AS", "o.total AS AS"), "E207", "4:22",
		/psql/],
	["a field misspelt", inPage('AS kind', 'AS kinds'), "E208", "5:19",
		/'kind'/],
	["a field nobody documented", inPage("o.genre AS kind",
		"o.genre AS kind, o.notes AS wholly_unknown"), "E208", "5:36",
		/document/],
	["a nested field misspelt", inPage('"buyer.name"', '"buyer.nane"'), "E208",
		"6:18", /buyer\.name/],
	["a list in a list", inPage('"lines[].label"', '"lines[].label[].x"'),
		"E208", "7:21", /jsonb/],
	["a number where a text belongs", inPage("o.num AS number",
		"o.qte AS number"), "E209", "2:17", /::text/],
	["local time without its zone", inPage("o.maj AS changed",
		"o.local AS changed"), "E209", "9:19",
		/AT TIME ZONE 'Europe\/Paris'/],
	["a text where an instant belongs", inPage("o.maj AS changed",
		"o.maj::text AS changed"), "E209", "9:23", /::timestamptz/],
	["no array for a list", inPage("l.labels AS", "o.notes AS"), "E209",
		"7:20", /array_agg/],
	["an array for a value", inPage("o.genre AS kind", "l.labels AS kind"),
		"E209", "5:20", /cast/],
	["a float for an integer list", inPage("l.amounts AS",
		"l.amounts::float8[] AS"), "E209", "8:32", /bigint\[\]/],
	["a required field missing", inPage("       o.total AS total,\n", ""),
		"E210", null, /AS "total"/],
	["the key missing", inPage("o.num AS number,\n       ", ""),
		"E210", null, /AS "number"/],
	["a column twice", inPage("o.genre AS kind", "o.genre AS kind, "
		+ "o.genre AS kind"), "E211", "5:36", /twice/],
	["a field whole and in parts", inPage("o.genre AS kind",
		"to_jsonb(c) AS buyer"), "E211", null, /cannot both/],
	["a parameter misspelt", inPage(":customer", ":custommer"), "E203",
		"16:22", /:customer/],
	["psql's own limit", inPage(":customer", ":customer LIMIT :limit"), "E203",
		"16:38", /take it out/],
	["everybody's records", inPage("= :customer", "= 'C1'"), "E205", null,
		/:customer/],
	["a bound that is no instant", inPage(":customer", ":customer AND "
		+ "o.jour > :since"), "E203", null, /timestamptz/],
	["two statements", inPage(":customer;", ":customer; DELETE FROM x;"),
		"E218", "16:33", /one SELECT/],
	["a bracket too many", inPage(":customer;", ":customer) OR (true"),
		"E218", "16:31", /take it out/],
	["a file named after nothing", { files: {
		"adapters/shop/shop.ordr.sql": page } }, "E204", null, /shop\.order/],
	["who changed, without a bound", inChanged(" AND o.maj < :until", ""),
		"E205", null, /:until/],
	["who changed, without whom", inChanged("AS customer", "AS who"), "E217",
		null, /customer/],
	["who changed, by local time", inChanged("o.maj AS changed",
		"o.local AS changed"), "E217", null, /timestamptz/],
	["a table we may not read", inPage("FROM vente.commande AS o",
		"FROM vente.commande AS o LEFT JOIN vente.secret AS s ON s.id = o.num"),
		"E215", null, /GRANT SELECT ON vente\.secret TO reader_/],
	["a zone that is none", inConf("time_zone = Europe/Pari\n"), "E212", "1:1",
		/Europe\/Paris/],
	["no zone", inConf("synthetic = no\n"), "E214", null, /time_zone|zone/],
	["a key misspelt", inConf(conf + "sythetic = yes\n"), "E106", "3:1",
		/synthetic/],
	["a source that is away", { source: "postgresql:///x?host=/nowhere" },
		"E216", null, /url/],
	["a host that is not known", { source:
		"postgresql://nobody@no-such-host.invalid/x" }, "E216", null,
	/that host is not known/],
	["a port where nothing listens", { source:
		"postgresql://nobody@127.0.0.1:1/x" }, "E216", null,
	/nothing listens there/],
	["a database that does not exist", () => ({ source: url.replace(db.name,
		"no_such_database") }), "E216", null, /check the names in url/],
	["a role that does not exist", () => ({ source: url.replace(role,
		"no_such_role") }), "E216", null, /check the names in url/],
	["a wrong password", () => ({ source: scram("wrong") }), "E216", null,
		/the password is wrong/],
	["no password where one is wanted", () => ({ source: scram("") }), "E216",
		null, /passfile/],
	["texts of a charset that the database does not know", () => ({
		source: ascii.url.replace(/user=[^&]*/, `user=${role}`) }), "E236",
	"6:18", /convert_from/],
	["a password in the clear", inConf(conf +
		"url = postgresql://u:secret@h/d\n"), "E212", "3:1", /passfile/],
	["a password in the clear, as a word", inConf(conf +
		"url = host=h password=secret\n"), "E212", "3:1", /passfile/],
	["a file of passwords for everybody", () => {
		const file = join(temporary(), "pgpass");
		writeFileSync(file, "*:*:*:*:x\n", { mode: 0o644 });
		return { source: `${url}&passfile=${file}` };
	}, "E111", null, /chmod 600/],
	["a file of passwords that is not there", () => ({ source:
		`${url}&passfile=/nowhere` }), "E110", null, /host:port/],
	["a folder that is not there", { settings: { sources: "shopp" } }, "E101",
		null, /./],

	["a schema that is no JSON", { files: { "schemas/shop/order.schema.json":
		'{\n  "x-id": oops\n}' } }, "E251", "2:14", /mend/],
	["no wording in French", inSchema((s) => delete s["x-fr"].title), "E252",
		null, /French/],
	["a field without a title", inSchema((s) => delete
		s.properties.kind["x-fr"]), "E254", "/kind", /title/],
	["a code without a label", inSchema((s) => delete
		s.properties.kind["x-codes"].B), "E256", null, /x-codes/],
	["a key of no field", inSchema((s) => s["x-natural-key"] = ["nr"]), "E257",
		null, /required/],
	["a key that does not sort", inSchema((s) => s["x-natural-key"] =
		["total"]), "E257", null, /texts/],
	["a time of change that is none", inSchema((s) => s["x-changed"] = "day"),
		"E258", null, /date-time/],
	["a keyword misspelt", inSchema((s) => s.properties.total.minumum = 1),
		"E260", "/minumum", /x-/],
	["a pattern that is none", inSchema((s) => s.properties.number.pattern =
		"("), "E260", null, /./],

	["an index hidden by an expression", inPage("o.id_client = :customer",
		"lower(o.id_client) = lower(:customer)"), "E220", null, /./],
	["an index of time hidden", inChanged("o.maj >= :since AND o.maj < :until",
		"o.maj + '1 s'::interval >= :since AND o.maj + '1 s'::interval < "
		+ ":until"), "E222", null, /./],

	["a record that breaks its schema", inPage("o.total AS total",
		"-o.total AS total"), "E224", null, /preview/],
	["lists of different lengths", inPage("l.amounts AS",
		"l.amounts[1:1] AS"), "E224", null, /lengths/],
	["a join that multiplies", inPage("JOIN vente.client AS c ON",
		"JOIN vente.ligne AS m ON m.num = o.num JOIN vente.client AS c ON"),
		"E225", null, /multiplies/],
	["two who share", inPage("= :customer", "IN (:customer, 'C7') AND 'C7' <> "
		+ ":customer AND :customer <> 'guichet-nobody-0f3a'"), "E226", null,
		/coholders/],
	["co-holders told in no list", { files: { "adapters/shop/customers.sql":
		"SELECT NULL::text AS reason, '[{\"customer\": \"C2\"}]'::jsonb AS "
		+ "coholders WHERE :customer <> ''" } }, "E235", null, /agree/],
	["nobody gets records", inPage("= :customer", "= :customer OR o.num = 'O1'"),
		"E227", null, /OR/],
	["cents for euros", inPage("o.total AS total", "o.total * 1000 AS total"),
		"E233", "4:26", /divide it by 1000/],
	["a write hidden in a function", inPage("o.genre AS kind",
		"vente.compte(o.genre)::char(1) AS kind"), "E234", "5:14", /STABLE/],
	["a code without its label", inPage("o.genre AS kind",
		"CASE WHEN o.num > 'O2' THEN 'Z' ELSE o.genre END AS kind"), "E224",
		null, /'kind'|kind/],
	["a number too long for its column", inPage("o.num AS number",
		"o.num || repeat('9', 90) AS number"), "E224", null, /number/],
	["a join with nothing to join by", inPage("JOIN vente.client AS c ON "
		+ "c.id = o.id_client", "CROSS JOIN vente.client AS c"), "E225",
		null, /multiplies/],
	["a NULL in a required field", inPage("o.total AS total",
		"nullif(o.total, o.total) AS total"), "E224", null, /total/],
	["a division by nothing", inPage("o.total AS total",
		"o.total / (o.qte - o.qte) AS total"), "E223", null, /EXPLAIN/],
	["a capture that is none", inConf(conf + "capture = naive\n"), "E212",
		"3:1", /horizon/],
	["a time-out that is none", inConf(conf + "statement_timeout_ms = soon\n"),
		"E212", "3:1", /milliseconds/],
	["a switch that is none", inConf("synthetic = perhaps\n" + conf), "E212",
		"1:1", /yes or no/],
	["a key twice", inConf(conf + "time_zone = Europe/Paris\n"), "E107",
		"3:1", /line 1/],
	["a section in source.conf", inConf("[source]\n" + conf), "E213", "2:1",
		/take the line out/],
	["a word no page knows", inSchema((s) => s.properties.total["x-kind"] =
		"characteristics"), "E255", "/characteristics", /schemas\.md/],
	["a promise no page knows", inSchema((s) => s["x-availability"] = "later"),
		"E255", null, /schemas\.md/],
	["a range that is none", inSchema((s) => s.properties.total["x-plausible"] =
		[9, 1]), "E255", null, /low, high/],
	["a name that cannot be a column's", inSchema((s) =>
		s.properties["my-field"] = field("string")), "E255", null, /letters/],
	["a schema without a doctype", inSchema((s) => delete s["x-doctype"]),
		"E252", null, /schemas\.md/],
	["a period that is no time", inSchema((s) => s["x-period"] = "total"),
		"E258", null, /date/],

	["records that never leave", inPage("o.maj AS changed",
		"CASE WHEN o.num < 'O2' THEN o.maj END AS changed"), "E228", null,
		/coalesce/],
];

for (const [what, how, code, place, words] of mistakes) {
	test(what, () => {
		const r = check(typeof how === "function" ? how() : how), f = r.found.find((x) => x.code === code);
		assert.equal(r.code, 78, JSON.stringify(r.found));
		assert.ok(f, `no ${code} in ${JSON.stringify(r.found)}`);
		if (place && place.startsWith("/"))
			assert.match(readFileSync(f.file, "utf8").split("\n")[f.line - 1],
				new RegExp(place.slice(1)));
		else if (place)
			assert.equal(`${f.line}:${f.column}`, place, f.cause);
		assert.match(`${f.cause} ${f.cure}`, words);
		assert.notEqual(f.cure, "");
	});
}

test("at least sixty kinds of mistakes are in the table", () => {
	assert.ok(mistakes.length >= 60, `${mistakes.length}`);
});

test("--against: what breaks readers within a version, and what does not", () => {
	const old = temporary();
	mkdirSync(join(old, "shop"));
	writeFileSync(join(old, "shop/order.schema.json"), JSON.stringify(schema));
	const against = (change) => check({ ...inSchema(change), level: 1,
		args: ["--against", old] });
	for (const [change, words] of [
		[(s) => delete s.properties.kind, /'kind' is gone/],
		[(s) => s.properties.kind.type = "integer", /another type|anything/],
		[(s) => s.required = s.required.filter((f) => f !== "total"),
			/'total' was always there/],
		[(s) => {
			s.properties.kind.enum.push("C");
			s.properties.kind["x-codes"].C = { en: "c", fr: "c" };
		}, /new code, C/],
		[(s) => s.properties.total["x-unit"] = "{USD}", /another unit/],
		[(s) => s["x-natural-key"] = ["number", "day"], /x-natural-key/]]) {
		const r = against(change);
		const f = r.found.find((x) => x.code === "E262");
		assert.ok(f, JSON.stringify(r.found));
		assert.match(f.cause, words);
		assert.notEqual(f.cure, "");
		assert.equal(r.code, 78);
	}
	for (const change of [(s) => s.properties.more = field("string"),
		(s) => s.properties.kind.enum.pop(),
		(s) => s.description = "All orders.",
		(s) => {
			s["x-version"] = 2;
			delete s.properties.kind;
		}])
		assert.ok(!against(change).found.some((f) => f.code === "E262"));
	const kept = { files: { "schemas/shop/order.schema.json": null,
		"adapters/shop/shop.order.sql": page }, level: 1,
		args: ["--against", old] };
	assert.ok(check(kept).found.some((f) => /data set is gone/.test(f.cause)));
});

test("adapter init --from-table proposes by names, comments and types", () => {
	sql(db.url, `CREATE TABLE vente.facture (id_client text, no_cde varchar(20),
			jour_cde date, mt_ttc numeric(10,2), x7 text, dt_maj timestamp,
			poids int);
		COMMENT ON COLUMN vente.facture.x7 IS 'Genre de la commande';
		GRANT SELECT ON vente.facture TO ${role}`);
	check();
	const init = (...args) => guichet("adapter", "init", "shop.order",
		"--config", config, ...args);
	const r = init("--from-table", "vente.facture");
	assert.equal(r.code, 0, r.err);
	for (const line of ['t."no_cde" AS "number"', 't."jour_cde" AS "day"',
		't."mt_ttc" AS "total"', 't."x7" AS "kind"',
		't."dt_maj" AT TIME ZONE \'Europe/Paris\' AS "changed"',
		"NULL::text AS \"buyer.name\"", "FROM vente.facture AS t",
		'WHERE t."id_client" = :customer'])
		assert.ok(r.out.includes(line), `${line}\n${r.out}`);
	assert.match(r.out, /its comment is: Genre de la commande: check it/);
	assert.doesNotMatch(r.out, /poids/);
	// and what was proposed is a SELECT that names and types accept
	const found = check({ files: { "adapters/shop/shop.order.sql": r.out },
		level: 2 }).found.filter((f) => f.severity !== "warning");
	assert.deepEqual(found, []);
	assert.equal(init("--from-table", "vente.nothing").code, 65);
	assert.equal(init("--from-table", "vente.facture", "--source", "x").code,
		64);
});

test("adapter init helps with a first file, and beside a broken one", () => {
	for (const content of [null, "SELEC 1 WHERE"]) {
		const found = check({ level: 1, files: {
			"adapters/shop/shop.order.sql": content } });
		assert.equal(found.code, 78);
		const r = guichet("adapter", "init", "shop.order", "--config", config,
			"--from-table", "vente.facture", "--source", "shop");
		assert.equal(r.code, 0, r.err);
		assert.match(r.out, /FROM vente\.facture AS t/);
	}
	const empty = check({ level: 1, files: {
		"adapters/shop/shop.order.sql": null } }).found[0];
	assert.equal(empty.code, "E201");
	assert.match(empty.cure, /guichet adapter init DATASET --source shop/);
	const bare = check({ level: 1, files: {
		"adapters/shop/source.conf": null } }).found[0];
	assert.equal(bare.code, "E101");
	assert.match(bare.cure, /guichet init --source shop=URL/);
});

test("an adapter brings the schema of its own data; a second of it is refused", () => {
	const files = {
		"schemas/shop/order.schema.json": null,
		"adapters/shop/order.schema.json": JSON.stringify(schema) };
	assert.deepEqual(check({ level: 2, files }).found, []);
	const twice = check({ level: 1, files: {
		"adapters/shop/order.schema.json": JSON.stringify(schema) } });
	assert.ok(twice.found.some((f) => f.code === "E259" &&
		/adapters\/shop\/order\.schema\.json/.test(f.file)));
});

test("adapter init: a SELECT for every field, which names and types accept", () => {
	check({ level: 1 });
	const r = guichet("adapter", "init", "shop.order", "--config", config);
	assert.equal(r.code, 0, r.err);
	for (const f of ["number", "buyer.name", "lines[].label", "changed"])
		assert.ok(r.out.includes(`AS "${f}"`), r.out);
	assert.match(r.out, /--   B: b/);
	const now = check({ level: 2, files: { "adapters/shop/shop.order.sql":
		r.out.replace("your_table", "vente.commande")
			.replace("customer_reference", "id_client") } });
	assert.deepEqual(now.found, []);
});

test("one run tells all mistakes", () => {
	const r = check({ files: { "adapters/shop/shop.order.sql": page
		.replace("AS kind", "AS kinds").replace("o.total AS total", "o.qte::text AS total")
		.replace('"buyer.name"', '"buyer.nom"') } });
	assert.deepEqual(r.found.map((f) => f.code).sort(),
		["E208", "E208", "E209", "E210"]);
});

test("a missing index: the one that is printed cures it", () => {
	sql(db.url, "DROP INDEX vente.by_client");
	try {
		const r = check(), f = r.found.find((x) => x.code === "E220");
		assert.equal(f.cure,
			"CREATE INDEX CONCURRENTLY ON vente.commande (id_client);");
		sql(db.url, f.cure);
		assert.deepEqual(check().found, []);
	} finally {
		sql(db.url, "CREATE INDEX IF NOT EXISTS by_client ON "
			+ "vente.commande (id_client)");
	}
	sql(db.url, "DROP INDEX vente.by_time");
	const r = check(), f = r.found.find((x) => x.code === "E222");
	assert.equal(f.cure,
		"CREATE INDEX CONCURRENTLY ON vente.commande (maj);");
	sql(db.url, f.cure);
	assert.deepEqual(check().found, []);
});

test("who shares is named; declared on both sides they may, on one not", () => {
	const how = inPage("= :customer", "IN (:customer, 'C7') AND 'C7' <> "
		+ ":customer AND :customer <> 'guichet-nobody-0f3a'");
	const look = () => check({ ...how,
		args: ["--customer", "C1", "--customer", "C2"] }).found
		.find((f) => f.code === "E226");
	const declare = (who, dataset = "shop.order") =>
		how.files["adapters/shop/customers.sql"] = `SELECT NULL::text AS reason,
			(SELECT jsonb_agg(jsonb_build_object('customer', o.id, 'agree',
				'any', 'datasets', ARRAY['${dataset}']))
			   FROM vente.client AS o
			  WHERE o.id IN ('C1', 'C2') AND o.id <> c.id) AS coholders
			FROM vente.client AS c WHERE c.id = :customer AND ${who}`;
	assert.match(look().cause, /^customers C1 and C2 share \d+ records$/);
	declare("true");
	assert.equal(look(), undefined);
	declare("c.id = 'C1'");
	assert.ok(look());
	declare("true", "shop.other");
	assert.ok(look());
});

test("a role that may write is told, with the REVOKE", () => {
	sql(db.url, `GRANT INSERT ON vente.ligne TO ${role}`);
	const f = check().found.find((x) => x.code === "E229");
	assert.equal(f.cure, "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON "
		+ `vente.ligne FROM ${role};`);
	sql(db.url, f.cure);
	assert.deepEqual(check().found, []);
	assert.ok(check({ source: db.url }).found.some((x) =>
		x.code === "E229" && /far more/.test(x.cause)));
});

test("capture = overlap: what does not bound transactions is told", () => {
	const name = sql(db.url, "SELECT quote_ident(current_database())");
	const told = (more = "") => {
		const r = check(inConf(conf + "capture = overlap\noverlap_s = 60\n" +
			more));
		assert.equal(r.code, 0);		// warnings
		return r.found.map((f) => `${f.code} ${f.cause}`);
	};
	const set = (text) => sql(db.url, ["statement_timeout",
		"idle_in_transaction_session_timeout"].map((s) =>
		`ALTER DATABASE ${name} ${text.replace("@", s)};`).join(" "));

	assert.match(told()[0], /^E243 nothing here ends a transaction/);
	assert.match(told("compare_days = 1\n")[0], /^E243 nothing/);
	set("SET @ = '30s'");
	assert.match(told()[0], /^E243 statements and pauses/);
	assert.deepEqual(told("compare_days = 1\n"), []);
	set("SET @ = '2min'");
	assert.match(told("compare_days = 1\n")[0], /^E243 nothing/);
	set("RESET @");
	assert.equal(check(inConf(conf + "overlap_s = 0\n")).found[0].code, "E212");
});

test("row level security is told", () => {
	sql(db.url, "ALTER TABLE vente.commande ENABLE ROW LEVEL SECURITY");
	const r = check({ args: ["--customer", "C1"] });
	assert.ok(r.found.some((f) => f.code === "E231" &&
		f.severity === "warning"), JSON.stringify(r.found));
	sql(db.url, "ALTER TABLE vente.commande DISABLE ROW LEVEL SECURITY");
});

test("every code of the program is explained, and no other", () => {
	const used = new Set(execFileSync("grep", ["-rhoE", '"E[0-9]{3}"|code=E[0-9]{3}',
		join(root, "gateway"), "--include=*.c", "--exclude=explain.c"],
		{ encoding: "utf8" }).match(/E\d{3}/g));
	const told = JSON.parse(guichet("explain", "--json").out);
	assert.deepEqual(told.map((c) => c.code).sort(), [...used].sort());
	for (const c of told)
		for (const part of ["title", "cause", "cure"])
			assert.ok(c[part].length > 4, c.code);
	assert.match(guichet("explain", "e220").out, /CONCURRENTLY/);
	const r = guichet("explain", "E999");
	assert.equal(r.code, 64);
});

test("preview masks; unmasked it must be noted first", () => {
	check();
	const masked = guichet("preview", "--config", config, "--customer", "C12");
	assert.equal(masked.code, 0, masked.err);
	assert.match(masked.out, /number +vente\.commande\.num +"x99+"/);
	assert.match(masked.out, /buyer\.name +vente\.client\.nom +"x99"/);
	assert.match(masked.out, /lines\[\]\.label +\(computed\) +"x" and 1 more/);
	assert.doesNotMatch(masked.out, /N12/);
	const refused = guichet("preview", "--config", config, "--customer", "C12",
		"--show-values");
	assert.equal(refused.code, 69);
	assert.doesNotMatch(refused.out, /N12/);
	const m = guichet("migrate", "--config", config);
	assert.equal(m.code, 0, m.err);
	const shown = guichet("preview", "--config", config, "--customer", "C12",
		"--show-values", "--json", "shop.order");
	assert.equal(shown.code, 0, shown.err);
	assert.equal(JSON.parse(shown.out).buyer.name, "N12");
	assert.equal(sql(db.url, "SELECT convert_from(leaf, 'UTF8')::json->>'ev' "
		+ "FROM guichet.journal_line"), "record.previewed");
});
