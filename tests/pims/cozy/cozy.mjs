// SPDX-License-Identifier: Apache-2.0
// One person's Cozy, for trials: the endpoints of cozy-stack that a remote
// application meets, over HTTPS, with their exact oddities. There is no login:
// whoever opens its pages is its owner. It must satisfy cozy-stack-client, an
// independent client, as well as our connector (tests/scenario/cozy-double).
//
//	const cozy = await startCozy({ key, cert, dir });
//	cozy.origin			https://localhost:PORT
//	cozy.couch.documents(type)	what it holds; received.ndjson in dir: all
//	cozy.clients.disconnect(id)	the owner sends a client away
//	cozy.advance(ms)		its clock moves on
//	cozy.behave = (r) => ({...})	answer otherwise: status, fields, body,
//					wait (ms), cut (close), raw (bytes)
//	cozy.state = "moved"		or "blocked", "unpaid": the instance is
import { mkdirSync, mkdtempSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Clients, HttpError, PageError } from "./clients.mjs";
import { Couch } from "./couch.mjs";
import { data } from "./data.mjs";
import { authorizePage, errorPage, home } from "./page.mjs";

const BODY_MAX = 16e6;

async function readBody(req) {
	const parts = [];
	let n = 0;
	for await (const part of req) {
		n += part.length;
		if (n > BODY_MAX)
			throw new HttpError(413, { error: "too large" });
		parts.push(part);
	}
	return Buffer.concat(parts).toString("utf8");
}

const json = (status, body, fields = {}) => ({ status, fields: {
	"content-type": "application/json", ...fields },
	body: JSON.stringify(body) + "\n" });
const html = (status, body, fields = {}) => ({ status, fields: {
	"content-type": "text/html; charset=utf-8", ...fields }, body });

// application/json is asked for, both ways, on registration.
function wantJson(r) {
	if (!/^application\/json\b/.test(r.fields["content-type"] ?? ""))
		throw new HttpError(400, { error: "bad_content_type" });
	if (!/application\/json|\*\/\*/.test(r.fields.accept ?? "*/*"))
		throw new HttpError(400, { error: "bad_accept_header" });
}

const readJson = (body) => {
	try {
		return JSON.parse(body);
	} catch (e) {
		throw new HttpError(400, { error: e.message });
	}
};
const cookieOf = (r, name) => (r.fields.cookie ?? "").split(/; */)
	.map((c) => c.split("=")).find(([k]) => k === name)?.[1];

// ---- routes: "METHOD /path" -> (r, cozy, rest of the path) ----

const routes = [
	["GET /", (r, c) => html(200, home(c.owner, c.couch, c.clients))],
	["POST /auth/register", (r, c) => {
		wantJson(r);
		return json(201, c.clients.register(readJson(r.body)));
	}],
	["GET /auth/register/:", (r, c, id) =>
		json(200, c.clients.read(id, r.fields.authorization))],
	["PUT /auth/register/:", (r, c, id) => {
		wantJson(r);
		return json(200, c.clients.change(id, r.fields.authorization,
			readJson(r.body)));
	}],
	["DELETE /auth/register/:", (r, c, id) => {
		c.clients.remove(id, r.fields.authorization);
		return { status: 204, fields: {}, body: "" };
	}],
	["GET /auth/authorize", (r, c) => {
		const { client, rules } = c.clients.request(r.query);
		const csrf = c.clients.form(client);
		return html(200, authorizePage(c.owner, client, rules, r.query,
			csrf), { "set-cookie": `_csrf=${csrf}; Path=/auth; Secure; ` +
			"HttpOnly; SameSite=Strict" });
	}],
	["POST /auth/authorize", (r, c) => {
		const to = c.clients.accept(new URLSearchParams(r.body),
			cookieOf(r, "_csrf"));
		return /application\/json/.test(r.fields.accept ?? "") ?
			json(200, { deeplink: to }) :
			{ status: 302, fields: { location: to }, body: "" };
	}],
	["POST /auth/access_token", (r, c) =>
		json(200, c.clients.token(new URLSearchParams(r.body)))],
	["POST /settings/disconnect", (r, c) => {
		c.clients.disconnect(new URLSearchParams(r.body).get("client"));
		return { status: 303, fields: { location: "/" }, body: "" };
	}],
];

function routed(r, cozy) {
	const m = /^\/data\/([^/]+)\/([^/]*)$/.exec(r.path);
	if (m)
		return json(...data({ ...r, type: decodeURIComponent(m[1]),
			id: decodeURIComponent(m[2]),
			ifMatch: r.fields["if-match"],
			authorization: r.fields.authorization },
			cozy.couch, cozy.clients));
	for (const [pattern, act] of routes) {
		const [method, path] = pattern.split(" ");
		if (method !== r.method)
			continue;
		if (path === r.path)
			return act(r, cozy);
		if (path.endsWith(":") && r.path.startsWith(path.slice(0, -1)))
			return act(r, cozy, decodeURIComponent(
				r.path.slice(path.length - 1)));
	}
	throw new HttpError(404, { error: "code=404, message=Not Found" });
}

// An instance that is not there to answer.
function unwell(r, cozy) {
	const { state, moved } = cozy;
	if (state === "moved" && moved)
		return { status: 308, fields: { location: moved + r.url },
			body: "" };
	if (state === "moved")
		return json(410, { error: "Cozy has been moved(410): the Cozy " +
			"has been moved to a new address" });
	if (state === "blocked")
		return json(503, { error: "Blocked(503): the Cozy is blocked" });
	if (state === "unpaid")
		return json(402, { error: "Payment Required(402): the terms of " +
			"services have not been signed" });
	return null;
}

function answer(r, cozy) {
	try {
		return unwell(r, cozy) ?? routed(r, cozy);
	} catch (e) {
		if (e instanceof PageError)
			return html(e.status, errorPage(e.message));
		if (e.status)
			return json(e.status, e.body, e.fields);
		return json(500, { error: e.message });
	}
}

async function serve(req, res, cozy) {
	const url = new URL(req.url, cozy.origin);
	const r = { method: req.method, url: req.url, path: url.pathname,
		query: url.searchParams, fields: req.headers,
		body: await readBody(req) };
	cozy.seen.push({ at: Date.now(), method: r.method, path: r.path,
		from: req.socket.getPeerCertificate?.()?.subject?.CN });
	const other = await cozy.behave?.(r);
	if (other?.wait)
		await sleep(other.wait);
	if (other?.cut)
		return req.socket.destroy();
	if (other?.raw !== undefined)
		return req.socket.end(other.raw);
	let a = other?.status ? { fields: {}, body: "", ...other } :
		answer(r, cozy);
	if (other?.cutAfter)	// done, but nobody hears of it
		return req.socket.destroy();
	res.writeHead(a.status, a.fields);
	res.end(a.body);
}

export async function startCozy({ key, cert, port = 0, host = "127.0.0.1",
	name = "localhost", owner = "Camille", accessMs = 7 * 86400e3,
	tls = {}, formerly = [], dir = mkdtempSync(join(tmpdir(), "cozy-")) } = {}) {
	let offset = 0;
	const cozy = { owner, dir, state: "well", moved: null, behave: null,
		seen: [], advance: (ms) => { offset += ms; } };

	mkdirSync(dir, { recursive: true });
	const server = createServer({ key, cert, ...tls, keepAlive: true,
		noDelay: true }, (req, res) => serve(req, res, cozy)
		.catch(() => req.socket.destroy()));
	await new Promise((done, failed) => server.once("error", failed)
		.listen(port, host, done));
	cozy.port = server.address().port;
	cozy.origin = `https://${name}:${cozy.port}`;
	cozy.couch = new Couch(dir);
	cozy.clients = new Clients(dir, { origin: cozy.origin, accessMs, formerly,
		now: () => Date.now() + offset });
	cozy.stop = () => new Promise((done) => {
		server.close(() => { cozy.couch.close(); done(); });
		server.closeAllConnections();
	});
	return cozy;
}
