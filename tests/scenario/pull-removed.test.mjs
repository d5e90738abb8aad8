// SPDX-License-Identifier: Apache-2.0
// Removals and records share one cursor: whatever the page size, every one comes
// exactly once, in the order of their times; a removal is the record's key.
import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root, temporary } from "../support/ground.mjs";
import { startGranted } from "../support/granted.mjs";
import { sql } from "../support/postgres.mjs";

let house, g, who;

before(async () => {
	const adapters = temporary();

	cpSync(join(root, "adapters/energy"), join(adapters, "energy"),
		{ recursive: true });
	// a table that comes with the test: made before the gateway looks
	writeFileSync(join(adapters, "energy/energy.load-curve.removed.sql"),
		`SELECT x.pdl AS usage_point, x.jour AS day, x.retire AS changed
		  FROM (SELECT c.pdl, c.jour, date_trunc('day', c.date_maj) AS retire
			  FROM si.courbe_jour AS c WHERE NOT c.courante) AS x
		  JOIN crm.rattachement AS r ON r.pdl = x.pdl
		   AND x.jour BETWEEN r.date_deb AND r.date_fin
		 WHERE r.id_client = :customer`);
	house = await startGranted({ days: 60,
		settings: { catalogue: { adapters } } });
	[who] = house.people;
	g = house.grant(who);
	// Half the days are gone, in four instants, some of them those of records.
	sql(house.energy.url, `DELETE FROM si.courbe_jour WHERE NOT courante;
		UPDATE si.courbe_jour AS k SET
		  date_maj = timestamptz '2026-03-01 00:00 Europe/Paris' +
			(extract(day FROM jour)::int % 4) * interval '1 day',
		  courante = extract(day FROM jour)::int % 2 = 0
		WHERE pdl IN (SELECT pdl FROM crm.rattachement
			WHERE id_client = '${who}')`);
}, { timeout: 60000 });
after(async () => assert.equal(await house.stop(), 0));

const key = (r) => `${r.usage_point} ${r.day}`;
const expected = (current) => sql(house.energy.url, `SELECT c.pdl || ' ' ||
	c.jour FROM si.courbe_jour AS c JOIN crm.rattachement AS r
	  ON r.pdl = c.pdl AND c.jour BETWEEN r.date_deb AND r.date_fin
	WHERE r.id_client = '${who}' AND c.courante = ${current}
	ORDER BY 1`).split("\n");

test("all at once tells what there is, and goes on by pages alone", async () => {
	const path = "/v1/datasets/energy.load-curve/history";
	const all = await house.get(path, g);
	assert.equal(all.status, 200);
	const resumed = await house.get(`${path}?cursor=${all.json.next}`, g);
	assert.equal(resumed.status, 400);
	assert.equal(resumed.json.code, "bad_cursor");
	assert.match(resumed.json.detail, /page by page/);
	assert.equal((await house.pull(g, `?cursor=${all.json.next}`)).status, 200);
});

for (const limit of [1, 2, 3, 7, 100])
	test(`pages of ${limit}: each once, in order`, async () => {
		const seen = { records: [], removed: [] };
		let cursor, more = true, last = 0;

		while (more) {
			const r = await house.pull(g, `?limit=${limit}` +
				(cursor ? `&cursor=${cursor}` : ""));
			assert.equal(r.status, 200, r.text);
			const body = JSON.parse(r.text);
			assert.ok(body.records.length + body.removed.length <= limit);
			const times = [...body.records, ...body.removed]
				.map((d) => Date.parse(d.changed)).sort((a, b) => a - b);
			assert.ok(times.length === 0 || times[0] >= last);
			last = times.at(-1) ?? last;
			seen.records.push(...body.records.map(key));
			seen.removed.push(...body.removed.map(key));
			for (const d of body.removed)
				assert.deepEqual(Object.keys(d).sort(),
					["changed", "day", "removed", "usage_point"]);
			({ next: cursor, more } = body);
		}
		assert.deepEqual(seen.records.sort(), expected(true));
		assert.deepEqual(seen.removed.sort(), expected(false));
		assert.ok(seen.removed.length > 5);
	});

test("as lines, removals come first and say so", async () => {
	const r = await house.pull(g, "", { accept: "application/x-ndjson" });
	const lines = r.text.trim().split("\n").map((l) => JSON.parse(l));
	const gone = lines.filter((l) => l.removed);

	assert.deepEqual(gone.map(key).sort(), expected(false));
	assert.deepEqual(lines.slice(0, gone.length), gone);
	assert.ok(house.lines(g, "pull.begun").some((l) =>
		Object.values(l).includes(lines.length)), "the line counts both");
});
