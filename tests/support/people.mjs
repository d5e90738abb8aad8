// SPDX-License-Identifier: Apache-2.0
// Rows that the pages need: synthetic people, services, what services ask.
import { createHash, randomBytes, scryptSync } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guichet, root, temporary } from "./ground.mjs";
import { createDatabase, sql } from "./postgres.mjs";

const quote = (s) => `'${String(s).replaceAll("'", "''")}'`;
const bytes = (b) => `'\\x${b.toString("hex")}'`;

// As gateway/crypto/password.h keeps it.
export function passwordHash(password) {
	const salt = randomBytes(16);
	return Buffer.concat([salt, scryptSync(password, salt, 32, { N: 1024 })]);
}

export function addCustomer(url, login, name, customer, password = login) {
	sql(url, `INSERT INTO guichet.demo_customer
		(login, password_hash, customer, name) VALUES (${quote(login)},
		${bytes(passwordHash(password))}, ${quote(customer)}, ${quote(name)})`);
}

export function addClient(url, { id, name, uri, redirect, purpose,
	kind = "oauth", datasets = [] }) {
	sql(url, `INSERT INTO guichet.client (id, kind, name, uri, purpose,
		redirect_uris, datasets, jwks) VALUES (${quote(id)}, ${quote(kind)},
		${quote(name)}, ${uri ? quote(uri) : "NULL"},
		${quote(JSON.stringify(purpose ?? {}))}::jsonb,
		ARRAY[${redirect ? quote(redirect) : ""}]::text[],
		ARRAY[${datasets.map(quote)}]::text[],
		${kind === "oauth" ? `'{"keys":[]}'` : "NULL"})
		ON CONFLICT (id) DO NOTHING`);
}

// A request as PAR stores it (RFC 9126); the request_uri.
export function pushRequest(url, { client, redirect, datasets, state = "s1",
	more = {}, locales }) {
	const secret = randomBytes(32).toString("base64url");
	const params = { redirect_uri: redirect, state,
		challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		ui_locales: locales, details: [{ type: "restitution", datasets,
			...more }] };

	sql(url, `INSERT INTO guichet.pushed_request
		(hash, client_id, params, due, expires) VALUES (
		${bytes(createHash("sha256").update(secret).digest())},
		${quote(client)}, ${quote(JSON.stringify(params))}::jsonb,
		now() + interval '90 s', now() + interval '990 s')`);
	return `urn:ietf:params:oauth:request_uri:${secret}`;
}

// One synthetic energy company and its adapter: the [catalogue] settings.
export function energySource({ customers = 3, days = 3 } = {}) {
	const dir = temporary(), db = createDatabase("energy");
	const conf = join(dir, "energy/source.conf");
	const made = guichet("synth", "--sector", "energy", "--to", db.url,
		"--customers", String(customers), "--days", String(days));

	if (made.code !== 0)
		throw new Error(`guichet synth: ${made.err}`);
	cpSync(join(root, "adapters/energy"), join(dir, "energy"),
		{ recursive: true });
	writeFileSync(conf, readFileSync(conf, "utf8")
		.replace(/^url = .*$/m, `url = ${db.url}`));
	return { adapters: dir, sources: "energy" };
}
