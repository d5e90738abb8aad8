// SPDX-License-Identifier: Apache-2.0
// What her Cozy (pushing.mjs) should hold, and what it holds otherwise.
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
