// SPDX-License-Identifier: Apache-2.0
// Records without the gateway: the adapters' own SQL, run by psql, put together
// here; and ajv, which judges records by the published schemas.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { root } from "./ground.mjs";
import { sql } from "./postgres.mjs";

export const lines = (url, text) => sql(url, text).split("\n").filter(Boolean);
export const json = (url, text) => lines(url, text).map((l) => JSON.parse(l));

// One row: dotted aliases nest, arrays "list[].member" are zipped, NULL is
// left out.
function nest(row) {
	const record = {}, lists = {};
	for (const [alias, value] of Object.entries(row)) {
		const [, list, member] = /^(.*)\[\]\.(.*)$/.exec(alias) ?? [];
		if (value === null)
			continue;
		if (list) {
			lists[list] ??= value.map(() => ({}));
			value.forEach((v, i) => {
				if (v !== null)
					lists[list][i][member] = v;
			});
			continue;
		}
		const path = alias.split(".");
		const last = path.pop();
		let at = record;
		for (const p of path)
			at = at[p] ??= {};
		at[last] = value;
	}
	return Object.assign(record, lists);
}

export function records(url, dataset, customer) {
	const [sector] = dataset.split(".");
	const text = readFileSync(
		join(root, `adapters/${sector}/${dataset}.sql`), "utf8");
	return json(url, `SELECT row_to_json(r) FROM (${
		text.replaceAll(":customer", `'${customer}'`)}) AS r`).map(nest);
}

export const sectors = ["bank", "energy", "insurance", "mobility", "retail",
	"telecom"];

export const schemaFiles = () => sectors.flatMap((d) =>
	readdirSync(join(root, "schemas", d)).map((f) =>
		join(root, "schemas", d, f)));
export const schemas = () => schemaFiles().map((f) =>
	JSON.parse(readFileSync(f, "utf8")));

export function judge(schema) {
	const ajv = new Ajv2020({ strict: true, allErrors: true });
	formats(ajv);
	// annotations are ours; every other word must be known to ajv
	new Set(JSON.stringify(schema).match(/"x-[a-z-]+"(?=:)/g))
		.forEach((a) => ajv.addKeyword(JSON.parse(a)));
	return ajv.compile(schema);
}
