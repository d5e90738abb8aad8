// SPDX-License-Identifier: Apache-2.0
// A journal with lines in it, and no gateway around: settings, keys, tables,
// people, lines as statements would have written them, ordered and signed.
import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { guichet, root, temporary, writeSettings } from "./ground.mjs";
import { createDatabase, sql } from "./postgres.mjs";

const b64url = (b) => b.toString("base64url");

// RFC 9562 version 7, at this time.
export function uuid7(ms = Date.now()) {
	const hex = ms.toString(16).padStart(12, "0") + "7" +
		randomUUID().replaceAll("-", "").slice(13);
	return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class Ledger {
	// On the ground of a gateway (gateway.mjs), or on one of its own.
	constructor(settings = {}, ground) {
		this.people = {};
		if (ground) {
			Object.assign(this, { dir: ground.dir, config: ground.config,
				db: ground.db });
			return;
		}
		this.dir = temporary();
		this.config = join(this.dir, "guichet.conf");
		this.db = createDatabase("ledger");
		mkdirSync(join(this.dir, "keys"), { mode: 0o700 });
		this.settings = {
			organisation: { name: "Test", contact: "dpo@example.org" },
			server: { public_url: "https://counter.example" },
			database: { url: this.db.url },
			keys: { directory: join(this.dir, "keys") }, ...settings };
		writeSettings(this.config, this.settings);
		for (const args of [["migrate"], ["key", "new"]])
			this.must(...args);
	}

	must(...args) {
		const r = guichet(...args, "--config", this.config);
		if (r.code !== 0)
			throw new Error(`guichet ${args.join(" ")}: ${r.out}${r.err}`);
		return r.out;
	}
	run(...args) {
		return guichet(...args, "--config", this.config);
	}
	sql(text) {
		return sql(this.db.url, text);
	}

	// A customer who came; { id, key, customer }.
	person(customer) {
		const p = { id: randomUUID(), key: randomBytes(32), customer };
		this.sql(`INSERT INTO guichet.subject (id, customer, key) VALUES
			('${p.id}', '${customer}', '\\x${p.key.toString("hex")}')`);
		return this.people[customer] = p;
	}

	// One line, as gateway/journal/line.c makes it.
	line({ ev = "pull.begun", at = Date.now(), person, to, ds, oc, n, b, att, lag, act,
		side = {}, log = 0 }) {
		const id = uuid7(at), salt = randomBytes(32);
		const all = person ? { subject: person.id, ...side } : side;
		const bytes = Buffer.from(JSON.stringify(all));
		const tag = person && b64url(createHmac("sha256", person.key).update(id)
			.digest().subarray(0, 16));
		const cm = b64url(createHash("sha256").update("guichet/side/v1\n")
			.update(salt).update(bytes).digest());
		const bare = bytes.length === 2;
		const leaf = JSON.stringify({ v: 1, id, t: new Date(at).toISOString(), ev,
			ds, to, oc, n, b, att, lag, act, tag, cm: bare ? undefined : cm });
		return { id, log, leaf, salt: bare ? null : salt, side: bare ? null : bytes,
			person, to };
	}

	write(lines) {
		this.sql(`CREATE TABLE IF NOT EXISTS public.by_hand (id uuid);
			INSERT INTO public.by_hand VALUES ${lines.map((l) => `('${l.id}')`)
				.join(",")}`);
		const hex = (b) => b === null ? "NULL" : `'\\x${b.toString("hex")}'`;
		this.sql(`INSERT INTO guichet.journal_line
			(id, log, leaf, salt, side, subject_id, client_id) VALUES ` +
			lines.map((l) => `('${l.id}', ${l.log},
			${hex(Buffer.from(l.leaf))}, ${hex(l.salt)}, ${hex(l.side)},
			${l.person ? `'${l.person.id}'` : "NULL"},
			${l.to ? `'${l.to}'` : "NULL"})`).join(","));
	}

	order() {
		const r = spawnSync(join(root, process.env.SAN ? "build-san" : "build",
			"tools/order"), [this.config], { encoding: "utf8" });
		if (r.status !== 0)
			throw new Error(r.stderr);
		return Number(r.stdout);
	}
}
