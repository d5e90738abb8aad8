// SPDX-License-Identifier: Apache-2.0
// Late commits, and the control that loses them: what every capture mode is
// held against. Writers take the time first and commit up to 400 ms later; the
// control reads what everybody writes first, `updated_at > last`.
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "./postgres.mjs";

const CURVE = "fr.enedis.api.meteringdata.loadcurve";

// The days of the customer of p (pushing.mjs), as [meter, day].
export const days = (p) => sql(p.source, `SELECT c.pdl || ' ' || c.jour
	FROM si.courbe_jour AS c JOIN crm.rattachement AS r
	  ON r.pdl = c.pdl AND c.jour BETWEEN r.date_deb AND r.date_fin
       WHERE r.id_client = '${p.customer}' AND c.courante
       ORDER BY c.jour`).split("\n").map((l) => l.split(" "));

// Days whose total at the Cozy is not the source's.
export function stale(p) {
	const there = new Map(p.cozy.couch.documents(CURVE).map((d) =>
		[`${d.usage_point} ${d.day}`, d]));
	return sql(p.source, `SELECT c.pdl || ' ' || c.jour || ' ' ||
		(SELECT sum(v) FROM unnest(c.soutirage) AS v)
		FROM si.courbe_jour AS c JOIN crm.rattachement AS r
		  ON r.pdl = c.pdl AND c.jour BETWEEN r.date_deb AND r.date_fin
	       WHERE r.id_client = '${p.customer}' AND c.courante`)
		.split("\n").filter((l) => {
			const [pdl, day, total] = l.split(" ");
			return there.get(`${pdl} ${day}`)?.total !== Number(total);
		});
}

// Every day of hers changes, some commits come late. -> how many changed, and
// how many the control lost. reader: where the control reads (a pg.Pool).
export async function changeLate(p, { writers = 3, reader = p.pool,
	hold = (i) => i % 7 === 0 ? 60 + i % 5 * 80 : 0 } = {}) {
	const mine = days(p), naive = new Set(), clients = [];
	let last = sql(p.source, "SELECT clock_timestamp()"), writing = true;
	const control = (async () => {
		for (let more = true; more;) {
			more = writing;
			const { rows } = await reader.query(`SELECT pdl || ' ' ||
				jour AS day, date_maj::text AS at FROM si.courbe_jour
				WHERE date_maj > $1 ORDER BY date_maj`, [last]);
			for (const r of rows) {
				naive.add(r.day);
				last = r.at;
			}
			await sleep(20);
		}
	})();

	for (let w = 0; w < writers; w++)
		clients.push((async () => {
			const db = await p.pool.connect();
			for (let i = w; i < mine.length; i += writers) {
				await db.query("BEGIN");
				await db.query(`UPDATE si.courbe_jour SET
					date_maj = clock_timestamp(),
					soutirage[1] = soutirage[1] + 1
					WHERE pdl = $1 AND jour = $2 AND courante`,
					mine[i]);
				await sleep(hold(i));
				await db.query("COMMIT");
			}
			db.release();
		})());
	await Promise.all(clients);
	writing = false;
	await control;
	return { changed: mine.length, lost: mine.length - naive.size };
}
