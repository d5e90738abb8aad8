// SPDX-License-Identifier: Apache-2.0
// A PIMS that misbehaves in every way we could think of, one port for each.
// A row: name, how it behaves, and what the gateway must make of it: the first
// outcome, and the reason it notes.
//
//	const h = await startHostile({ dir, ca, caKey });
//	h.rows		[{ name, address, outcome, why }]
//	await h.trapped()	connections that reached what must never be reached
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer as plain } from "node:net";
import { createServer as secure } from "node:tls";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker, isMainThread, parentPort, workerData }
	from "node:worker_threads";
import { gzipSync } from "node:zlib";

export const HOST = "127.0.0.2";

// ---- what is said ----

const head = (status, fields = {}) => `HTTP/1.1 ${status} Said\r\n` +
	Object.entries(fields).map(([k, v]) => `${k}: ${v}\r\n`).join("") + "\r\n";
const said = (status, body = "", fields = {}) => head(status,
	{ "Content-Length": Buffer.byteLength(body), ...fields }) + body;
const json = (status, value, fields) => said(status, JSON.stringify(value),
	{ "Content-Type": "application/json", ...fields });
const flood = async (s, piece, every = 0) => {
	while (s.writable) {		// a write after the end says no false
		if (s.write(piece) !== true)
			await Promise.race([s.drained(), sleep(200)]);
		if (every)
			await sleep(every);
	}
};
const drip = async (s, text, every) => {
	for (const c of text) {
		if (!s.writable)
			return;
		s.write(c);
		await sleep(every);
	}
};
const end = (text) => (s) => s.end(text);
const keys = (r) => JSON.parse(r.body).keys;
const unknown = (r) => ({ rows: keys(r).map((key) =>
	({ key, error: "not_found" })) });

// Knows nothing of ours when asked; then act answers what follows.
const then = (act) => (s, r) => r.path.endsWith("/_all_docs") ?
	s.write(json(200, unknown(r))) : act(s, r);
// An expired key; what its renewal answers; the same again afterwards.
const EXPIRED = () => json(400, { error: "code=400, message=Expired token" },
	{ "WWW-Authenticate": 'Bearer error="invalid_token"' });
const renewing = (answer) => (s, r) => s.write(
	r.path === "/auth/access_token" ? answer() : EXPIRED());

const LATER = (why) => ["later", why];
const timeout = LATER(/^timeout$/), large = LATER(/^answer too large$/);
const cut = LATER(/^unreachable: /), weird = LATER(/^answer not understood$/);
const status = (n, outcome, more = {}) => [`status ${n}`,
	end(said(n, "", more)), [outcome, new RegExp(`^http ${n}$`)]];
const redirect = (n, to, outcome) => [`${n} to ${to}`,
	end(said(n, "", { Location: to })), [outcome,
	new RegExp(`^http ${n}$`)]];
const wait = (name, value) => [`Retry-After ${name}`,
	end(said(503, "", { "Retry-After": value })), LATER(/^http 503$/)];

export const behaviours = [
	// slow
	["never answers", () => {}, timeout],
	["a status line, a byte each 100 ms", (s) => drip(s,
		"HTTP/1.1 200 " + "x".repeat(150), 100), timeout],
	["half a head, then silence", (s) => s.write("HTTP/1.1 200 OK\r\nX-A"),
		timeout],
	["a field each 50 ms, for ever", async (s) => {
		s.write("HTTP/1.1 200 OK\r\n");
		await flood(s, "X-More: yes\r\n", 50);
	}, timeout],
	["a body, a byte each 100 ms", async (s) => {
		s.write(head(200, { "Content-Length": 60000 }));
		await drip(s, "x".repeat(200), 100);
	}, timeout],
	["a chunk each 50 ms, for ever", async (s) => {
		s.write(head(200, { "Transfer-Encoding": "chunked" }));
		await flood(s, "1\r\nx\r\n", 50);
	}, timeout],
	["an answer after the deadline", async (s) => {
		await sleep(4600);
		s.end(json(200, { rows: [] }));
	}, timeout],
	["100 Continue each 20 ms, for ever", (s) => flood(s,
		"HTTP/1.1 100 Continue\r\n\r\n", 20), timeout],
	// too much
	["100 MB, announced", async (s) => {
		s.write(head(200, { "Content-Length": 1e8 }));
		await flood(s, "x".repeat(65536));
	}, large],
	["100 MB, in chunks", async (s) => {
		s.write(head(200, { "Transfer-Encoding": "chunked" }));
		await flood(s, `10000\r\n${"x".repeat(65536)}\r\n`);
	}, large],
	["a body without an end", async (s) => {
		s.write(head(200));
		await flood(s, "x".repeat(65536));
	}, large],
	["a gzip bomb", end(Buffer.concat([Buffer.from(head(200,
		{ "Content-Encoding": "gzip", "Content-Length": gzipSync(
			Buffer.alloc(2e7)).length })), gzipSync(Buffer.alloc(2e7))])),
		weird],
	["fields without an end", async (s) => {
		s.write("HTTP/1.1 200 OK\r\n");
		await flood(s, "X-More: yes\r\n".repeat(1000));
	}, large],
	["a field of 1 MB", end(head(200, { "X-Long": "x".repeat(1e6) })),
		LATER(/^answer too large$|^unreachable: /)],
	["a hundred and one fields", end(head(200, Object.fromEntries(Array.from(
		{ length: 101 }, (_, i) => [`X-${i}`, "y"])))), large],
	["1xx without an end", (s) => flood(s,
		"HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n".repeat(100)), large],
	["trailers without an end", async (s) => {
		s.write(head(200, { "Transfer-Encoding": "chunked" }) + "0\r\n");
		await flood(s, "X-More: yes\r\n".repeat(1000));
	}, LATER(/^answer too large$|^unreachable: |^timeout$/)],
	// broken framing
	["two Content-Lengths", end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n" +
		"Content-Length: 7\r\n\r\nhello"), LATER(/^unreachable|understood$/)],
	["a negative Content-Length", end(head(200, { "Content-Length": -5 })),
		LATER(/^unreachable|understood$/)],
	["a Content-Length beyond counting", end(head(200,
		{ "Content-Length": "9".repeat(40) }) + "x"),
		LATER(/^unreachable|understood$|too large$/)],
	["a Content-Length that is no number", end(head(200,
		{ "Content-Length": "five" }) + "hello"),
		LATER(/^unreachable|understood$/)],
	["a body shorter than announced", end(head(200,
		{ "Content-Length": 500 }) + "{}"), cut],
	["a chunk size that is none", end(head(200,
		{ "Transfer-Encoding": "chunked" }) + "zz\r\nhello\r\n"), cut],
	["a chunk size beyond counting", end(head(200,
		{ "Transfer-Encoding": "chunked" }) + `${"f".repeat(20)}\r\nx`), cut],
	["an end in the middle of a chunk", end(head(200,
		{ "Transfer-Encoding": "chunked" }) + "ff\r\nhello"), cut],
	["chunks without a last one", end(head(200,
		{ "Transfer-Encoding": "chunked" }) + "5\r\nhello\r\n"), cut],
	["an encoding nobody knows", end(head(200,
		{ "Transfer-Encoding": "weird" }) + "hello"),
		LATER(/^unreachable|understood$/)],
	["no HTTP at all", end("220 mail.example ESMTP\r\n"), ["refused",
		/^not understood$/]],
	["noise", end(Buffer.alloc(4000, 0xa5)), ["refused", /^not understood$/]],
	["an answer of HTTP/2", end(Buffer.from("000012040000000000", "hex")),
		["refused", /^not understood$/]],
	["an empty answer", end(""), cut],
	["a status of four digits", end("HTTP/1.1 2000 OK\r\n\r\n"),
		["later or refused", /./]],
	["a NUL in a field", end("HTTP/1.1 200 OK\r\nX: a\0b\r\n" +
		"Content-Length: 2\r\n\r\n{}"), LATER(/^unreachable|understood$/)],
	["switching protocols", end(head(101, { Upgrade: "h2c" })),
		LATER(/^unreachable|^http 101$|^timeout$/)],
	["a reset", (s) => s.destroy(), cut],
	// never followed
	redirect(301, "https://127.0.0.1:TRAP/", "moved"),
	redirect(302, "https://127.0.0.1:TRAP/", "refused"),
	redirect(303, "http://127.0.0.1:TRAP/", "refused"),
	redirect(307, "https://[::ffff:127.0.0.1]:TRAP/", "moved"),
	redirect(308, "https://localhost:TRAP/", "moved"),
	redirect(302, "http://169.254.169.254/latest/meta-data/", "refused"),
	redirect(302, "file:///etc/passwd", "refused"),
	redirect(302, "gopher://127.0.0.1:TRAP/_x", "refused"),
	["300 with a refresh", end(said(300, "", { Refresh:
		"0; url=https://127.0.0.1:TRAP/" })), LATER(/^http 300$/)],
	// statuses
	status(204, "later"), status(400, "refused"), status(402, "refused"),
	status(403, "gone"), status(405, "refused"), status(409, "conflict"),
	status(410, "moved"), status(412, "conflict"), status(413, "refused"),
	status(418, "later"), status(421, "later"), status(425, "later"),
	status(429, "later"), status(451, "later"), status(500, "later"),
	status(502, "later"), status(503, "later"), status(504, "later"),
	status(507, "refused"), status(599, "later"), status(999, "later"),
	["401 always", end(said(401)), ["reauth", /^http 401$/]],
	// waits
	wait("beyond counting", "9".repeat(30)), wait("of ten years", 315360000),
	wait("negative", -5), wait("of nonsense", "soon"),
	wait("in the past", "Thu, 01 Jan 1970 00:00:00 GMT"),
	wait("in the year 9999", "Fri, 31 Dec 9999 23:59:59 GMT"),
	wait("empty", ""), wait("with a fraction", "0.5"),
	// lies
	["HTML with 200", end(said(200, "<h1>Welcome</h1>")), weird],
	["nothing with 200", end(said(200)), weird],
	["JSON with a member twice", end(said(200, '{"rows":[],"rows":[]}')),
		weird],
	["JSON nested without an end", end(said(200, "[".repeat(60000))), weird],
	["rows that are none", end(json(200, { rows: null })), weird],
	["rows of others", end(json(200, { rows: Array(99).fill({ key: "x" }) })),
		weird],
	["a revision of 10 kB", (s, r) => s.write(r.path.endsWith("_all_docs") ?
		json(200, { rows: keys(r).map((key) => ({ key, value: { rev:
			"9-" + "f".repeat(10000) } })) }) : said(500)), LATER(/^http 500$/)],
	["everything was deleted", (s, r) => s.write(json(200, { rows: keys(r)
		.map((key) => ({ key, value: { deleted: true, rev: "2-x" } })) })),
		["already", null]],
	["written: an object", then((s) => s.write(json(201, {}))), weird],
	["written: too few", then((s) => s.write(json(201, []))), weird],
	["written: too many", then((s, r) => s.write(json(201, [
		...JSON.parse(r.body).docs, {}].map(() => ({ ok: true }))))), weird],
	["written: neither yes nor no", then((s, r) => s.write(json(201,
		JSON.parse(r.body).docs.map(() => ({}))))), weird],
	["written: ok in words", then((s, r) => s.write(json(201,
		JSON.parse(r.body).docs.map(() => ({ ok: "true" }))))), weird],
	["written: cut before the end", then((s) => s.end(head(201,
		{ "Content-Length": 100 }) + "[")), cut],
	["a conflict that never ends", then((s, r) => s.write(
		r.path.endsWith("_bulk_docs") ? json(201, JSON.parse(r.body).docs
			.map((d) => ({ id: d._id, error: "conflict" }))) :
		r.method === "GET" ? json(200, { _rev: "3-a" }) : json(409, {}))),
		["conflict", /^changed there all the time$/]],
	["keys that expire at once", renewing(() => json(200,
		{ access_token: "new" })), ["reauth", /^keys refused$/]],
	["keys renewed into nothing", renewing(() => json(200, {})),
		LATER(/^http 200$/)],
	["we are not registered", renewing(() => json(400, { error:
		"the client must be registered" })), ["gone",
		/^disconnected there$/]],
	["renewal refused", renewing(() => json(400, { error:
		"invalid refresh token" })), ["reauth", /^keys refused$/]],
	["renewal without an end", renewing(() => head(200,
		{ "Content-Length": 1e8 }) + "x".repeat(70000)), large],
];

// ---- TLS ----

const openssl = (...args) => execFileSync("openssl", args,
	{ stdio: ["ignore", "pipe", "ignore"] });

// A certificate of this CA, or of itself; days < 0: it has ended.
function certificate(dir, name, { ca, caKey, san = `IP:${HOST}`, days = 2,
	subject = `/CN=${HOST}`, extra = "", self = false } = {}) {
	const f = (end) => join(dir, `${name}.${end}`);
	const ext = (san ? `subjectAltName=${san}\n` : "") + extra;
	openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-nodes", "-subj", subject, "-keyout",
		f("key"), "-out", f("csr"));
	writeFileSync(f("ext"), ext);
	// the x509 tool takes no date of the past: the ca tool does
	writeFileSync(f("db"), "");
	writeFileSync(f("serial"), randomBytes(8).toString("hex"));
	writeFileSync(f("cnf"), `[ca]\ndefault_ca=d\n[d]\ndatabase=${f("db")}
serial=${f("serial")}\nnew_certs_dir=${dir}\ndefault_md=sha256\npolicy=p
unique_subject=no\n[p]\ncommonName=optional\n`);
	const day = (n) => new Date(Date.now() + n * 86400e3).toISOString()
		.replace(/[-:T]|\..*/g, "") + "Z";
	const [from, to] = days < 0 ? [-30, days] : days > 100 ? [100, days] :
		[-1, days];
	openssl("ca", "-batch", "-config", f("cnf"), ...(self ? ["-selfsign",
		"-keyfile", f("key")] : ["-cert", ca, "-keyfile", caKey]), "-in",
		f("csr"), "-out", f("pem"), "-notext", "-extfile", f("ext"),
		"-startdate", day(from), "-enddate", day(to));
	return { cert: readFileSync(f("pem")), key: readFileSync(f("key")),
		files: { cert: f("pem"), key: f("key") } };
}

function tlsRows(dir, ca) {
	const make = (name, o) => certificate(dir, name, { ...ca, ...o });
	const fine = end(json(200, { rows: [] }));
	const own = make("leaf-as-ca");
	const other = make("unknown-ca", { self: true, san: "",
		extra: "basicConstraints=critical,CA:true\n" });
	const row = (name, tls) => [name, fine, cut, { tls }];
	const good = make("good");
	return { good, rows: [
		row("a certificate that has ended", make("ended", { days: -1 })),
		row("a certificate of tomorrow", make("early", { days: 200 })),
		row("a certificate of itself", make("self", { self: true })),
		row("a certificate for another name", make("other",
			{ san: "DNS:other.example" })),
		row("a certificate without a name", make("unnamed", { san: "" })),
		row("a certificate for a longer name", make("longer",
			{ san: `DNS:${HOST}.other.example` })),
		row("a certificate of an unknown authority", certificate(dir, "alien",
			{ ca: other.files.cert, caKey: other.files.key })),
		row("a certificate by one that is no authority", certificate(dir,
			"grandchild", { ca: own.files.cert, caKey: own.files.key })),
		row("a certificate for clients", make("client",
			{ extra: "extendedKeyUsage=clientAuth\n" })),
		row("TLS 1.0", { ...good, minVersion: "TLSv1",
			maxVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }),
		row("TLS 1.1", { ...good, minVersion: "TLSv1.1",
			maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }),
		row("ciphers without a key", { ...good, maxVersion: "TLSv1.2",
			ciphers: "NULL:@SECLEVEL=0" }),
		row("a certificate of ours demanded", { ...good, requestCert: true,
			rejectUnauthorized: true, maxVersion: "TLSv1.2" }),
		["no TLS at all", (s) => s.end(said(200)), cut, { bare: true }],
		["a handshake that never goes on", () => {}, timeout, { bare: true }],
		["a handshake of noise", (s) => s.end(Buffer.alloc(2000, 0x16)), cut,
			{ bare: true }],
		["closed at once", (s) => s.destroy(), cut, { bare: true }],
	] };
}

// ---- places we must never go to ----

const places = (trap) => ["127.0.0.1", "localhost", "2130706433", "0177.0.0.1",
	"0x7f000001", "127.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]",
	"[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0.0.0.0", "[::]",
	"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
	"[fd00::1]", "[fe80::1]", "[fd00:ec2::254]", "224.0.0.1",
	"255.255.255.255", "inside.hostile.example", "metadata.hostile.example",
	"mapped.hostile.example", "six.hostile.example"]
	.map((host) => ({ name: `it lives at ${host}`,
		address: `https://${host}:${trap}`, outcome: "refused",
		why: /^address not public$/ }));

// ---- serving ----

function listen(server, host) {
	return new Promise((done, fail) => server.once("error", fail)
		.listen(0, host, () => done(server.address().port)));
}

// Hears requests one by one, whole, and lets the row act on each.
function hear(socket, act) {
	let text = "";
	socket.on("error", () => {});
	socket.setMaxListeners(0);
	socket.setEncoding("latin1");
	socket.on("data", (d) => {
		text += d;
		for (;;) {
			const at = text.indexOf("\r\n\r\n");
			const n = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
			if (at < 0 || text.length < at + 4 + n)
				return;
			const [method, path] = text.split(" ", 2);
			const body = text.slice(at + 4, at + 4 + n);
			text = text.slice(at + 4 + n);
			Promise.resolve(act(socket, { method, path, body }))
				.catch(() => socket.destroy());
		}
	});
}

async function serveAll({ dir, ca, caKey }) {
	const h = { rows: [], trapped: 0 };
	const keep = (server) => {
		server.on("connection", (s) => s.on("error", () => {}));
		server.on("tlsClientError", () => {});
		return server;
	};
	const { good, rows } = tlsRows(dir, { ca, caKey });
	const trapServer = keep(secure(good, (s) => s.end(said(200))));
	trapServer.on("connection", () => h.trapped++);
	const trap = await listen(trapServer, "127.0.0.1");
	const open = async ([name, act, [outcome, why], o = {}]) => {
		const text = (x) => typeof x === "string" ?
			x.replace("TRAP", trap) : x;
		const server = keep(o.bare ? plain((s) => act(s)) :
			secure(o.tls ?? good, (s) => hear(s, (at, r) => act({
				write: (x) => at.write(text(x)), destroy: () =>
					at.destroy(), get writable() { return at.writable; },
				end: (x) => at.end(text(x)), drained: () =>
					new Promise((r) => at.once("drain", r)) },
				r))));
		const port = await listen(server, HOST);
		h.rows.push({ name: text(name), address: `https://${o.name ?? HOST}:${
			port}`, outcome, why });
		return port;
	};
	for (const row of [...behaviours, ...rows])
		await open(row);
	// cut at each byte of an answer that would be believed if it were whole
	const whole = json(200, { rows: [] });
	for (let n = 0; n < whole.length; n++)
		await open([`cut after ${n} bytes`, end(whole.slice(0, n)),
			["later or refused", /^unreachable|understood$/]]);
	h.rows.push(...places(trap));
	// two addresses behind one name: what is allowed does not answer, and
	// what would answer is not allowed
	for (const name of ["two", "turned"])
		h.rows.push({ name: `${name} addresses, one inside`,
			address: `https://${name}.hostile.example:${trap}`,
			outcome: "later or refused",
			why: /^unreachable|^address not public$/ });
	return h;
}

// In a thread of its own, so that a test that waits does not make it late.
export async function startHostile(where) {
	const worker = new Worker(new URL(import.meta.url),
		{ workerData: where });
	const answer = () => new Promise((done, fail) => {
		worker.once("message", done);
		worker.once("error", fail);
	});
	const rows = await answer();
	return { rows, trapped: async () => {
		const told = answer();
		worker.postMessage("trapped");
		return told;
	}, stop: () => worker.terminate() };
}

if (!isMainThread) {
	const h = await serveAll(workerData);
	parentPort.on("message", () => parentPort.postMessage(h.trapped));
	parentPort.postMessage(h.rows);
}
