// SPDX-License-Identifier: Apache-2.0
// A PIMS and a customer made of nothing but Node's own crypto and requests, so
// that every byte of what they send can be wrong on purpose.
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign }
	from "node:crypto";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, prepareGateway, startGateway } from "./gateway.mjs";
import { freePorts, guichet } from "./ground.mjs";
import { energySource } from "./people.mjs";

export const b64 = (x) => Buffer.from(x).toString("base64url");
export const sha256 = (x) => createHash("sha256").update(x).digest();
export const now = () => Math.floor(Date.now() / 1000);
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
export const asJwt = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// ---- keys and signatures ----

export function keyPair(kind = "ES256", kid = "k1") {
	const made = kind === "ES256" ?
		generateKeyPairSync("ec", { namedCurve: "P-256" }) :
		kind === "EdDSA" ? generateKeyPairSync("ed25519") :
		generateKeyPairSync("rsa", { modulusLength: 2048 });
	return { kind, kid, ...made,
		jwk: made.publicKey.export({ format: "jwk" }),
		private_jwk: made.privateKey.export({ format: "jwk" }),
		pem: made.publicKey.export({ format: "pem", type: "spki" }) };
}

// RFC 7638.
export function thumbprint({ jwk }) {
	const members = { EC: ["crv", "kty", "x", "y"], RSA: ["e", "kty", "n"],
		OKP: ["crv", "kty", "x"] }[jwk.kty];
	return b64(sha256(JSON.stringify(
		Object.fromEntries(members.map((m) => [m, jwk[m]])))));
}

function signature(alg, data, key) {
	if (alg === "none")
		return "";
	if (alg === "HS256")
		return b64(createHmac("sha256", key.pem).update(data).digest());
	if (alg === "EdDSA")
		return b64(sign(null, Buffer.from(data), key.privateKey));
	if (alg === "PS256")
		return b64(sign("sha256", Buffer.from(data),
			{ key: key.privateKey, padding: 6, saltLength: 32 }));
	if (alg === "RS256")
		return b64(sign("sha256", Buffer.from(data), key.privateKey));
	return b64(sign("sha256", Buffer.from(data),
		{ key: key.privateKey, dsaEncoding: "ieee-p1363" }));
}

// Members set to undefined are left out.
export function jws(header, claims, key, alg = header.alg) {
	const data = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(claims))}`;
	return `${data}.${signature(alg, data, key)}`;
}

// ---- the PIMS ----

export class Pims {
	constructor(counter, id, { keys = [keyPair()], redirect, tls,
		auth = "private_key_jwt" } = {}) {
		Object.assign(this, { counter, id, keys, key: keys[0], redirect, tls,
			auth, dpop: keyPair(), issuer: counter.issuer,
			base: tls ? counter.mtls_url : counter.issuer });
	}

	assertion({ header = {}, claims = {}, key = this.key, alg } = {}) {
		return jws({ alg: key.kind, kid: key.kid, ...header },
			{ iss: this.id, sub: this.id, aud: this.issuer, iat: now(),
				exp: now() + 60, jti: b64(randomBytes(16)), ...claims },
			key, alg);
	}

	proof(method, url, { token, header = {}, claims = {}, key = this.dpop,
		alg } = {}) {
		return jws({ typ: "dpop+jwt", alg: key.kind, jwk: key.jwk, ...header },
			{ htm: method, htu: url, iat: now(), jti: b64(randomBytes(16)),
				...(token ? { ath: b64(sha256(token)) } : {}), ...claims },
			key, alg);
	}

	async send(path, options = {}) {
		const { cert, key } = this.tls ?? {};
		return ask(this.base + path, { ca: this.counter.ca_pem, cert, key,
			agent: this.agent ?? false, ...options });
	}

	// A form, with assertion and proof unless told otherwise (false, or what
	// to change in them).
	async post(path, params, { assertion = {}, proof = {}, headers = {},
		more = [] } = {}) {
		const form = new URLSearchParams();
		const put = (k, v) => v !== undefined && form.append(k, v);

		if (this.auth === "private_key_jwt" && assertion !== false) {
			put("client_assertion_type", asJwt);
			put("client_assertion", typeof assertion === "string" ?
				assertion : this.assertion(assertion));
		} else if (this.auth !== "private_key_jwt")
			put("client_id", params.client_id ?? this.id);
		for (const [k, v] of Object.entries(params))
			if (!form.has(k))
				put(k, v);
		for (const [k, v] of more)
			put(k, v);
		if (proof !== false && !this.tls)
			headers = { dpop: typeof proof === "string" ? proof :
				this.proof("POST", this.base + path, proof), ...headers };
		return this.send(path, { method: "POST", body: String(form),
			headers: { "content-type": "application/x-www-form-urlencoded",
				...headers } });
	}

	// A new verifier each time; what PAR is sent by default.
	request(params = {}) {
		this.verifier = b64(randomBytes(32));
		return { response_type: "code", client_id: this.id,
			redirect_uri: this.redirect, state: "s-" + b64(randomBytes(6)),
			code_challenge: b64(sha256(this.verifier)),
			code_challenge_method: "S256", scope: "energy.contract",
			...params };
	}

	par(params, options) {
		return this.post("/oauth/par", this.request(params), options);
	}

	exchange(code, params = {}, options) {
		return this.post("/oauth/token", { grant_type: "authorization_code",
			code, redirect_uri: this.redirect, code_verifier: this.verifier,
			...params }, options);
	}

	refresh(token, params = {}, options) {
		return this.post("/oauth/token", { grant_type: "refresh_token",
			refresh_token: token, ...params }, options);
	}

	get(path, token, { scheme, proof = {}, headers = {}, ...rest } = {}) {
		const url = this.base + path.replace(/\?.*/, "");
		scheme ??= this.tls ? "Bearer" : "DPoP";
		if (token)
			headers = { authorization: `${scheme} ${token}`, ...headers };
		if (proof !== false && !this.tls)
			headers = { dpop: typeof proof === "string" ? proof :
				this.proof("GET", url, { token, ...proof }), ...headers };
		return this.send(path, { headers, ...rest });
	}

	// From the request to the tokens, a customer agreeing to all.
	async connect(customer, params = {}) {
		const r = await customer.allow(this, params);
		const answer = await this.exchange(r.code);
		if (answer.status !== 200)
			throw new Error(`token: ${answer.status} ${answer.text}`);
		return answer.json;
	}
}

// ---- the customer ----

const field = (html, name) =>
	new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1]
		.replaceAll("&amp;", "&");

export class Customer {
	constructor(counter, { login, password }) {
		Object.assign(this, { counter, login, password, jar: {} });
	}

	async ask(url, { method = "GET", form, raw, headers = {} } = {}) {
		const body = raw ?? (form && String(new URLSearchParams(form)));
		const r = await ask(url.startsWith("/") ? this.counter.issuer + url : url,
			{ ca: this.counter.ca_pem, method, body, agent: false, headers: {
				cookie: Object.entries(this.jar).map(([k, v]) => `${k}=${v}`)
					.join("; "),
				...(form ? { "content-type": "application/x-www-form-urlencoded",
					origin: this.counter.issuer } : {}), ...headers } });
		for (const c of r.headers["set-cookie"] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(c);
			this.jar[name] = value;
		}
		return r;
	}

	async signIn() {
		const page = await this.ask("/login");
		const r = await this.ask("/login", { method: "POST", form: {
			token: field(page.text, "token"), next: "/me",
			login: this.login, password: this.password } });
		if (r.status !== 303)
			throw new Error(`sign-in: ${r.status} ${r.text}`);
	}

	// What the browser is sent to after PAR.
	address(pims, request_uri, more = {}) {
		return `/oauth/authorize?${new URLSearchParams({ client_id: pims.id,
			request_uri, ...more })}`;
	}

	open(pims, request_uri, more) {
		return this.ask(this.address(pims, request_uri, more));
	}

	// Her form, filled: what she ticks, how far back and how long.
	form(page, { decision = "allow", keep, ...more } = {}) {
		const form = new URLSearchParams();
		for (const m of page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g))
			form.append(m[1], m[2].replaceAll("&amp;", "&"));
		for (const m of page.matchAll(/name="dataset" value="([^"]+)"/g))
			if (!keep || keep.includes(m[1]))
				form.append("dataset", m[1]);
		form.set("since", "asked");
		form.set("days", "365");
		form.set("decision", decision);
		for (const [k, v] of Object.entries(more))
			v === undefined ? form.delete(k) : form.set(k, v);
		return form;
	}

	async decide(pims, request_uri, choices = {}) {
		const page = await this.open(pims, request_uri);
		if (page.status !== 200)
			throw new Error(`consent page: ${page.status} ${page.text}`);
		return this.ask("/oauth/authorize", { method: "POST",
			form: this.form(page.text, choices) });
	}

	// { code, answer: the redirect's parameters, location, state }
	async allow(pims, params = {}, choices = {}) {
		const pushed = await pims.par(params);
		if (pushed.status !== 201)
			throw new Error(`par: ${pushed.status} ${pushed.text}`);
		const r = await this.decide(pims, pushed.json.request_uri, choices);
		if (r.status !== 303)
			throw new Error(`decision: ${r.status} ${r.text}`);
		const location = new URL(r.headers.location);
		return { location, answer: location.searchParams,
			request_uri: pushed.json.request_uri,
			code: location.searchParams.get("code") };
	}

	async withdraw(grant) {
		const page = await this.ask(`/me/withdraw/${grant}`);
		return this.ask(`/me/withdraw/${grant}`, { method: "POST",
			form: { csrf: field(page.text, "csrf") } });
	}
}

// ---- the counter ----

// A self-signed client certificate: { cert, key, file }.
export function clientCertificate(dir, name) {
	const cert = join(dir, `${name}.pem`), key = join(dir, `${name}.key`);
	execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
		`/CN=${name}`, "-keyout", key, "-out", cert], { stdio: "ignore" });
	return { cert: readFileSync(cert), key: readFileSync(key), file: cert };
}

// A gateway with energy's records, two customers who may sign in, and a way to
// register PIMS. prepare(ground): what must be made before it starts; settings
// that come of it.
export async function startCounter({ settings = {}, customers = 3, database,
	prepare = () => ({}) } = {}) {
	const [mtls] = await freePorts(1);
	const ground = await prepareGateway({ database, settings: {
		login: { mode: "demo" }, catalogue: energySource({ customers, days: 6 }),
		...settings,
		server: { listen_mtls: `127.0.0.1:${mtls}`,
			mtls_url: `https://localhost:${mtls}`, ...settings.server } } });
	ground.change(await prepare(ground));
	const gateway = await startGateway({ ground });
	const cli = (...args) => guichet(...args, "--config", gateway.config);
	const made = guichet("synth", "--logins", gateway.db.url, "--count", "2",
		"--json");
	if (made.code !== 0)
		throw new Error(made.err);
	const people = JSON.parse(made.out);
	const counter = Object.assign(gateway, { mtls_url: `https://localhost:${mtls}`,
		ca_pem: readFileSync(gateway.ca), cli,
		people: people.customers ?? people });

	// options as Pims takes them, and flags: more words for `client add`
	counter.register = (id, { flags = [], datasets = "energy.contract " +
		"energy.invoice energy.load-curve", redirect =
		`https://${id}.example/cb`, redirects = [redirect], jwks,
		...options } = {}) => {
		const pims = new Pims(counter, id, { redirect, ...options });
		const file = join(gateway.dir, `${id}.jwks`);
		writeFileSync(file, JSON.stringify(jwks ?? { keys: pims.keys.map((k) =>
			({ ...k.jwk, kid: k.kid, use: "sig" })) }));
		const r = cli("client", "add", id, "--name", id.toUpperCase(),
			...(flags.some((f) => /^--(certificate|jwks-uri)$/.test(f)) ? [] :
				["--jwks", file]),
			...redirects.flatMap((u) => ["--redirect-uri", u]),
			"--datasets", datasets, "--purpose-en", "Show you your energy",
			"--purpose-fr", "Vous montrer votre énergie", ...flags);
		if (r.code !== 0)
			throw new Error(`client add: ${r.code} ${r.err}`);
		return pims;
	};
	counter.customer = async (i = 0) => {
		const c = new Customer(counter, counter.people[i]);
		await c.signIn();
		return c;
	};
	return counter;
}
