// SPDX-License-Identifier: Apache-2.0
// The house of the demo: a database cluster, a synthetic organisation, keys,
// certificates, settings, a gateway, two PIMS. All of it under build/demo/.
import { execFile, spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, openSync, readFileSync, rmSync,
	writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { certificates, freePorts, program, root, writeSettings }
	from "../../tests/support/ground.mjs";
import { sql, urlOf } from "../../tests/support/postgres.mjs";
import { startCozy } from "../../tests/pims/cozy/cozy.mjs";
import { Pims, servePims, WISHES } from "./pims.mjs";

const pg = join(root, "tests/support/pg");
const run = promisify(execFile);

export const dir = process.env.GUICHET_DEMO_DIR ?? join(root, "build/demo");
export const CUSTOMERS = 40;
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const at = (name) => join(dir, name);

// The ports people remember, where they are free; whoever takes the tour by
// itself is given any.
async function ports(wanted, any) {
	const free = (port) => new Promise((done) => {
		const s = createServer().once("error", () => done(false))
			.listen(port, "127.0.0.1", () => s.close(() => done(true)));
	});
	const spare = await freePorts(wanted.length);
	return Promise.all(wanted.map(async (p, i) =>
		!any && await free(p) ? p : spare[i]));
}

export class House {
	constructor(tell, { any = false } = {}) {
		Object.assign(this, { tell, any });
		this.ends = [];		// what to undo, last first
	}

	async guichet(...args) {
		const all = this.config && !args.includes("--to") ?
			[...args, "--config", this.config] : args;
		try {
			return (await run(program, all, { cwd: root,
				maxBuffer: 1 << 26 })).stdout;
		} catch (e) {
			throw new Error(`guichet ${args.slice(0, 2).join(" ")}: ` +
				(e.stderr || e.message).trim());
		}
	}

	sql(name, text) {
		return sql(urlOf(this.cluster, name), text);
	}

	// The process that wrote this file, if it lives and is what we think.
	living(file, word) {
		try {
			const pid = Number(readFileSync(at(file), "utf8"));
			return readFileSync(`/proc/${pid}/cmdline`, "latin1")
				.includes(word) ? pid : 0;
		} catch {
			return 0;
		}
	}

	// A demo that was cut short may have left its cluster: it goes first, with its
	// gateway.
	clear() {
		if (!existsSync(dir))
			return;
		const own = this.living("pid", "node");
		if (own)
			throw new Error(`a demo is running already (pid ${own})`);
		const orphan = this.living("serve.pid", dir);
		if (orphan)
			process.kill(orphan, "SIGTERM");
		if (existsSync(at("pg")))
			spawnSync(pg, ["remove", at("pg")], { stdio: "inherit" });
		rmSync(dir, { recursive: true, force: true });
	}

	async databases() {
		this.ends.push(() => spawnSync(pg, ["remove", at("pg")],
			{ stdio: "inherit" }));
		const { stdout } = await run(pg, ["start", at("pg")]);
		this.cluster = stdout.trim();
		for (const name of ["guichet", "energy", "telecom"])
			this.sql("postgres", `CREATE DATABASE ${name}`);
		return "PostgreSQL of its own, three databases";
	}

	async people() {
		const said = await Promise.all(["energy", "telecom"].map((sector) =>
			this.guichet("synth", "--sector", sector, "--customers",
				String(CUSTOMERS), "--to", urlOf(this.cluster, sector))));
		return said.map((t) => t.trim()).join("; ");
	}

	async settings() {
		const [web, pims, cozy, admin] = await ports(
			[8443, 8444, 8445, 9464], this.any);
		this.ports = { web, pims, cozy, admin };
		this.issuer = `https://localhost:${web}`;
		this.tls = certificates(dir);
		this.ca = readFileSync(this.tls.ca);
		// the gateway reads sources by the role that can only read
		const reader = (name) => urlOf(this.cluster, name)
			.replace("user=postgres", "user=guichet_lecture");
		this.config = writeSettings(at("guichet.conf"), {
			organisation: { name: "Régie de Valombre",
				address: "1 place de l'Échantillon, 69006 Lyon",
				contact: "dpo@example.org" },
			server: { public_url: this.issuer, listen: `127.0.0.1:${web}`,
				tls_certificate: this.tls.certificate,
				tls_key: this.tls.key },
			admin: { listen: `127.0.0.1:${admin}` },
			database: { url: urlOf(this.cluster, "guichet") },
			catalogue: { schemas: join(root, "schemas"),
				adapters: join(root, "adapters"),
				sources: "energy telecom" },
			sources: { energy: reader("energy"), telecom: reader("telecom") },
			keys: { directory: at("keys") },
			login: { mode: "demo" },
			push: { allow: "127.0.0.0/8", ca_file: this.tls.ca },
			watch: { interval_ms: 500, horizon_margin_ms: 1000 },
		});
		await this.guichet("key", "new");
		await this.guichet("migrate");
		const all = JSON.parse(await this.guichet("synth", "--logins",
			urlOf(this.cluster, "guichet"), "--json"));
		this.customers = all;
		this.staff = JSON.parse(await this.guichet("staff", "demo", "--json"));
		return `certificates, keys, tables, ${all.length} people who may sign in`;
	}

	async check() {
		const said = (await this.guichet("check")).trimEnd().split("\n");
		const fine = said.filter((l) => l.startsWith(" ok "));
		return `${fine.length} data sets; ${said.at(-1)}`;
	}

	async clients() {
		const { privateKey, publicKey } = generateKeyPairSync("ec",
			{ namedCurve: "P-256" });
		const kid = randomUUID().slice(0, 8);
		const jwk = { ...privateKey.export({ format: "jwk" }), kid, alg: "ES256",
			use: "sig" };
		const open = { ...publicKey.export({ format: "jwk" }), kid, alg: "ES256",
			use: "sig" };
		this.redirect = `https://localhost:${this.ports.pims}/callback`;
		writeFileSync(at("client.jwk"), JSON.stringify(jwk), { mode: 0o600 });
		writeFileSync(at("client.jwks"), JSON.stringify({ keys: [open] }));
		await this.guichet("client", "add", "ma-vie", "--name", "Ma Vie en Clair",
			"--uri", `https://localhost:${this.ports.pims}/`,
			"--contact", "bonjour@example.net", "--jwks", at("client.jwks"),
			"--redirect-uri", this.redirect, "--datasets", WISHES.join(" "),
			"--purpose-en", "Show you your energy and phone use, and keep your bills",
			"--purpose-fr", "Vous montrer vos consommations et garder vos factures");
		await this.guichet("client", "add", "cozy", "--kind", "cozy", "--name",
			"Cozy", "--datasets", WISHES.join(" "));
		this.pims = new Pims({ issuer: this.issuer, resource: this.issuer,
			ca: this.ca, client_id: "ma-vie", key: jwk,
			redirect_uri: this.redirect });
		return "a PIMS that pulls and a personal cloud that is pushed to";
	}

	async serve() {
		const log = openSync(at("guichet.log"), "w");
		const child = spawn(program, ["serve", "--config", this.config],
			{ cwd: root, stdio: ["ignore", log, log] });
		const ended = new Promise((done) => child.on("close", (code, signal) =>
			done(this.ended = code ?? signal)));
		this.ends.push(async () => {
			if (this.ended === undefined)
				child.kill("SIGTERM");
			const late = setTimeout(() => child.kill("SIGKILL"), 10000);
			await ended;
			clearTimeout(late);
		});
		this.child = child;
		writeFileSync(at("serve.pid"), String(child.pid));
		for (let i = 0; i < 300; i++) {
			if (this.ended !== undefined)
				throw new Error(`guichet serve ended (${this.ended})\n` +
					this.logs());
			if (await this.ready())
				return `serving on ${this.issuer}`;
			await pause(50);
		}
		throw new Error(`guichet serve is not ready\n${this.logs()}`);
	}

	async ready() {
		try {
			return (await fetch(`http://127.0.0.1:${this.ports.admin}/ready`)).ok;
		} catch {
			return false;
		}
	}

	logs() {
		return readFileSync(at("guichet.log"), "utf8").trim().split("\n")
			.slice(-30).join("\n");
	}

	async receivers() {
		const tls = { cert: readFileSync(this.tls.certificate),
			key: readFileSync(this.tls.key) };
		const pims = await servePims(this.pims, { ...tls, port: this.ports.pims });
		this.ends.push(pims.stop);
		this.cozy = await startCozy({ ...tls, port: this.ports.cozy,
			dir: at("cozy"), owner: "Camille" });
		this.ends.push(this.cozy.stop);
		return `PIMS on https://localhost:${this.ports.pims}, ` +
			`Cozy on ${this.cozy.origin}`;
	}

	// What scripts need to know (docs/tutorial/first-restitution.md).
	describe() {
		writeFileSync(at("demo.json"), JSON.stringify({
			issuer: this.issuer, resource: this.issuer,
			journal: `${this.issuer}/journal`,
			admin: `http://127.0.0.1:${this.ports.admin}`,
			ca: this.tls.ca,
			customers: this.customers.map(({ login, password, reference }) =>
				({ login, password, reference })),
			staff: this.staff.map(({ login, password, roles }) =>
				({ login, password, roles })),
			client: { client_id: "ma-vie", key: at("client.jwk"),
				redirect_uri: this.redirect },
			database: urlOf(this.cluster, "guichet"),
			config: this.config,
		}, null, "\t") + "\n");
	}

	async build() {
		this.clear();
		mkdirSync(dir, { recursive: true });
		chmodSync(dir, 0o711);	// so that PostgreSQL's user may pass
		writeFileSync(at("pid"), String(process.pid));
		this.ends.push(() => rmSync(dir, { recursive: true, force: true }));
		for (const step of ["databases", "people", "settings", "check", "clients",
			"serve", "receivers"])
			await this.tell(step, () => this[step]());
		this.describe();
	}

	async leave() {
		for (const end of this.ends.splice(0).reverse())
			await end();
	}
}
