// SPDX-License-Identifier: Apache-2.0
// A journal of so many lines, as a year of 40 recipients and 100,000 customers would
// leave it: written in bulk by SQL, then ordered, signed and decoded by the program's
// own code.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../support/ground.mjs';

const CHUNK = 250000;
const LINES = (first, past, of, log) => `
INSERT INTO guichet.journal_line
       (id, log, leaf, salt, side, subject_id, grant_id, client_id)
SELECT id, ${log}, convert_to('{"v":1,"id":"' || id || '","t":"' ||
	to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","ev":"' ||
	(ARRAY['pull.begun','pull.ended','delivery.attempted','delivery.acked',
	'pull.begun','pull.ended','delivery.attempted','delivery.failed'])[i % 8 + 1] ||
	'","ds":"energy.set-' || k % 20 || '@1","to":"pims-' || p || '","oc":"complete"' ||
	',"n":' || i % 50 || ',"b":' || i % 50 * 90 || ',"act":"recipient","tag":"' ||
	left(encode(substring(h FOR 16), 'base64'), 22) || '","cm":"' || rtrim(translate(
	encode(sha256(convert_to(E'guichet/side/v1\\n', 'UTF8') || h || side), 'base64'),
	'+/', '-_'), '=') || '"}', 'UTF8'), h, side, who, who, 'pims-' || p
  FROM (SELECT *, convert_to('{"subject":"' || who || '","grant":"' || who ||
	'","call":"' || substr(encode(h, 'hex'), 1, 16) || '"}', 'UTF8') AS side
	  FROM (SELECT *, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') ||
		'7' || substr(encode(h, 'hex'), 1, 3) || '8' ||
		substr(encode(h, 'hex'), 5, 15))::uuid AS id,
		(substr(m, 1, 12) || '4' || substr(m, 13, 3) || '8' || substr(m, 16, 15))::uuid
		AS who, floor(40 * power(r, 3))::int AS p
	    FROM (SELECT i, timestamptz '2025-11-01' + i * (interval '365 days' / ${of}) AS at,
		sha256(i::text::bytea) AS h, md5((hashint8(i)::bigint & 2147483647) % 100000
		|| 'who') AS m, hashint4(i::int) & 1023 AS k,
		((hashint8(i * 7) & 65535) / 65536.0) AS r
	      FROM generate_series(${first}::bigint, ${past - 1}::bigint) AS i) AS a) AS b)
	AS c;`;

// db: { url, sql(text) }; config: of a migrated installation with keys.
export function fillJournal(sql, config, lines, { log = 0, facts = true, say = () => {} } = {}) {
  const order = () => {
    const r = spawnSync(process.env.GUICHET_ORDER ?? join(root, 'build/tools/order'), [config], { encoding: 'utf8' });
    if (r.status !== 0) throw new Error(r.stderr);
    return Number(r.stdout);
  };
  const took = { write: 0, order: 0, decode: 0, index: 0 };
  const timed = (name, job) => {
    const began = performance.now(), out = job();
    took[name] += (performance.now() - began) / 1000;
    return out;
  };
  // indexes are made once, at the end: the same ones, faster
  const defs = sql(`SELECT indexdef FROM pg_indexes WHERE schemaname = 'guichet' AND
    (tablename = 'journal_fact' AND indexname <> 'journal_fact_pkey' OR
     indexname = 'journal_line_subject_id_id_idx')`).split('\n');
  sql(sql(`SELECT string_agg('DROP INDEX guichet.' || indexname, ';') FROM pg_indexes
    WHERE schemaname = 'guichet' AND (tablename = 'journal_fact' AND
    indexname <> 'journal_fact_pkey' OR indexname = 'journal_line_subject_id_id_idx')`));
  for (let i = 0; i < lines; i += CHUNK) {
    const n = Math.min(CHUNK, lines - i);
    timed('write', () => sql(`SET synchronous_commit = off; ${LINES(i, i + n, lines, log)}`));
    for (let done = 0; done < n;) done += timed('order', order);
    if (facts)
      timed('decode', () => sql(`SET synchronous_commit = off;
        SET jit = off; SELECT guichet.journal_facts(${n})`));
    say(i + n, took);
  }
  timed('index', () => sql(`SET maintenance_work_mem = '512MB'; ${defs.join(';')}`));
  sql('VACUUM ANALYZE guichet.journal_line; VACUUM ANALYZE guichet.journal_fact;' +
    'VACUUM ANALYZE guichet.journal_bundle; VACUUM ANALYZE guichet.journal_tile;' +
    'VACUUM ANALYZE guichet.journal_hour;');
  return took;
}
