// SPDX-License-Identifier: Apache-2.0
// OAuth at a Cozy, after cozy-stack's web/auth: dynamic registration, one
// client per application, code + PKCE, refresh tokens that never rotate. The
// oddities are theirs: token trouble is a 400 with plain words, a refusal comes
// back without `state`, too many registrations are "not found".
import { createHash, createHmac, randomBytes, timingSafeEqual }
	from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const HOUR = 3600e3;
const b64 = (x) => Buffer.from(x).toString("base64url");
const random = (n) => randomBytes(n).toString("base64");

export class HttpError extends Error {
	constructor(status, body, fields = {}) {
		super(String(body?.error ?? body));
		Object.assign(this, { status, body, fields });
	}
}
const wrong = (error, error_description) => new HttpError(400,
	error_description ? { error, error_description } : { error });

// A Cozy's error page: never a redirect.
export class PageError extends Error {
	constructor(words, status = 400) {
		super(words);
		this.status = status;
	}
}

// doctype[:VERBS[:VALUES[:SELECTOR]]], separated by spaces.
export function readScope(text) {
	const rules = text.split(" ").filter(Boolean).map((rule) => {
		const [type, verbs = "ALL", values, selector] = rule.split(":");
		if (!/^[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?$/.test(type) ||
		    (type.endsWith(".*") && type.split(".").length < 4))
			throw new PageError("Error Invalid scope");
		const list = verbs === "" ? ["ALL"] : verbs.split(",");
		if (!list.every((v) => ["GET", "POST", "PUT", "PATCH", "DELETE",
		    "ALL"].includes(v)))
			throw new PageError("Error Invalid scope");
		return { type, verbs: list, values: values?.split(","), selector };
	});
	if (rules.length === 0)
		throw new PageError("Error No scope parameter");
	return rules;
}

// Does a scope open this verb on this type (whole: no restriction to values)?
export function allows(scope, verb, type, doc) {
	return readScope(scope).some((r) =>
		(r.type === type || (r.type.endsWith(".*") &&
			type.startsWith(r.type.slice(0, -1)))) &&
		(r.verbs.includes("ALL") || r.verbs.includes(verb)) &&
		(!r.values || (doc && r.values.includes(
			doc[r.selector ?? "_id"]))));
}

export class Clients {
	#path;
	#all;		// id -> client
	#codes = new Map();
	#forms = new Map();	// csrf -> client id
	#secret;
	#hour = { begun: 0, n: 0 };

	// formerly: hosts it had before; what they signed is known, access keys apart
	constructor(dir, { origin, now, accessMs, formerly = [] }) {
		Object.assign(this, { origin, now, accessMs, formerly });
		this.#path = join(dir, "clients.json");
		const kept = existsSync(this.#path) ?
			JSON.parse(readFileSync(this.#path)) : {};
		this.#secret = kept.secret ?? random(64);
		this.#all = new Map(Object.entries(kept.clients ?? {}));
		this.#save();
	}

	#save() {
		writeFileSync(this.#path + ".new", JSON.stringify({
			secret: this.#secret,
			clients: Object.fromEntries(this.#all) }, null, "\t"));
		renameSync(this.#path + ".new", this.#path);
	}

	// ---- tokens: HS512, as the stack makes them ----

	#sign(claims) {
		const head = b64('{"alg":"HS512","typ":"JWT"}') + "." +
			b64(JSON.stringify(claims));
		return head + "." + createHmac("sha512", this.#secret)
			.update(head).digest("base64url");
	}

	#token(aud, client, scope) {
		return this.#sign({ aud, iss: new URL(this.origin).host,
			iat: Math.floor(this.now() / 1000), sub: client.client_id,
			...(scope ? { scope } : {}), jti: random(6) });
	}

	#read(token, aud) {
		const parts = String(token).split(".");
		if (parts.length !== 3)
			return null;
		const mac = createHmac("sha512", this.#secret)
			.update(parts[0] + "." + parts[1]).digest();
		const given = Buffer.from(parts[2], "base64url");
		if (given.length !== mac.length || !timingSafeEqual(mac, given))
			return null;
		const claims = JSON.parse(Buffer.from(parts[1], "base64url"));
		return claims.aud === aud &&
			(claims.iss === new URL(this.origin).host ||
			 (aud !== "access" && this.formerly.includes(claims.iss))) ?
			claims : null;
	}

	// Who writes in /data? Trouble with the token is a 400, not a 401.
	permission(authorization) {
		const m = /^Bearer (.+)$/.exec(authorization ?? "");
		if (!m)
			throw new HttpError(401,
				{ error: "code=401, message=No token in request" });
		const claims = this.#read(m[1], "access");
		if (!claims || !this.#find(claims.sub))
			throw new HttpError(400,
				{ error: "code=400, message=Invalid JWT token" },
				{ "www-authenticate": 'Bearer error="invalid_token"' });
		if (this.now() - claims.iat * 1000 > this.accessMs)
			throw new HttpError(400,
				{ error: "code=400, message=Expired token" },
				{ "www-authenticate": 'Bearer error="invalid_token" ' +
				    'error_description="The access token expired"' });
		return claims;
	}

	// ---- registration ----

	// One that was never authorised goes after an hour (job clean-clients).
	#find(id) {
		const c = this.#all.get(id);
		if (c?.pending && this.now() - c.created > HOUR) {
			this.#all.delete(id);
			this.#save();
			return undefined;
		}
		return c;
	}

	// 50 registrations and updates an hour; beyond it the answer is 404.
	#count() {
		if (this.now() - this.#hour.begun > HOUR)
			this.#hour = { begun: this.now(), n: 0 };
		if (++this.#hour.n > 50)
			throw new HttpError(404, { error: "Not found" });
	}

	#check(given) {
		const host = new URL(this.origin).host;
		if (!Array.isArray(given.redirect_uris) ||
		    given.redirect_uris.length === 0)
			throw wrong("invalid_redirect_uri",
				"redirect_uris is mandatory");
		for (const uri of given.redirect_uris) {
			const u = URL.canParse(uri) ? new URL(uri) : null;
			if (!u || u.hash || uri.includes("#") || u.host === host)
				throw wrong("invalid_redirect_uri",
					`${uri} is invalid`);
		}
		for (const name of ["client_name", "software_id"])
			if (!given[name])
				throw wrong("invalid_client_metadata",
					`${name} is mandatory`);
	}

	#uniqueName(name) {
		const taken = new Set([...this.#all.values()]
			.map((c) => c.client_name));
		let unique = name;
		for (let n = 2; taken.has(unique); n++)
			unique = `${name}-${n}`;
		return unique;
	}

	#shown(c) {
		const { created, disconnected, ...shown } = c;
		if (!shown.pending)
			delete shown.pending;
		return shown;
	}

	register(given) {
		this.#count();
		this.#check(given);
		const kept = {};
		for (const name of ["redirect_uris", "client_kind", "client_uri",
		    "logo_uri", "policy_uri", "software_id", "software_version"])
			if (given[name])
				kept[name] = given[name];
		const at = new Date(this.now()).toISOString();
		const c = { client_id: randomBytes(16).toString("hex"),
			client_secret: random(24), client_secret_expires_at: 0,
			...kept, client_name: this.#uniqueName(given.client_name),
			grant_types: ["authorization_code", "refresh_token"],
			response_types: ["code"], pending: true,
			cozyMetadata: { doctypeVersion: "1", metadataVersion: 1,
				createdAt: at, updatedAt: at },
			created: this.now() };
		this.#all.set(c.client_id, c);
		this.#save();
		return { ...this.#shown(c),
			registration_access_token: this.#token("registration", c) };
	}

	#mine(id, authorization) {
		const m = /^Bearer (.+)$/.exec(authorization ?? "");
		const claims = m && this.#read(m[1], "registration");
		if (!claims || claims.sub !== id)
			throw new HttpError(401, { error: "invalid_token" });
	}

	read(id, authorization) {
		const c = this.#find(id);
		if (!c)
			throw new HttpError(404, { error: "Client not found" });
		this.#mine(id, authorization);
		return this.#shown(c);
	}

	change(id, authorization, given) {
		this.read(id, authorization);
		this.#count();
		const c = this.#find(id);
		if (given.client_id !== id)
			throw wrong("invalid_client_id", "client_id is mandatory");
		if (given.client_secret && given.client_secret !== c.client_secret)
			throw wrong("invalid_client_secret", "client_secret is invalid");
		this.#check(given);
		for (const name of ["redirect_uris", "client_uri", "logo_uri",
		    "policy_uri", "software_version"])
			if (given[name])
				c[name] = given[name];
		if (given.client_secret)	// shown to be known: a new one
			c.client_secret = random(24);
		c.cozyMetadata.updatedAt = new Date(this.now()).toISOString();
		this.#save();
		return this.#shown(c);
	}

	remove(id, authorization) {
		if (!this.#find(id))
			return;		// gone already is as good
		this.#mine(id, authorization);
		this.disconnect(id);
	}

	// The owner disconnects it in her settings: nobody tells the client.
	disconnect(id) {
		this.#all.delete(id);
		this.#save();
	}

	list() {
		return [...this.#all.keys()].map((id) => this.#find(id))
			.filter(Boolean).map((c) => this.#shown(c));
	}

	// ---- authorize ----

	// What GET and POST /auth/authorize both refuse, in the stack's order.
	request(p) {
		if (!p.get("state"))
			throw new PageError("Error No state parameter");
		if (!p.get("client_id"))
			throw new PageError("Error No client_id parameter");
		if (!p.get("redirect_uri"))
			throw new PageError("Error No redirect_uri parameter");
		if (p.get("response_type") !== "code")
			throw new PageError("Error Invalid response type");
		const method = p.get("code_challenge_method");
		if (method && method !== "S256")
			throw new PageError("Error Invalid challenge code method");
		if (method && !p.get("code_challenge"))
			throw new PageError("Error No challenge code");
		const client = this.#find(p.get("client_id"));
		if (!client)
			throw new PageError("Error No registered client");
		if (!client.redirect_uris.includes(p.get("redirect_uri")))
			throw new PageError("Error Incorrect redirect_uri");
		if (!p.get("scope"))
			throw new PageError("Error No scope parameter");
		return { client, rules: readScope(p.get("scope")) };
	}

	form(client) {
		const csrf = randomBytes(24).toString("base64url");
		this.#forms.set(csrf, client.client_id);
		return csrf;
	}

	accept(p, cookie) {
		const { client } = this.request(p);
		const csrf = p.get("csrf_token");
		if (!csrf || csrf !== cookie ||
		    this.#forms.get(csrf) !== client.client_id)
			throw new PageError("Error invalid csrf token", 403);
		this.#forms.delete(csrf);
		const code = randomBytes(20).toString("hex");
		this.#codes.set(code, { client_id: client.client_id,
			scope: p.get("scope"), at: this.now(),
			challenge: p.get("code_challenge") });
		const to = new URL(p.get("redirect_uri"));
		to.searchParams.set("access_code", code);
		to.searchParams.set("code", code);
		to.searchParams.set("state", p.get("state"));
		to.searchParams.sort();
		return to.href + "#";
	}

	// ---- tokens ----

	token(p) {
		const type = p.get("grant_type");
		for (const name of ["grant_type", "client_id", "client_secret"])
			if (!p.get(name))
				throw wrong(`the ${name} parameter is mandatory`);
		const client = this.#find(p.get("client_id"));
		if (!client)
			throw wrong("the client must be registered");
		if (client.client_secret !== p.get("client_secret"))
			throw wrong("invalid client_secret");
		if (type === "authorization_code")
			return this.#redeem(client, p);
		if (type === "refresh_token")
			return this.#refresh(client, p);
		throw wrong("invalid grant type");
	}

	// Stricter than the stack: a code is also forgotten after five minutes.
	#redeem(client, p) {
		if (!p.get("code"))
			throw wrong("the code parameter is mandatory");
		const code = this.#codes.get(p.get("code"));
		if (!code || code.client_id !== client.client_id ||
		    this.now() - code.at > 300e3)
			throw wrong("invalid code");
		if (code.challenge && createHash("sha256")
		    .update(p.get("code_verifier") ?? "").digest("base64url") !==
		    code.challenge)
			throw wrong("invalid code_verifier");
		this.#codes.delete(p.get("code"));
		delete client.pending;
		this.#save();
		return { token_type: "bearer", scope: code.scope,
			access_token: this.#token("access", client, code.scope),
			refresh_token: this.#token("refresh", client, code.scope) };
	}

	#refresh(client, p) {
		const claims = this.#read(p.get("refresh_token"), "refresh");
		if (!claims || claims.sub !== client.client_id)
			throw wrong("invalid refresh token");
		return { token_type: "bearer", scope: claims.scope,
			access_token: this.#token("access", client, claims.scope),
			...(this.formerly.includes(claims.iss) ? { refresh_token:
				this.#token("refresh", client, claims.scope) } : {}) };
	}
}
