// SPDX-License-Identifier: Apache-2.0
// The admin address: alive, ready or not and why, figures that Prometheus'
// own parser reads. And what outsiders are told while the database is away.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { startGateway } from "../support/gateway.mjs";
import { createDatabase, startPostgres } from "../support/postgres.mjs";

let postgres, gateway;
before(async () => {
	postgres = startPostgres();
	process.on("exit", postgres.remove);
	gateway = await startGateway({
		database: createDatabase("own", postgres.url),
		settings: { log: { level: "info" } } });
});
after(() => gateway.stop());

const ready = () => gateway.admin("/ready");
const part = (answer, name) => answer.json.parts.find((p) => p.name === name);

test("alive and ready", async () => {
	assert.deepEqual((await gateway.admin("/live")).json, { live: true });
	const r = await ready();
	assert.equal(r.status, 200);
	assert.equal(r.json.ready, true);
	assert.deepEqual(part(r, "own"),
		{ part: "database", name: "own", ready: true });
});

test("the two addresses do not answer for each other", async () => {
	for (const path of ["/live", "/ready", "/metrics"])
		assert.equal((await gateway.ask(path)).status, 404, path);
	assert.equal((await gateway.admin("/v1/datasets")).status, 404);
	assert.equal((await gateway.admin("/oauth/jwks")).status, 404);
});

// name and labels -> value, by Prometheus' own parser for Python
function figures(text) {
	const r = spawnSync("/usr/bin/python3", ["-c", `
import sys, json
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(json.dumps([[s.name, s.labels, s.value]
    for f in text_string_to_metric_families(sys.stdin.read())
    for s in f.samples]))`], { input: text, encoding: "utf8" });
	assert.equal(r.status, 0, r.stderr);
	return JSON.parse(r.stdout);
}

test("figures that Prometheus reads", async () => {
	for (let i = 0; i < 3; i++)
		await gateway.ask(`/v1/datasets/secret-${i}`);
	await gateway.ask("/nowhere/marguerite");
	// each worker tells its own; the answer sums them up
	await gateway.until(async () => {
		const list = figures((await gateway.admin("/metrics")).text);
		const get = (name, labels) => list.filter(([n, l]) => n === name &&
			Object.entries(labels).every(([k, v]) => l[k] === v))
			.reduce((sum, [, , v]) => sum + v, 0);
		return get("guichet_calls_total", { route: "/v1/datasets/{id}",
			status: "4xx" }) === 3 &&
			get("guichet_call_seconds_count", { route: "/v1/datasets/{id}" }) === 3 &&
			get("guichet_calls_total", { route: "-", status: "4xx" }) >= 1 &&
			get("guichet_tls_handshakes_full_total", { role: "web" }) > 0 &&
			get("guichet_database_connections", { role: "web" }) > 0;
	}, "figures");
	const a = await gateway.admin("/metrics");
	assert.match(a.headers["content-type"], /^application\/openmetrics-text; version=1\.0\.0/);
	assert.doesNotMatch(a.text, /secret|marguerite/);
});

test("the database is away: told, not hidden, nothing of it shown", async () => {
	postgres.stop();
	await gateway.until(async () => (await ready()).status === 503, "not ready");
	const r = await ready();
	assert.equal(r.json.ready, false);
	assert.equal(part(r, "own").ready, false);
	assert.equal((await gateway.admin("/live")).status, 200);

	const a = await gateway.ask("/v1/datasets", { headers: {
		authorization: `Bearer ${"x".repeat(43)}` } });
	assert.equal(a.status, 503);
	assert.match(a.headers["retry-after"], /^\d+$/);
	assert.equal(a.headers["content-type"], "application/problem+json");
	assert.match(a.json.call, /^[0-9a-f]{16}$/);
	assert.doesNotMatch(a.text, /SELECT|SQL|postgres|socket|\/tmp/i);
});

test("it comes back: ready again by itself", async () => {
	postgres.start();
	await gateway.until(async () => (await ready()).status === 200, "ready");
	// each worker comes back by itself, the one that told us maybe first
	await gateway.until(async () => (await gateway.ask("/v1/datasets", { headers: {
		authorization: `Bearer ${"x".repeat(43)}` } })).status === 401, "a token asked");
});
