// SPDX-License-Identifier: Apache-2.0
// The OpenAPI description: every route of the program and no other, nothing for
// a linter to say, and answers that are as it says.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { root } from "../support/ground.mjs";
import { startGranted } from "../support/granted.mjs";

const file = join(root, "gateway/pages/assets/openapi.json");
const described = JSON.parse(readFileSync(file));
let s;

before(async () => s = await startGranted({ customers: 3, days: 25 }),
	{ timeout: 60000 });
after(async () => assert.equal(await s?.stop(), 0));

// "GET /v1/grant" of every route in the sources but those of [admin].
function routes() {
	const dir = join(root, "gateway/routes"), all = new Set();
	for (const f of readdirSync(dir).filter((n) => /\.c$/.test(n) &&
		!n.startsWith("admin_")))
		for (const [, body] of readFileSync(join(dir, f), "utf8")
			.matchAll(/const struct route route_\w+ = \{(.*?)\};/gs)) {
			const [method, path] = [...body.matchAll(/"([^"]+)"/g)]
				.map((m) => m[1]);
			all.add(`${method} ${path.replace("*}", "}")}`);
		}
	return [...all].sort();
}

test("every route is described, and nothing else", () => {
	const said = Object.entries(described.paths).flatMap(([path, ops]) =>
		Object.keys(ops).map((m) => `${m.toUpperCase()} ${path}`)).sort();
	assert.ok(routes().length > 30);
	assert.deepEqual(said, routes());
});

test("a linter has nothing to say", () => {
	const r = spawnSync(process.execPath, [join(root,
		"tests/node_modules/@redocly/cli/bin/cli.js"), "lint", file,
	"--format", "json"], { encoding: "utf8", env: { ...process.env,
		REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" } });
	const told = JSON.parse(r.stdout.slice(r.stdout.indexOf("{")));
	assert.deepEqual(told.problems.map((p) => [p.ruleId, p.message]), []);
	assert.deepEqual(told.totals, { errors: 0, warnings: 0, ignored: 0 });
	assert.equal(r.status, 0);
});

test("it is served, with this counter's address", async () => {
	const r = await s.get("/developers/openapi.json", {});
	assert.equal(r.status, 200);
	assert.equal(r.json.servers[0].url, s.gateway.issuer);
	assert.deepEqual({ ...r.json, servers: 0 }, { ...described, servers: 0 });
});

test("answers are as it says", async () => {
	const ajv = new Ajv2020({ strict: false });
	formats(ajv);
	ajv.addSchema(described, "api");
	const holds = (name, value) => {
		const judge = ajv.compile({ $ref: `api#/components/schemas/${name}` });
		assert.ok(judge(value), `${name}: ${JSON.stringify(judge.errors)}`);
	};
	const g = s.grant(s.people[0], { from: "2020-01-01" });
	const api = "/v1/datasets/energy.load-curve";
	holds("Page", (await s.get(`${api}?limit=2`, g)).json);
	holds("Page", JSON.parse((await s.raw(`${api}/history`, g)).body));
	holds("DatasetList", (await s.get("/v1/datasets", g)).json);
	holds("Grant", (await s.get("/v1/grant", g)).json);
	for (const path of ["/v1/datasets/none", `${api}?limit=0`, "/v1/none"])
		holds("Problem", (await s.get(path, g)).json);
	assert.throws(() => holds("Page", { records: 1 }));
	// each field of an answer that is described is really described by name
	const told = described.paths["/v1/datasets/{id}"].get.responses[200].headers;
	const r = await s.get(`${api}?limit=2`, g);
	for (const name of ["etag", "ratelimit", "ratelimit-policy", "guichet-next",
		"guichet-more", "guichet-missing", "guichet-version"]) {
		assert.ok(r.headers[name], name);
		assert.ok(Object.keys(told).some((t) => t.toLowerCase() === name), name);
	}
});
