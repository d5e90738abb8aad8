// SPDX-License-Identifier: Apache-2.0
// The way out: straight, whatever the environment says; by the proxy that the
// settings name (tinyproxy, an independent one); with a certificate of ours where a
// recipient demands one. And where a proxy must not be sent.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync }
	from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startGateway } from "../support/gateway.mjs";
import { freePorts, guichet, temporary } from "../support/ground.mjs";
import { startPushing } from "../support/pushing.mjs";

const TYPE = "org.fing.mesinfos.contract", NOWHERE = "http://127.0.0.1:1";
const ENV = { http_proxy: NOWHERE, https_proxy: NOWHERE, HTTPS_PROXY: NOWHERE,
	all_proxy: NOWHERE, ALL_PROXY: NOWHERE, no_proxy: "*", NO_PROXY: "*" };
let p, homes, dir, proxy, port;

// As long as its log says, it was asked to lead there.
const led = (to) => existsSync(join(dir, "proxy.log")) && readFileSync(join(dir,
	"proxy.log"), "utf8").split(`CONNECT ${new URL(to).host} `).length - 1;

async function startProxy() {
	[port] = await freePorts(1);
	writeFileSync(join(dir, "proxy.conf"), `Port ${port}
Listen 127.0.0.1
Timeout 20
LogFile "${join(dir, "proxy.log")}"
LogLevel Connect
MaxClients 20
Allow 127.0.0.1
BasicAuth guichet open-sesame
${homes.map(({ cozy }) => `ConnectPort ${cozy.port}\n`).join("")}`);
	proxy = spawn("tinyproxy", ["-d", "-c", join(dir, "proxy.conf")],
		{ stdio: "ignore" });
	await p.until(() => new Promise((done) => {
		const s = connect(port, "127.0.0.1", () => { s.destroy(); done(true); });
		s.on("error", () => done(false));
	}), "the proxy");
}

const home = (i, tls = {}) => p.startCozy({ owner: p.logins[i].login,
	host: "127.0.0.2", name: "127.0.0.2", tls }).then(async (cozy) => {
	const browser = p.browser(p.logins[i]);
	homes[i] = { cozy, browser };
});
const begin = async ({ cozy, browser }, address = cozy.origin) => {
	await browser.signIn();
	return p.connect(["energy.contract"], { address, browser });
};
const arrives = async (h) => {
	const r = await p.approve(await begin(h), { browser: h.browser });
	assert.equal(r.status, 303);
	await p.until(() => h.cozy.couch.count(TYPE) > 0, "received");
};
async function restart(push) {
	await p.gateway?.stop();
	p.ground.change({ push });
	p.gateway = await startGateway({ ground: p.ground, env: ENV });
}

before(async () => {
	dir = temporary();
	homes = [];
	p = await startPushing({ customers: 20, people: 4, days: 2, serve: false,
		sets: ["energy.contract"] });
	await home(0);
	await home(1);
	await home(2);
	await home(3, { ca: p.ca, requestCert: true, rejectUnauthorized: true });
	await startProxy();
	writeFileSync(join(dir, "password"), "guichet:open-sesame\n");
	chmodSync(join(dir, "password"), 0o600);
});
after(async () => {
	await p?.stop();
	proxy?.kill();
});

test("the environment has no say", async () => {
	await restart({});
	await arrives(homes[0]);
});

test("by the proxy of the settings, whatever no_proxy says", async () => {
	await restart({ proxy: `http://127.0.0.1:${port}`,
		proxy_password_file: join(dir, "password") });
	await arrives(homes[1]);
	assert.ok(led(homes[1].cozy.origin) > 0);
	assert.equal(led(homes[0].cozy.origin), 0);
});

test("a proxy is not sent inside", async () => {
	const { port: to } = homes[2].cozy;
	for (const host of ["localhost", "10.0.0.1", "0177.0.0.01", "2852039166",
		"0xa9fea9fe", "[::ffff:10.0.0.1]", "[fd00::1]", "intranet",
		"db.internal", "printer.local"]) {
		const r = await begin(homes[2], `https://${host}:${to}/`);
		assert.equal(r.status, 422, `${host}: ${r.status}`);
	}
	assert.doesNotMatch(readFileSync(join(dir, "proxy.log"), "utf8"),
		/CONNECT (localhost|10\.|169\.|intranet|db\.|printer|\[)/);
});

test("a proxy that refuses: it is tried again later", async () => {
	writeFileSync(join(dir, "password"), "guichet:wrong\n");
	await restart({ proxy: `http://127.0.0.1:${port}`,
		proxy_password_file: join(dir, "password") });
	const r = await begin(homes[2]);
	assert.equal(r.status, 422);
	assert.equal(homes[2].cozy.seen.length, 0);
});

test("settings that are no proxy end it at once, with the cure", () => {
	for (const wrong of ["proxy.example:3128", "socks5://127.0.0.1:1",
		"http://me:secret@127.0.0.1:1", "http://127.0.0.1:1/path"]) {
		p.ground.change({ push: { proxy: wrong } });
		const r = guichet("serve", "--config", p.ground.config);
		assert.equal(r.code, 78);
		assert.match(r.err, /E145[^]*http:\/\/proxy\.example:3128/);
		assert.doesNotMatch(r.err, /secret/);
	}
});

// ---- our certificate, where one is demanded ----

const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });
function certificateFor(client) {
	const f = (end) => join(dir, `${client}.${end}`);
	openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=the counter",
		"-keyout", f("key"), "-out", f("csr"));
	openssl("x509", "-req", "-in", f("csr"), "-CA", p.ground.ca, "-CAkey",
		join(p.ground.dir, "ca.key"), "-CAcreateserial", "-days", "2",
		"-out", f("crt"));
	mkdirSync(join(dir, "certificates"), { recursive: true });
	writeFileSync(join(dir, `certificates/${client}.pem`),
		readFileSync(f("crt"), "utf8") + readFileSync(f("key"), "utf8"));
}

test("without a certificate the door stays closed", async () => {
	await restart({});
	assert.equal((await begin(homes[3])).status, 422);
	assert.equal(homes[3].cozy.seen.length, 0);
});

test("a certificate for that recipient, and for no other", async () => {
	certificateFor("cozy");
	await restart({ certificates: join(dir, "certificates") });
	const b = homes[3].browser, link = /href="(https:[^"]*authorize[^"]*)"/.exec(
		(await begin(homes[3])).text)[1].replaceAll("&amp;", "&");
	assert.ok(homes[3].cozy.seen.every((r) => r.from === "the counter"));
	assert.ok(homes[3].cozy.seen.some((r) => r.path === "/auth/register"));
	assert.ok(link.startsWith(homes[3].cozy.origin) && b);
});

test("a certificate without its key ends it at once", () => {
	writeFileSync(join(dir, "certificates/other.pem"),
		readFileSync(join(dir, "cozy.crt")));
	p.ground.change({ push: { certificates: join(dir, "certificates") } });
	const r = guichet("serve", "--config", p.ground.config);
	assert.equal(r.code, 78);
	assert.match(r.err, /other\.pem: error E146: not a certificate and its key/);
});
