// SPDX-License-Identifier: Apache-2.0
// One small shop, whose orders are served as several data sets that differ in how
// changes are seen alone: shop.horizon, shop.trigger, shop.overlap... One writer
// puts all of them to the same trial.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporary } from "./ground.mjs";
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

// -> { url, catalogue, adapters, drop() }; conf: more lines of source.conf, by
// capture; write(capture, name, text) changes an adapter.
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
		write("source.conf", `url = ${db.url}\ntime_zone = Europe/Paris\n` +
			`capture = ${c}\nsynthetic = yes\n${conf[c] ?? ""}`);
		write(`${id}.sql`, page);
		write(`${id}.changed.sql`, rows ? byRow : byTime);
		write(`${id}.removed.sql`, rows ? goneByRow : gone);
	}
	return { url: db.url, drop: db.drop,
		write: (c, name, text) => writeFileSync(at(c, name), text),
		catalogue: { schemas: join(dir, "schemas"),
			adapters: join(dir, "adapters"), sources: captures.join(" ") } };
}
