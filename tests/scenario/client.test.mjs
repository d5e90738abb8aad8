// SPDX-License-Identifier: Apache-2.0
// The outbound client against a server that is not ours: what it refuses to
// reach, what it refuses to believe, and where it stops listening.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { tools } from "../support/edge.mjs";

const dir = mkdtempSync(join(tmpdir(), "guichet-client-"));
const ca = join(dir, "cert.pem");
let server, base, requests = [], connections = 0;

before(async () => {
	execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-nodes", "-keyout", join(dir, "key.pem"),
		"-out", ca, "-days", "2", "-subj", "/CN=localhost",
		"-addext", "subjectAltName=DNS:localhost"], { stdio: "ignore" });
	server = https.createServer({ cert: readFileSync(ca),
		key: readFileSync(join(dir, "key.pem")) }, (q, a) => {
		let body = "";
		q.on("data", (d) => { body += d; });
		q.on("end", () => {
			requests.push({ method: q.method, url: q.url, headers: q.headers,
				body });
			const [, what, n] = q.url.split("/");
			if (what === "size")
				a.end("x".repeat(Number(n)));
			else if (what === "wait")
				setTimeout(() => a.end("late"), Number(n));
			else if (what === "moved")
				a.writeHead(302, { location: "/size/1" }).end();
			else if (what === "fields")
				a.writeHead(200, Object.fromEntries(Array.from(
					{ length: Number(n) }, (_, i) => [`x-${i}`, "y"]))).end();
			else
				a.writeHead(201, { "content-type": "text/x" }).end("made");
		});
	});
	server.on("connection", () => connections++);
	await new Promise((r) => server.listen(0, "127.0.0.1", r));
	base = `https://localhost:${server.address().port}`;
});
after(() => {
	server.closeAllConnections();
	server.close();
	rmSync(dir, { recursive: true });
});

// -> [[failure, status, length, type, why], ...] in the order of the URLs
async function ask(...args) {
	const { stdout } = await promisify(execFile)(join(tools, "ask"), args,
		{ env: { ...process.env, https_proxy: "http://127.0.0.1:1",
			HTTPS_PROXY: "http://127.0.0.1:1" } });
	return stdout.trim().split("\n").sort((a, b) =>
		parseInt(a, 10) - parseInt(b, 10)).map((l) => l.split(" ").slice(1));
}
const allowed = () => ["allow=127.0.0.0/8", `ca=${ca}`];

test("an answer, its status, its fields; no proxy from the environment",
	async () => {
		requests = [];
		const [r] = await ask(...allowed(), "PUT", "body=hello", `${base}/a`);
		assert.deepEqual(r.slice(0, 4), ["0", "201", "4", "text/x"]);
		assert.equal(requests[0].method, "PUT");
		assert.equal(requests[0].body, "hello");
		assert.equal(requests[0].headers["x-test"], "yes");
		assert.equal(requests[0].headers["content-type"], undefined);
		assert.equal(requests[0].headers.expect, undefined);
	});

test("each method as it is", async () => {
	for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "PROPFIND"]) {
		requests = [];
		const [r] = await ask(...allowed(), method, `${base}/a`);
		assert.equal(r[1], "201");
		assert.equal(requests[0].method, method);
	}
});

test("an address that is not public is not reached", async () => {
	connections = 0;
	const port = server.address().port;
	const hosts = ["localhost", "127.0.0.1", "2130706433", "0177.0.0.1",
		"0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0",
		"169.254.169.254", "10.0.0.1", "[fe80::1]", "[64:ff9b::7f00:1]"];
	const urls = hosts.map((h) => `https://${h}:${port}/`);
	for (const [i, r] of (await ask(...urls)).entries())
		assert.equal(r[0], "E_DENIED", hosts[i]);
	assert.equal(connections, 0);
});

test("nor one outside what is allowed", async () => {
	const port = server.address().port;
	const [a, b] = await ask("allow=127.0.0.2 10.0.0.0/8", `ca=${ca}`,
		`https://localhost:${port}/`, `https://127.0.0.3:${port}/`);
	assert.equal(a[0], "E_DENIED");
	assert.equal(b[0], "E_DENIED");
});

test("only https, no credentials, no fragment", async () => {
	const list = await ask(...allowed(), base.replace("https", "http"),
		"ftp://localhost/x", "file:///etc/passwd", base.replace("//", "//u:p@"),
		`${base}/#x`, `${base}/a b`, "https:///x");
	assert.deepEqual(list.map((r) => r[0]), Array(7).fill("E_BAD_INPUT"));
});

test("a certificate nobody vouches for, or of another name", async () => {
	const [a] = await ask("allow=127.0.0.0/8", `${base}/a`);
	assert.equal(a[0], "E_UNAVAILABLE");
	const [b] = await ask(...allowed(), base.replace("localhost", "127.0.0.1"));
	assert.equal(b[0], "E_UNAVAILABLE");
	assert.match(b.join(" "), /certificate/);
});

test("a redirect is an answer, not a way", async () => {
	requests = [];
	const [r] = await ask(...allowed(), `${base}/moved`);
	assert.deepEqual(r.slice(0, 2), ["0", "302"]);
	assert.equal(requests.length, 1);
});

test("64 kB are heard, no more; nor endless fields", async () => {
	const [a, b, c] = await ask(...allowed(), `${base}/size/65536`,
		`${base}/size/65537`, `${base}/fields/150`);
	assert.deepEqual(a.slice(0, 3), ["0", "200", "65536"]);
	assert.equal(b[0], "E_TOO_LARGE");
	assert.equal(c[0], "E_TOO_LARGE");
});

test("one deadline for all of it", async () => {
	const began = Date.now();
	const [a, b] = await ask(...allowed(), "deadline=500", `${base}/wait/3000`,
		`${base}/wait/1`);
	assert.equal(a[0], "E_TIMEOUT");
	assert.equal(b[1], "200");
	assert.ok(Date.now() - began < 2000);
});

test("nobody there", async () => {
	const [r] = await ask(...allowed(), "https://localhost:1/");
	assert.equal(r[0], "E_UNAVAILABLE");
});

test("many at once, few connections to one host", async () => {
	connections = 0;
	const list = await ask(...allowed(), "deadline=20000",
		...Array.from({ length: 300 }, (_, i) => `${base}/n/${i}`));
	assert.deepEqual(new Set(list.map((r) => r[1])), new Set(["201"]));
	assert.ok(connections <= 64, `${connections} connections`);	// PER_HOST_MAX
});
