// SPDX-License-Identifier: Apache-2.0
// What an operator sees: the shipped Prometheus settings, alerts and Grafana
// dashboard, judged by Prometheus itself on what a gateway really exports.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask, startGateway, until } from "../support/gateway.mjs";
import { freePorts, root, temporary } from "../support/ground.mjs";

const shipped = join(root, "deploy/prometheus");
const rules = readFileSync(join(shipped, "guichet.rules.yml"), "utf8");
const dashboard = JSON.parse(readFileSync(join(root,
	"deploy/grafana/guichet.json"), "utf8"));
let g, prometheus, port;

before(async () => {
	const dir = temporary();
	[port] = await freePorts(1);
	g = await startGateway({ settings: { log: { level: "info" } } });
	copyFileSync(join(shipped, "guichet.rules.yml"),
		join(dir, "guichet.rules.yml"));
	writeFileSync(join(dir, "prometheus.yml"),
		readFileSync(join(shipped, "prometheus.yml"), "utf8")
			.replace("127.0.0.1:9464", g.settings.admin.listen)
			.replace("scrape_interval: 15s",
				"scrape_interval: 1s\n  evaluation_interval: 1s"));
	prometheus = spawn("prometheus", [`--config.file=${dir}/prometheus.yml`,
		`--storage.tsdb.path=${dir}/data`,
		`--web.listen-address=127.0.0.1:${port}`, "--log.level=error"],
		{ stdio: ["ignore", "inherit", "inherit"] });
	process.on("exit", () => prometheus.kill("SIGKILL"));
});
after(async () => {
	prometheus.kill("SIGKILL");
	await g.stop();
});

const query = async (expr) => {
	const r = await ask(`http://127.0.0.1:${port}/api/v1/query?query=${
		encodeURIComponent(expr)}`);
	assert.equal(r.status, 200, `${expr}: ${r.text}`);
	return r.json.data.result;
};

test("promtool: the rules are rules, sleep and wake as told", () => {
	for (const [verb, file] of [["check rules", "guichet.rules.yml"],
		["test rules", "guichet.test.yml"]])
		execFileSync("promtool", [...verb.split(" "), join(shipped, file)]);
});

test("a call tells the wider story it is part of, if that is one", async () => {
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
	for (const parent of [`00-${trace}-00f067aa0ba902b7-01`, `00-${trace}-0-01`])
		await g.ask("/nowhere", { headers: { traceparent: parent } });
	await g.until(() => g.said(/call=\w+ - - 404 /) >= 2, "both lines");
	assert.equal(g.said(new RegExp(`call=\\w{16} - - 404 .* trace=${trace}\n`)), 1);
	assert.equal(g.said("trace="), 1);
});

test("every series that alerts and dashboard name is exported", async () => {
	await g.ask("/nowhere");
	await until(async () => (await query("up").catch(() => []))[0]?.value[1] ===
		"1", "a scrape", 20000);
	const text = rules + JSON.stringify(dashboard);
	const names = [...new Set(text.match(/guichet_[a-z_]+/g))]
		.filter((n) => n !== "guichet_connections,");
	assert.ok(names.length > 15);
	const known = await until(async () => {
		const all = (await ask(`http://127.0.0.1:${port}/api/v1/label/__name__/values`))
			.json.data;
		return all.includes("guichet_call_seconds_bucket") && all;
	}, "series", 20000);
	assert.deepEqual(names.filter((n) => !known.includes(n)), []);
});

test("every panel's question is one, and has an answer", async () => {
	for (let i = 0; i < 20; i++)
		await g.ask("/oauth/jwks");
	await new Promise((done) => setTimeout(done, 3000));
	const without = [];
	for (const p of dashboard.panels)
		for (const t of p.targets) {
			const expr = t.expr.replaceAll("$__rate_interval", "1m")
				.replaceAll("$instance", ".*");
			if (!(await query(expr)).length)
				without.push(`${p.title}: ${expr}`);
		}
	assert.deepEqual(without, []);
});

test("no alert for a gateway that is well but for its short certificate",
	async () => {
	const r = await ask(`http://127.0.0.1:${port}/api/v1/rules`);
	const all = r.json.data.groups[0].rules;
	assert.equal(all.length, 13);
	for (const one of all) {
		assert.equal(one.health, "ok", `${one.name}: ${one.lastError}`);
		assert.equal(one.state, one.name === "GuichetCertificate" ? "firing" :
			"inactive", one.name);
		assert.ok(one.annotations.what_to_do);
	}
});
