// SPDX-License-Identifier: Apache-2.0
// TLS at the edge, judged by Node's own client: versions, suites, ALPN,
// tickets across a restart, client certificates, fronts that are trusted.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate, createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { answers, connect, startEdge } from "../support/edge.mjs";

const dir = mkdtempSync(join(tmpdir(), "guichet-tls-"));
const pem = (name) => readFileSync(join(dir, name));
const thumbprint = (certificate) => createHash("sha256")
	.update(new X509Certificate(certificate).raw).digest("base64url");

function certificate(name, type) {
	const key = type === "rsa" ? ["rsa:2048"] :
		["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
	execFileSync("openssl", ["req", "-x509", "-newkey", ...key, "-nodes",
		"-keyout", join(dir, `${name}key.pem`), "-days", "2",
		"-out", join(dir, `${name}cert.pem`), "-subj", "/CN=localhost",
		"-addext", "subjectAltName=DNS:localhost"], { stdio: "ignore" });
}

let edge;
before(async () => {
	certificate("", "ec");
	certificate("client-", "ec");
	edge = await startEdge(`tls=${dir}`);
});
after(async () => {
	await edge.stop();
	rmSync(dir, { recursive: true });
});

// One request; what it brought, or the error.
function ask(options = {}, path = "/tell/x") {
	return new Promise((resolve) => {
		const seen = { text: "", sessions: [] };
		const socket = tls.connect({ host: "127.0.0.1", servername: "localhost",
			port: edge.ports[options.mtls ? "mtls" : "tls"], ca: pem("cert.pem"),
			ALPNProtocols: ["http/1.1"], ...options }, () => {
			seen.protocol = socket.getProtocol();
			seen.cipher = socket.getCipher().standardName;
			seen.alpn = socket.alpnProtocol;
			seen.reused = socket.isSessionReused();
			socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n` +
				"Connection: close\r\n\r\n");
		});
		socket.on("session", (s) => seen.sessions.push(s));
		socket.on("data", (d) => { seen.text += d.toString("latin1"); });
		socket.on("error", (e) => { seen.error = e.code; });
		socket.on("close", () => {
			seen.answer = answers(seen.text).list[0];
			resolve(seen);
		});
	});
}

test("TLS 1.3, http/1.1, HSTS", async () => {
	const r = await ask();
	assert.equal(r.protocol, "TLSv1.3");
	assert.equal(r.alpn, "http/1.1");
	assert.equal(r.answer.status, 200);
	assert.match(r.answer.fields["strict-transport-security"], /max-age=\d{8}/);
});

test("TLS 1.2 with the recommended suites only", async () => {
	const r = await ask({ maxVersion: "TLSv1.2" });
	assert.equal(r.protocol, "TLSv1.2");
	assert.match(r.cipher, /^TLS_ECDHE_(ECDSA|RSA)_WITH_AES_(128|256)_GCM/);
	for (const ciphers of ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256",
		"ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"])
		assert.ok((await ask({ maxVersion: "TLSv1.2", ciphers })).error, ciphers);
});

test("TLS 1.0 and 1.1 are refused", async () => {
	for (const v of ["TLSv1", "TLSv1.1"])
		assert.equal((await ask({ minVersion: v, maxVersion: v,
			ciphers: "ALL:@SECLEVEL=0" })).error,
		"ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
});

test("who speaks h2 only is told so; who names nothing is served", async () => {
	assert.ok((await ask({ ALPNProtocols: ["h2"] })).error);
	assert.equal((await ask({ ALPNProtocols: undefined })).answer.status, 200);
});

for (const version of ["TLSv1.2", "TLSv1.3"])
	test(`a ${version} session is resumed, even after a restart`, async () => {
		const first = await ask({ maxVersion: version });
		assert.equal(first.reused, false);
		const session = first.sessions.at(-1);
		assert.equal((await ask({ maxVersion: version, session })).reused, true);
		const old = edge;
		edge = await startEdge(`tls=${dir}`);
		await old.stop();
		const later = await ask({ maxVersion: version, session });
		assert.equal(later.reused, true);
		assert.equal(later.answer.status, 200);
	});

test("a large answer over TLS arrives whole", async () => {
	const r = await ask({}, "/large/3000000");
	assert.equal(r.answer.body.length, 3000000);
});

test("a client certificate is known by its thumbprint, resumed too", async () => {
	const own = { mtls: true, cert: pem("client-cert.pem"),
		key: pem("client-key.pem") };
	const wanted = thumbprint(own.cert);
	const first = await ask(own);
	assert.equal(first.answer.body.trim().split(" ").pop(), wanted);
	const again = await ask({ ...own, session: first.sessions.at(-1) });
	assert.equal(again.reused, true);
	assert.equal(again.answer.body.trim().split(" ").pop(), wanted);
	const none = await ask({ mtls: true });
	assert.equal(none.answer.body.trim().split(" ").pop(), "-");
	// a session of the listener that asks for none is of no use here
	const plain = await ask();
	const other = await ask({ mtls: true, session: plain.sessions.at(-1) });
	assert.ok(other.error || !other.reused);
});

const forwarded = () => ["X-Forwarded-For: 198.51.100.9, 203.0.113.5",
	"X-Forwarded-Proto: https",
	`X-Client-Cert: ${encodeURIComponent(pem("client-cert.pem"))}`];

async function askPlain(e, ...fields) {
	const c = connect(e.ports.listening);
	c.send(["GET /tell/x HTTP/1.1", "Host: a", "Connection: close", ...fields,
		"", ""].join("\r\n"));
	assert.ok(await c.until(() => c.ended));
	return answers(c.text).list[0];
}

test("a trusted front is believed", async () => {
	const front = await startEdge("proxies=127.0.0.0/8 203.0.113.0/24");
	const a = await askPlain(front, ...forwarded());
	const [, , , peer, cert] = a.body.trim().split(" ");
	assert.equal(peer, "198.51.100.9");
	assert.equal(cert, thumbprint(pem("client-cert.pem")));
	assert.ok(a.fields["strict-transport-security"]);
	// what stands before the last unknown address is hearsay
	const b = await askPlain(front, "X-Forwarded-For: 192.0.2.1, 198.51.100.9");
	assert.equal(b.body.split(" ")[3], "198.51.100.9");
	// nonsense changes nothing
	const n = await askPlain(front, "X-Forwarded-For: unknown",
		"X-Client-Cert: nonsense");
	assert.deepEqual(n.body.trim().split(" ").slice(3), ["127.0.0.1", "-"]);
	await front.stop();
});

test("nobody else is", async () => {
	const a = await askPlain(edge, ...forwarded());
	assert.deepEqual(a.body.trim().split(" ").slice(3), ["127.0.0.1", "-"]);
	assert.equal(a.fields["strict-transport-security"], undefined);
});
