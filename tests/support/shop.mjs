// SPDX-License-Identifier: Apache-2.0
// One small shop, whose orders are served as several data sets that differ in how
// changes are seen alone: shop.horizon, shop.trigger, shop.overlap... One writer
// puts all of them to the same trial; one PIMS is brought them all, and pulls.
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startReceiver } from "../pims/webhook/receiver.mjs";
import { certificates, guichet, program, temporary } from "./ground.mjs";
import { startCounter } from "./oauth.mjs";
import { createDatabase, sql } from "./postgres.mjs";

const field = (title, type, more) => ({ type, title, "x-fr": { title },
	...more });
const schema = (id) => ({
	$schema: "https://json-schema.org/draft/2020-12/schema",
	"x-id": id, "x-version": 1, "x-domain": "shop",
	title: `Orders (${id})`, description: "Orders.",
	"x-fr": { title: `Commandes (${id})`, description: "Des commandes." },
	"x-consent": { en: `Orders (${id}).`, fr: `Commandes (${id}).` },
	"x-doctype": id, "x-update-frequency": "P1D", "x-latency": "P1D",
	"x-natural-key": ["number"], "x-changed": "changed",
	type: "object", additionalProperties: false,
	required: ["number", "total", "changed"],
	properties: {
		number: field("Number", "string"),
		total: field("Total", "integer"),
		changed: field("Changed", "string", { format: "date-time" }),
	},
});

const page = `-- One record per order.
SELECT o.num AS number, o.total, o.changed
  FROM shop.orders AS o
 WHERE o.customer = :customer
`;
const byTime = `-- Whose orders changed, or went?
SELECT o.customer, o.changed, o.num AS key
  FROM shop.orders AS o WHERE o.changed >= :since AND o.changed < :until
UNION ALL
SELECT g.customer, g.changed, g.num
  FROM shop.gone AS g WHERE g.changed >= :since AND g.changed < :until
`;
const byRow = `-- Whose orders changed, or went?
SELECT g.key ->> 'customer' AS customer, g.at AS changed
  FROM changes AS g WHERE g.relation = 'shop.orders'
`;
const gone = `-- What went, and did not come again.
SELECT g.num AS number, g.changed
  FROM shop.gone AS g
 WHERE g.customer = :customer
   AND NOT EXISTS (SELECT FROM shop.orders AS o WHERE o.num = g.num)
`;
const goneByRow = `-- What went, and did not come again.
SELECT g.key ->> 'num' AS number, max(g.at) AS changed
  FROM guichet_source.change AS g
 WHERE g.operation = 'D' AND g.relation = 'shop.orders'
   AND g.key @> jsonb_build_object('customer', :customer::text)
   AND NOT EXISTS (SELECT FROM shop.orders AS o
	WHERE o.num = g.key ->> 'num')
 GROUP BY 1
`;
const tables = `CREATE SCHEMA shop;
CREATE TABLE shop.orders (num text PRIMARY KEY, customer text NOT NULL,
	total int NOT NULL, changed timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE shop.gone (num text, customer text, changed timestamptz);
CREATE INDEX ON shop.orders (customer); CREATE INDEX ON shop.orders (changed);
CREATE INDEX ON shop.gone (customer); CREATE INDEX ON shop.gone (changed);
`;

// -> { url, catalogue, write }; conf: more lines of source.conf, by capture (url =
// wins there); write(capture, name, text) changes an adapter, no text: deletes.
export function shopSource(captures, { conf = {}, base } = {}) {
	const dir = temporary(), db = createDatabase("shop", base);
	const at = (c, ...name) => join(dir, "adapters", c, ...name);

	sql(db.url, tables);
	mkdirSync(join(dir, "schemas/shop"), { recursive: true });
	for (const c of captures) {
		const id = `shop.${c}`, rows = /trigger|replication/.test(c);
		const write = (name, text) => writeFileSync(at(c, name), text);
		mkdirSync(at(c), { recursive: true });
		writeFileSync(join(dir, `schemas/shop/${c}.schema.json`),
			JSON.stringify(schema(id)));
		const more = typeof conf[c] === "function" ? conf[c](db) : conf[c] ?? "";
		write("source.conf", (/^url =/m.test(more) ? "" : `url = ${db.url}\n`) +
			`time_zone = Europe/Paris\ncapture = ${c}\nsynthetic = yes\n${
				more}`);
		write(`${id}.sql`, page);
		write(`${id}.changed.sql`, rows ? byRow : byTime);
		write(`${id}.removed.sql`, rows ? goneByRow : gone);
	}
	return { url: db.url, name: db.name,
		write: (c, name, text) => text ? writeFileSync(at(c, name), text) :
			rmSync(at(c, name)),
		catalogue: { schemas: join(dir, "schemas"),
			adapters: join(dir, "adapters"), sources: captures.join(" ") } };
}

// The DDL that `guichet adapter` prints, run as it is; twice: it only renews.
export function tells(config, url, what, source, ...flags) {
	const r = guichet("adapter", what, source, ...flags, "--config", config);
	if (r.code !== 0)
		throw new Error(r.err);
	for (let i = 0; i < 2; i++)
		sql(url, r.out);
}

// A gateway over that shop, a PIMS that is brought all of it and may pull it, and a
// customer with so many orders. prepare(config, shop): what is made before it runs.
export async function startShop(captures, { orders = 100, settings = {},
	prepare = () => {}, ...more } = {}) {
	const files = certificates(temporary()), shop = shopSource(captures, more);
	const pims = await startReceiver({ key: readFileSync(files.key),
		cert: readFileSync(files.certificate) });
	const counter = await startCounter({ settings: { catalogue: shop.catalogue,
		pull: { calls_per_minute: 0 },
		watch: { interval_ms: 200, horizon_margin_ms: 500 },
		journal: { interval_ms: 50 }, ...settings,
		push: { allow: "127.0.0.0/8 ::1/128", ca_file: files.ca,
			...settings.push } },
	prepare(ground) {
		prepare(ground.config, shop);
		for (const c of captures)
			if (/trigger|replication/.test(c))
				tells(ground.config, shop.url, c === "trigger" ?
					"triggers" : "replication", c);
		return {};
	} });
	const scope = captures.map((c) => `shop.${c}`).join(" ");
	const one = counter.register("one", { datasets: scope });
	const client = (...args) => new Promise((done) => execFile(
		program, ["client", ...args, "--config", counter.config],
		(e, out, err) => {
			if (e)
				throw new Error(err);
			done(out);
		}));
	pims.keys(await client("endpoint", "one", "--endpoint", pims.url,
		"--payload", "records"));
	await client("prove", "one");
	const person = await counter.customer(0);
	const customer = counter.people[0].reference;
	sql(shop.url, `INSERT INTO shop.orders (num, customer, total)
		SELECT 'O' || i, '${customer}', i FROM generate_series(1, ${orders}) i`);
	const t = await one.connect(person, { scope });

	// What the PIMS holds after all it was brought, in the order it came; a removal
	// takes it away (one that a comparison found is an id alone). number -> record
	const held = (capture) => {
		const all = new Map();

		for (const e of pims.of("guichet.records"))
			if (e.data.dataset === `shop.${capture}`)
				for (const { id, record } of e.data.records)
					if (record?.number && !record.removed)
						all.set(id, record);
					else
						all.delete(id);
		return new Map([...all.values()].map((d) => [d.number, d]));
	};
	const all = { shop, pims, counter, one, person, customer, t, held,
		url: shop.url };
	// Orders that are not there as they are, and those too many.
	all.wrong = () => {
		const rows = new Map(sql(all.url, `SELECT num || ' ' || total
			FROM shop.orders WHERE customer = '${customer}'`).split("\n")
			.filter(Boolean).map((l) => l.split(" ")));

		return captures.flatMap((c) => {
			const there = held(c);
			return [...rows].filter(([num, total]) => there.get(num)?.total !==
				Number(total)).map((l) => `${c}: ${l}`).concat([...there.keys()]
				.filter((num) => !rows.has(num)).map((n) => `${c}: ${n} is gone`));
		});
	};
	all.until = (question, what, ms) => counter.until(question, what, ms)
		.catch((e) => { throw new Error(`${e.message} ${all.wrong().slice(0,
			20)} ${counter.logs.slice(-3000)}`); });
	all.right = (what, ms) => all.until(() => all.wrong().length === 0, what, ms);
	all.stop = async () => {
		await counter.stop();
		await pims.stop();
		if (captures.includes("replication"))
			sql(all.url, guichet("adapter", "replication", "replication",
				"--drop", "--config", counter.config).out);
	};
	await all.right("the history");
	return all;
}
