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

const annotations = ["x-id", "x-version", "x-fr", "x-domain", "x-typology",
	"x-holder-examples", "x-natural-key", "x-period", "x-changed",
	"x-consent", "x-purpose-hints", "x-doctype", "x-update-frequency",
	"x-latency", "x-availability", "x-kind", "x-sensitivity", "x-origin",
	"x-unit", "x-codes"];

export function schemas() {
	return ["energy", "telecom"].flatMap((d) =>
		readdirSync(join(root, "schemas", d)).map((f) =>
			JSON.parse(readFileSync(join(root, "schemas", d, f), "utf8"))));
}

export function judge(schema) {
	const ajv = new Ajv2020({ strict: true, allErrors: true });
	formats(ajv);
	annotations.forEach((a) => ajv.addKeyword(a));
	return ajv.compile(schema);
}
