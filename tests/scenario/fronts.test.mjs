// SPDX-License-Identifier: Apache-2.0
// The shipped nginx and HAProxy examples, started as they are but for ports and
// files. Whatever is sent to a front, the edge sees as many requests as the
// front says it passed on, and the next honest client gets its own answer: so
// the two never read the same bytes as a different number of requests (request
// smuggling, RFC 9112 11.2). A certificate is handed over, and nobody can claim
// one, nor an address.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { answers, startEdge } from "../support/edge.mjs";
import { certificates, freePorts, root, temporary } from "../support/ground.mjs";
import { cases } from "../support/hostile.mjs";

const dir = temporary();
const files = certificates(dir);
const shipped = (name) => readFileSync(join(root, "deploy", name), "utf8");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
writeFileSync(join(dir, "both.pem"), readFileSync(files.certificate, "utf8") +
	readFileSync(files.key, "utf8"));

// a client certificate that no authority of the front's knows
execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
	"ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=pims",
	"-keyout", join(dir, "pims.key"), "-out", join(dir, "pims.pem")],
	{ stdio: "ignore" });
const pims = { key: readFileSync(join(dir, "pims.key")),
	cert: readFileSync(join(dir, "pims.pem")) };
const thumbprint = createHash("sha256").update(new X509Certificate(pims.cert)
	.raw).digest("base64url");

// A TLS connection and what it received, as support/edge.mjs has them; head:
// bytes sent before the handshake (the PROXY protocol).
function connect(port, options = {}, head = "") {
	const raw = net.connect(port, "127.0.0.1");
	raw.on("error", () => {});
	if (head)
		raw.write(head);
	const socket = tls.connect({ socket: raw, ca: readFileSync(files.ca),
		servername: "localhost", ...options });
	const c = { socket, text: "", ended: false };
	socket.on("data", (d) => { c.text += d.toString("latin1"); });
	for (const e of ["end", "close"])
		socket.on(e, () => { c.ended = true; });
	socket.on("error", (e) => { c.ended = true; c.error = e; });
	c.send = (bytes) => socket.write(Buffer.from(bytes, "latin1"));
	c.until = async (fits, ms = 3000) => {
		for (const end = Date.now() + ms; !fits() && Date.now() < end;)
			await pause(5);
		return fits();
	};
	return c;
}

let edge;
const running = [];
const stop = (child) => child.kill("SIGKILL");
process.on("exit", () => running.forEach(stop));
before(async () => {
	edge = await startEdge("idle=20000", "head=5000", "proxies=127.0.0.1");
});
after(async () => {
	running.forEach(stop);
	await edge.stop();
});

// Lines of the shipped file that must change on this machine; each must be
// there, so that the test cannot drift from the file.
function put(text, changes) {
	for (const [from, to] of changes) {
		assert.ok(text.includes(from), `not in the example: ${from}`);
		text = text.replaceAll(from, to);
	}
	return text;
}

async function startNginx(proxy) {
	const [port, mtls] = await freePorts(2);
	const at = join(dir, proxy ? "nginx-proxy" : "nginx");
	execFileSync("mkdir", ["-p", at]);
	let text = put(shipped("nginx/guichet.conf"), [
		["server 127.0.0.1:8080;", `server 127.0.0.1:${edge.ports.listening};`],
		["/etc/ssl/guichet/fullchain.pem", files.certificate],
		["/etc/ssl/guichet/key.pem", files.key],
		["/var/log/nginx/guichet.log", `${at}/passed`],
		["server_name guichet.example.org", "server_name localhost"],
		["server_name mtls.guichet.example.org", "server_name mtls"]]);
	if (proxy)
		text = put(text.replace("	listen 443 ssl;\n", ""),
			[["#listen 443", "listen 443"], ["#set_real", "set_real"],
			["#real_ip_header", "real_ip_header"]]);
	text = text.replace(/^\tlisten 443/m, `\tlisten 127.0.0.1:${port}`)
		.replace(/^\tlisten 443/m, `\tlisten 127.0.0.1:${mtls}`);
	writeFileSync(join(at, "nginx.conf"), `
		${process.getuid() === 0 ? "user root;" : ""}
		daemon off; master_process off; pid ${at}/pid; error_log ${at}/error;
		events {}
		http { client_body_temp_path ${at}/b; proxy_temp_path ${at}/p;
			fastcgi_temp_path ${at}/f; uwsgi_temp_path ${at}/u;
			scgi_temp_path ${at}/s; keepalive_timeout 2s;
			${text} }`);
	running.push(spawn("/usr/sbin/nginx", ["-p", at, "-c",
		join(at, "nginx.conf")], { stdio: ["ignore", "ignore", "inherit"] }));
	return { port, mtls, proxy, passed: () => (readFileSync(`${at}/passed`,
		"utf8").match(/upstream=127/g) ?? []).length };
}

async function startHaproxy(proxy) {
	const [port, mtls, admin] = await freePorts(3);
	// the edge has no admin address; somebody must say that it is ready
	const ready = spawn(process.execPath, ["-e", `require("http")
		.createServer((q, a) => a.end("{}")).listen(${admin}, "127.0.0.1")`]);
	let text = put(shipped("haproxy/haproxy.cfg"), [
		["log /dev/log local0", "log stdout format raw local0"],
		["127.0.0.1:8080 check port 9464", `127.0.0.1:${edge.ports.listening
			} check port ${admin}`],
		["/etc/ssl/guichet/both.pem", join(dir, "both.pem")],
		["maxconn 20000", "maxconn 2000"], ["bind :444", `bind 127.0.0.1:${mtls}`]]);
	if (proxy)
		text = put(text.replace(/\tbind :443 ssl[^\n]*\n/, ""),
			[["#bind :443 accept-proxy", "bind :443 accept-proxy"]]);
	text = text.replaceAll("bind :443", `bind 127.0.0.1:${port}`);
	const file = join(dir, proxy ? "haproxy-proxy.cfg" : "haproxy.cfg");
	writeFileSync(file, text);
	const r = spawnSync("haproxy", ["-c", "-f", file], { encoding: "utf8" });
	assert.equal(r.status, 0, r.stderr);
	assert.doesNotMatch(r.stderr, /WARNING/);
	const child = spawn("haproxy", ["-db", "-f", file],
		{ stdio: ["ignore", "pipe", "inherit"] });
	let log = "";
	child.stdout.on("data", (d) => { log += d; });
	running.push(ready, child);
	return { port, mtls, proxy,
		passed: () => (log.match(/server=one /g) ?? []).length };
}

const ask = (path, ...more) => [`GET ${path} HTTP/1.1`, "Host: localhost",
	...more, "Connection: close", "", ""].join("\r\n");
const head = (f) => f.proxy ?
	`PROXY TCP4 203.0.113.9 127.0.0.1 4000 ${f.port}\r\n` : "";

async function answer(front, port, path, fields = [], options = {}) {
	const c = connect(port, options, port === front.port ? head(front) : "");
	c.send(ask(path, ...fields));
	await c.until(() => c.ended);
	return answers(c.text).list[0] ?? { error: c.error, text: c.text };
}

async function up(front) {
	for (let i = 0; i < 100; i++, await pause(50))
		if ((await answer(front, front.port, "/ping"))?.status === 200)
			return front;
	throw new Error("the front does not answer");
}

// Requests the edge saw; both count from when the front is up.
const seen = () => (edge.log.match(/call=[0-9a-f]{16} /g) ?? []).length;

// Until the edge has seen as many requests more than at first as the front
// passed on; and whether it came to that.
async function agree(front) {
	for (let i = 0; i < 200 && seen() - front.passed() !== front.apart; i++)
		await pause(10);
	return seen() - front.passed() === front.apart;
}

// The front answers, ends, or waits for more. It notes as passed on what it was
// about to send when we left: so whoever disagrees is asked again, with more
// patience.
async function sameCountOf(front, one) {
	for (const patience of [400, 4000]) {
		const before = seen(), c = connect(front.port, {}, head(front));
		c.send(one.bytes);
		await c.until(() => c.ended || answers(c.text).list.length >=
			one.statuses.length, patience);
		c.socket.destroy();
		if (await agree(front))
			return seen() > before;
		front.apart = seen() - front.passed();
	}
	assert.fail(`${one.what}: not as many seen as passed on`);
}

async function sameCount(t, front) {
	await pause(100);
	front.apart = seen() - front.passed();
	let reached = 0;
	for (const one of cases) {
		reached += await sameCountOf(front, one);
		const honest = await answer(front, front.port, "/tell/honest");
		assert.match(honest?.body ?? "", /^honest /, one.what);
		assert.ok(await agree(front), one.what);
	}
	t.diagnostic(`${cases.length} cases, ${reached} reached the edge`);
	assert.ok(reached > 30, `only ${reached} reached the edge`);
}

async function handsOver(front) {
	const spoof = ["X-Client-Cert: " + encodeURIComponent(pims.cert.toString()),
		"X-Forwarded-For: 198.51.100.7"];
	const plain = await answer(front, front.port, "/tell/me", spoof);
	assert.equal(plain.body, "me - - 127.0.0.1 -\n");
	const shown = await answer(front, front.mtls, "/tell/me", spoof,
		{ ...pims, servername: "mtls", checkServerIdentity: () => undefined });
	assert.equal(shown.body ?? shown.error, `me - - 127.0.0.1 ${thumbprint}\n`);
	const none = await answer(front, front.mtls, "/tell/me", spoof,
		{ servername: "mtls", checkServerIdentity: () => undefined });
	assert.equal(none.body, "me - - 127.0.0.1 -\n");
}

for (const [name, start] of [["nginx", startNginx], ["haproxy", startHaproxy]]) {
	test(`${name}: one count, a certificate handed over, none claimed`,
		async (t) => {
		const front = await up(await start(false));
		await handsOver(front);
		await sameCount(t, front);
	});
	test(`${name}: behind the PROXY protocol the client's address counts`,
		async () => {
		const front = await up(await start(true));
		const a = await answer(front, front.port, "/tell/me",
			["X-Forwarded-For: 198.51.100.7"]);
		assert.equal(a.body, "me - - 203.0.113.9 -\n");
	});
}
