// SPDX-License-Identifier: Apache-2.0
// What is shipped beside the program: the systemd unit, judged by systemd; the
// Kubernetes manifests, judged by their published schemas (they were not run
// here); every file the settings in them name.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as apps from "kubernetes-models/apps/v1";
import * as core from "kubernetes-models/v1";
import * as networking from "kubernetes-models/networking.k8s.io/v1";
import * as policy from "kubernetes-models/policy/v1";
import { parseAllDocuments } from "yaml";
import { guichet, root, temporary, writeSettings } from "../support/ground.mjs";

const unit = join(root, "deploy/systemd/guichet.service");
const systemd = { skip: spawnSync("systemd-analyze", ["--version"]).status === 0 ?
	false : "systemd-analyze is not installed" };

test("the unit is exposed at 1.5 at most", systemd, () => {
	const r = spawnSync("systemd-analyze", ["security", "--offline=yes",
		"--threshold=15", unit], { encoding: "utf8" });
	const level = /exposure level for guichet\.service: ([0-9.]+)/
		.exec(r.stdout);
	assert.ok(level, r.stdout + r.stderr);
	assert.ok(Number(level[1]) <= 1.5, level[0]);
	assert.equal(r.status, 0);
});

test("the signer's unit is exposed less, and has no network", systemd, () => {
	const file = join(root, "deploy/systemd/guichet-signer.service");
	const r = spawnSync("systemd-analyze", ["security", "--offline=yes",
		"--threshold=12", file], { encoding: "utf8" });
	assert.match(r.stdout, /exposure level for guichet-signer\.service: [0-9.]+/);
	assert.equal(r.status, 0, r.stdout.split("\n").slice(-3).join());
	const text = readFileSync(file, "utf8");
	for (const line of ["Type=notify", "User=guichet-signer",
		"PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX"])
		assert.ok(text.includes(line), line);
});

test("the unit checks before it reloads, notifies, and stays down on 78", () => {
	const text = readFileSync(unit, "utf8");
	const at = (line) => text.indexOf(line);
	for (const line of ["Type=notify", "WatchdogSec=",
		"RestartPreventExitStatus=78", "LimitNOFILE="])
		assert.ok(at(line) > 0, line);
	assert.ok(at("ExecReload=/usr/bin/guichet check") > 0);
	assert.ok(at("ExecReload=/usr/bin/guichet check") <
		at("ExecReload=/bin/kill -HUP"));
});

const manifests = readdirSync(join(root, "deploy/kubernetes"))
	.filter((f) => f.endsWith(".yaml"))
	.flatMap((f) => parseAllDocuments(readFileSync(join(root,
		"deploy/kubernetes", f), "utf8")).map((d) => d.toJS()));
const of = (kind) => manifests.find((m) => m.kind === kind);

test("every manifest fits its schema, and a wrong one would not", () => {
	const kinds = { "apps/v1": apps, v1: core, "networking.k8s.io/v1": networking,
		"policy/v1": policy };
	for (const m of manifests) {
		const Kind = kinds[m.apiVersion]?.[m.kind];
		assert.ok(Kind, `${m.apiVersion} ${m.kind}`);
		new Kind(m).validate();
	}
	const wrong = structuredClone(of("Deployment"));
	wrong.spec.replicas = "two";
	assert.throws(() => new apps.Deployment(wrong).validate());
	for (const kind of ["Deployment", "Service", "NetworkPolicy",
		"PodDisruptionBudget", "ConfigMap"])
		assert.ok(of(kind), kind);
});

test("the pod: nobody's root, a root that cannot be written, probes", () => {
	const pod = of("Deployment").spec.template.spec, [c] = pod.containers;
	assert.equal(pod.securityContext.runAsNonRoot, true);
	assert.equal(pod.securityContext.seccompProfile.type, "RuntimeDefault");
	assert.equal(pod.automountServiceAccountToken, false);
	assert.deepEqual(c.securityContext, { allowPrivilegeEscalation: false,
		readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
	assert.equal(c.readinessProbe.httpGet.path, "/ready");
	assert.equal(c.livenessProbe.httpGet.path, "/live");
	assert.ok(c.resources.limits.memory);
	const volumes = new Set(pod.volumes.map((v) => v.name));
	for (const m of c.volumeMounts)
		assert.ok(volumes.has(m.name), m.name);
});

test("the settings in the manifests are settings", () => {
	const file = join(temporary(), "guichet.conf");
	writeSettings(file, {});
	const text = of("ConfigMap").data["guichet.conf"]
		.replace(/^tls_.*$/gm, "");
	spawnSync("tee", [file], { input: text });
	const r = guichet("check", "--files", "--config", file);
	assert.doesNotMatch(r.err, /error E1\d\d/, r.err);
});

test("the container file starts as nobody's root, with the package", () => {
	const text = readFileSync(join(root, "deploy/container/Containerfile"),
		"utf8");
	assert.match(text, /^USER guichet$/m);
	assert.match(text, /^ENTRYPOINT \["guichet"\]$/m);
});
