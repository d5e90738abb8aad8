// SPDX-License-Identifier: Apache-2.0
// Every way to misbehave that a PIMS may think of (tests/pims/hostile): each
// has its row, its outcome and its reason; nothing is believed that was not
// said, nothing inside is reached, memory stays bounded, and the honest neighbour
// is served meanwhile.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { root, temporary } from "../support/ground.mjs";
import { startGateway } from "../support/gateway.mjs";
import { startPushing } from "../support/pushing.mjs";
import { startHostile } from "../pims/hostile/hostile.mjs";

const TYPE = "org.fing.mesinfos.contract";
let p, hostile, good;

before(async () => {
	const dir = temporary(), resolver = join(dir, "resolver.so");
	execFileSync("gcc", ["-shared", "-fPIC", "-O1", "-o", resolver, join(root,
		"tests/pims/hostile/resolver.c"), "-ldl"]);
	p = await startPushing({ customers: 4, days: 2, serve: false,
		sets: ["energy.contract"], settings: { push: { allow: "127.0.0.2/32",
			deadline_ms: 4000, lease_s: 10, batch: 12,
			attempts_max: 2 } } });
	hostile = await startHostile({ dir, ca: p.ground.ca,
		caKey: join(p.ground.dir, "ca.key") });
	p.gateway = await startGateway({ ground: p.ground,
		env: { LD_PRELOAD: resolver } });
	good = await p.startCozy({ host: "127.0.0.2", name: "127.0.0.2" });
	await p.me.signIn();
	const next = await p.connect(["energy.contract"],
		{ address: good.origin });
	assert.equal((await p.approve(next)).status, 303);
	await p.until(() => good.couch.count(TYPE) > 0, "the honest one");
});
after(async () => {
	await p?.stop();
	hostile?.stop();
});

const quote = (s) => `'${s.replaceAll("'", "''")}'`;
// One grant of hers for each row, as if she had connected that cloud.
function connectAll() {
	p.sql(`CREATE TEMP TABLE row AS SELECT gen_random_uuid() AS id, v.* FROM
		(VALUES ${hostile.rows.map((r, i) => `(${i}, ${quote(r.address)})`)
		.join()}) AS v (n, address);
	INSERT INTO guichet.grants (id, client_id, subject_id, pairwise, datasets,
		details, purpose, language, notice_sha256, state, expires)
	SELECT r.id, g.client_id, g.subject_id, g.pairwise, g.datasets, g.details,
		g.purpose || ' ' || r.n, g.language, g.notice_sha256, 'active',
		g.expires FROM row AS r, guichet.grants AS g
	 WHERE g.purpose !~ '[0-9]$';
	INSERT INTO guichet.destination (grant_id, kind, address, host)
	SELECT id, 'cozy', address, substr(address, 9) || ' ' || n FROM row;
	INSERT INTO guichet.subscription (id, grant_id, dataset, host, attempts)
	SELECT gen_random_uuid(), id, 'energy.contract',
		substr(address, 9) || ' ' || n, CASE WHEN n = ANY (ARRAY[${
		hostile.rows.flatMap((r, i) => /^Retry/.test(r.name) ? i : [])
		}]) THEN 0 ELSE 1 END FROM row;`);
}
// The first that the journal says of each row, and the reason noted beside.
const verdicts = () => new Map(p.sql(`SELECT DISTINCT ON (n) n, oc, reason FROM (
	SELECT substring(g.purpose FROM '[0-9]+$') AS n, l.id,
		convert_from(l.leaf, 'UTF8')::json ->> 'oc' AS oc,
		coalesce(convert_from(l.side, 'UTF8')::json ->> 'reason', '')
		AS reason
	  FROM guichet.journal_line AS l JOIN guichet.grants AS g
	    ON g.id = l.grant_id
	 WHERE convert_from(l.leaf, 'UTF8')::json ->> 'ev' IN ('delivery.failed',
		'delivery.deferred', 'delivery.dead', 'delivery.acked')
	   AND g.purpose ~ '[0-9]$') AS v ORDER BY n, id`).split("\n")
	.filter(Boolean).map((l) => l.split("|")).map(([n, oc, ...reason]) =>
		[Number(n), { outcome: oc, why: reason.join("|") }]));
const memory = () => p.gateway.pids("push").reduce((n, pid) => n + Number(
	/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]), 0);

test("each row has its outcome", { timeout: 120000 }, async () => {
	connectAll();
	const began = Date.now();
	const seen = await p.until(async () => {
		await sleep(300);
		const v = verdicts();
		return v.size === hostile.rows.length && v;
	}, "a verdict for each row", 90000).catch((e) => {
		const v = verdicts();
		throw new Error(hostile.rows.filter((_, i) => !v.has(i))
			.map((r) => r.name).join("; ") + e.message.slice(0, 200));
	});
	const wrong = hostile.rows.map((r, i) => [r, seen.get(i)])
		.filter(([r, v]) => !r.outcome.split(" or ").includes(v.outcome) ||
			(r.why && !r.why.test(v.why.replace(
				new RegExp(`^${v.outcome}: `), ""))))
		.map(([r, v]) => `${r.name}: ${v.outcome}, "${v.why}"`);
	assert.deepEqual(wrong, []);
	assert.ok(hostile.rows.length >= 60, String(hostile.rows.length));
	console.log(`# ${hostile.rows.length} rows, ${Date.now() - began} ms`);
});

test("nothing inside was reached", async () => {
	assert.equal(await hostile.trapped(), 0);
});

test("nobody's wait is longer than an hour, or shorter than none", () => {
	assert.equal(p.sql(`SELECT count(*) FROM guichet.subscription WHERE
		due > now() + interval '4 hours' OR due < now() - interval '1 hour'`),
		"0");
	const i = hostile.rows.findIndex((r) => /ten years/.test(r.name));
	assert.match(p.sql(`SELECT extract(epoch FROM s.due - now())::int BETWEEN
		3000 AND 4400 FROM guichet.subscription AS s JOIN guichet.grants AS g
		ON g.id = s.grant_id WHERE g.purpose ~ ' ${i}$'`), /^t$/);
});

// All of it once more; by how much the process has grown when it is over.
async function again() {
	const rss = memory();
	p.sql(`UPDATE guichet.subscription SET due = now(), attempts = 1,
		state = 'active' WHERE host LIKE '% %' AND state = 'dead'`);
	const n = good.seen.length, began = Date.now();
	p.sql(`UPDATE guichet.subscription SET cursor = NULL, due = now()
		WHERE host NOT LIKE '% %'`);
	await p.until(() => good.seen.length > n, "the neighbour", 20000);
	console.log(`# the neighbour after ${Date.now() - began} ms`);
	const busy = () => p.sql(`SELECT g.purpose, s.state, s.reason
		FROM guichet.subscription AS s JOIN guichet.grants AS g
		  ON g.id = s.grant_id
		 WHERE s.host LIKE '% %' AND (s.lease_until IS NOT NULL OR
		       s.due < now() + interval '10 s')`);
	await p.until(async () => (await sleep(300), busy() === ""),
		"settled", 70000).catch((e) => {
		throw new Error(busy() + e.message.slice(0, 100));
	});
	return memory() - rss;
}

test("memory stays flat when all of it comes again, the neighbour served",
	{ timeout: 180000 }, async () => {
		// the second time fills what is kept of connections and sessions
		const grown = [await again(), await again()];
		console.log(`# grown by ${grown.join(", ")} KiB`);
		assert.ok(grown[1] < 4096, `${grown} KiB`);
		assert.equal(p.gateway.said(/died role=/), 0);
	});
