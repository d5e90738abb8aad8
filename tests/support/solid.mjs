// SPDX-License-Identifier: Apache-2.0
// The real Community Solid Server on loopback, behind TLS, and people on it who
// use it with a client of their own (jose for their proofs).
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { request } from "node:http";
import { createServer } from "node:https";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { freePorts, root } from "./ground.mjs";
import { ask, until } from "./gateway.mjs";

// TLS in front: the server itself speaks plain HTTP and is told so.
function front(tls, port, inner) {
	const server = createServer(tls, (req, res) => {
		const up = request({ host: "127.0.0.1", port: inner, path: req.url,
			method: req.method, headers: { ...req.headers,
				"x-forwarded-proto": "https",
				"x-forwarded-host": req.headers.host } }, (r) => {
			res.writeHead(r.statusCode, r.headers);
			r.pipe(res);
		});
		up.on("error", () => res.destroy());
		req.pipe(up);
	});
	return new Promise((done) => server.listen(port, "127.0.0.1",
		() => done(server)));
}

export async function startSolid({ tls, ca, caFile }) {
	const [port, inner] = await freePorts(2);
	const base = `https://localhost:${port}/`;
	const child = spawn(process.execPath, [join(root, "tests/node_modules/" +
		"@solid/community-server/bin/server.js"), "-p", String(inner),
		"-b", base, "-l", "warn"], { stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile } });
	let logs = "";
	child.stdout.on("data", (d) => logs += d);
	child.stderr.on("data", (d) => logs += d);
	process.on("exit", () => child.kill("SIGKILL"));
	const server = await front(tls, port, inner);

	const call = async (method, url, { json, fields = {}, body } = {}) =>
		ask(url, { method, ca, agent: false, headers: { accept:
			"application/json", ...(json ? { "content-type":
			"application/json" } : {}), ...fields },
			body: json ? JSON.stringify(json) : body });
	await until(async () => (await call("GET", base).catch(() => null))
		?.status === 200, "the Solid server", 90000)
		.catch((e) => { throw new Error(`${e.message}\n${logs}`); });

	// An account with a pod, and credentials for programs.
	async function person(name) {
		const api = `${base}.account/account/`;
		const made = (await call("POST", api, { json: {} })).json;
		const fields = { authorization:
			`CSS-Account-Token ${made.authorization}` };
		const { controls } = (await call("GET", `${base}.account/`,
			{ fields })).json;
		await call("POST", controls.password.create, { fields,
			json: { email: `${name}@example.org`, password: name } });
		const pod = (await call("POST", controls.account.pod,
			{ fields, json: { name } })).json;
		const keys = (await call("POST", controls.account.clientCredentials,
			{ fields, json: { name: "program", webId: pod.webId } })).json;
		return client({ pod: pod.pod, webId: pod.webId, id: keys.id,
			secret: keys.secret });
	}

	// A Solid client that shares nothing with ours.
	async function client(who) {
		const { publicKey, privateKey } = await generateKeyPair("ES256");
		const jwk = await exportJWK(publicKey);
		const proof = (method, url, token) => new SignJWT({ htm: method,
			htu: url, jti: randomUUID(), ...(token ? { ath:
			createHash("sha256").update(token).digest("base64url") } : {})
		}).setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
			.setIssuedAt().sign(privateKey);
		const endpoint = `${base}.oidc/token`;
		const basic = Buffer.from(`${encodeURIComponent(who.id)}:${
			encodeURIComponent(who.secret)}`).toString("base64");
		const r = await call("POST", endpoint, { fields: {
			authorization: `Basic ${basic}`,
			dpop: await proof("POST", endpoint),
			"content-type": "application/x-www-form-urlencoded" },
			body: "grant_type=client_credentials&scope=webid" });
		const token = r.json.access_token;
		return { ...who, fetch: async (method, url, o = {}) =>
			call(method, url, { ...o, fields: { ...o.fields,
				authorization: `DPoP ${token}`,
				dpop: await proof(method, url, token) } }) };
	}

	return { base, person, logs: () => logs, stop: async () => {
		child.kill("SIGKILL");
		server.closeAllConnections();
		await new Promise((done) => server.close(done));
	} };
}
