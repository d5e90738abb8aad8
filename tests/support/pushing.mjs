// SPDX-License-Identifier: Apache-2.0
// A gateway that pushes: one synthetic energy company, a customer who signs in
// and connects her cloud on the pages (a small browser without JavaScript), and
// the means to change her records and to count what should have arrived.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { startCozy } from "../pims/cozy/cozy.mjs";
import { guichet, root } from "./ground.mjs";
import { ask, prepareGateway, startGateway, until } from "./gateway.mjs";
import { energySource } from "./people.mjs";
import { sql } from "./postgres.mjs";

// Cookies, hidden fields, redirects not followed.
export class Browser {
	#jar = new Map();

	constructor(origin, ca) {
		Object.assign(this, { origin, ca });
	}

	async go(url, form) {
		const at = new URL(url, this.origin);
		const jar = this.#jar.get(at.origin) ?? new Map();
		const r = await ask(at.href, { ca: this.ca, agent: false,
			method: form ? "POST" : "GET",
			headers: { origin: at.origin, accept: "text/html",
				cookie: [...jar].map(([k, v]) => `${k}=${v}`).join("; "),
				...(form ? { "content-type":
					"application/x-www-form-urlencoded" } : {}) },
			body: form && new URLSearchParams(form).toString() });
		for (const line of r.headers["set-cookie"] ?? []) {
			const [, k, v] = /^([^=]+)=([^;]*)/.exec(line);
			jar.set(k, v);
		}
		this.#jar.set(at.origin, jar);
		return r;
	}

	// Every box of that name, ticked.
	static ticks(html, name) {
		return [...html.matchAll(/<input\b[^>]*>/g)].map(([tag]) => tag)
			.filter((tag) => /type="checkbox"/.test(tag) &&
				tag.includes(` name="${name}"`))
			.map((tag) => [name, /value="([^"]*)"/.exec(tag)[1]]);
	}

	static hidden(html) {
		return [...html.matchAll(/<input\b[^>]*>/g)].map(([tag]) => tag)
			.filter((tag) => /type="hidden"/.test(tag))
			.map((tag) => [/name="([^"]*)"/.exec(tag)[1],
				(/value="([^"]*)"/.exec(tag)?.[1] ?? "")
					.replaceAll("&amp;", "&")]);
	}
}

const sourceUrl = (catalogue) => /^url = (.*)$/m.exec(readFileSync(
	join(catalogue.adapters, "energy/source.conf"), "utf8"))[1];

// The adapter's own SELECT, asked for one customer.
const adapterSql = (catalogue, name, customer) => "(" + readFileSync(
	join(catalogue.adapters, `energy/${name}.sql`), "utf8")
	.replaceAll(":customer", `'${customer}'`) + "\n) AS r";
const countRecords = (catalogue, url, dataset, customer) => Number(sql(url,
	`SELECT count(*) FROM ${adapterSql(catalogue, dataset, customer)}`));
const mayTakePart = (catalogue, url, customer) => sql(url,
	`SELECT reason IS NULL FROM ${adapterSql(catalogue, "customers",
		customer)}`) === "t";

// The schema of a data set that is served here.
const schemas = new Map();
export function catalogueSchema(dataset) {
	const [domain, name] = dataset.split(/\.(.*)/s);
	if (!schemas.has(dataset))
		schemas.set(dataset, JSON.parse(readFileSync(join(root,
			`schemas/${domain}/${name}.schema.json`), "utf8")));
	return schemas.get(dataset);
}

export async function startPushing({ customers = 8, days = 3, people = 1,
	sets = ["energy.contract", "energy.load-curve"],
	settings = {}, kinds = ["cozy"], serve = true, gateway = {}, database,
	adapt = () => {} } = {}) {
	const catalogue = energySource({ customers, days });
	const source = sourceUrl(catalogue);
	const ground = await prepareGateway({ database, settings: {
		login: { mode: "demo" }, catalogue,
		watch: { interval_ms: 200, horizon_margin_ms: 500 },
		journal: { interval_ms: 50 },
		...settings,
		push: { allow: "127.0.0.0/8 ::1/128", deadline_ms: 3000, lease_s: 10,
			...settings.push } } });
	ground.settings.push.ca_file ??= ground.ca;
	ground.change({});
	adapt({ ground, source, adapter: join(catalogue.adapters, "energy") });
	const must = (...args) => {
		const r = guichet(...args);
		if (r.code !== 0)
			throw new Error(`guichet ${args.join(" ")}: ${r.err}`);
		return r.out;
	};
	// people of whom the company holds something to send
	const logins = JSON.parse(must("synth", "--logins", ground.db.url,
		"--count", String(customers), "--json")).filter(({ reference }) =>
		mayTakePart(catalogue, source, reference) && sets.every((d) =>
			countRecords(catalogue, source, d, reference) > 0))
		.slice(0, people);
	if (logins.length < people)
		throw new Error(`only ${logins.length} of them: more customers`);
	for (const kind of kinds)
		must("client", "add", kind, "--kind", kind, "--name",
			kind === "cozy" ? "Cozy" : "Solid pod",
			"--config", ground.config);
	const ca = readFileSync(ground.ca);
	const tls = { key: readFileSync(ground.settings.server.tls_key),
		cert: readFileSync(ground.settings.server.tls_certificate) };
	const cozies = [];
	const pool = new pg.Pool({ connectionString: source, max: 4 });

	pool.on("error", () => {});	// some faults are the database's
	const p = { Browser, ground, source, pool, logins, ca, tls, until: null,
		withdrawn: new Map(),	// grant -> when she was told that it is over
		customer: logins[0].reference,
		gateway: serve ? await startGateway({ ground, ...gateway }) : null };
	p.until = (question, what, ms) => until(question, what, ms).catch((e) => {
		throw new Error(`${e.message}\n${p.gateway?.logs.slice(-6000)}`);
	});
	p.startCozy = async (options = {}) => {
		const cozy = await startCozy({ ...tls,
			dir: join(ground.dir, `cozy${cozies.length}`), ...options });
		cozies.push(cozy);
		return cozy;
	};
	p.browser = (who = p.logins[0]) => {
		const b = new Browser(ground.issuer, ca);
		b.who = who;
		b.signIn = async () => {
			const page = await b.go("/login?next=%2Fme");
			const r = await b.go("/login", [...Browser.hidden(page.text)
				.filter(([k]) => k !== "next"), ["next", "/me"],
				["login", who.login], ["password", who.password]]);
			if (r.status !== 303)
				throw new Error(`sign-in: ${r.status} ${r.text}`);
		};
		return b;
	};
	p.connect = async (datasets, { kind = "cozy", address = p.cozy.origin,
		browser = p.me } = {}) => {
		const page = await browser.go("/me/connect");
		return browser.go("/me/connect", [...Browser.hidden(page.text),
			["client", kind], ["address", address], ["since", "asked"],
			["days", "365"], ...datasets.map((d) => ["dataset", d]),
			...Browser.ticks(page.text, "account"),
			["decision", "allow"]]);
	};
	// The link of our page, the Cozy's page, its button, and back.
	p.approve = async (next, { browser = p.me } = {}) => {
		const link = /href="(https:[^"]*\/auth\/authorize[^"]*)"/
			.exec(next.text)?.[1].replaceAll("&amp;", "&");
		if (!link)
			throw new Error(`no link: ${next.status} ${next.text.slice(
				next.text.indexOf("<main"), 3000)}`);
		const shown = await browser.go(link);
		const pressed = await browser.go(
			new URL("/auth/authorize", link).href,
			Browser.hidden(shown.text));
		return browser.go(pressed.headers.location);
	};
	p.withdraw = async ({ browser = p.me, grant } = {}) => {
		const id = grant ?? p.sql("SELECT id FROM guichet.grants " +
			"ORDER BY created DESC LIMIT 1");
		const page = await browser.go(`/me/withdraw/${id}`);
		const r = await browser.go(`/me/withdraw/${id}`,
			Browser.hidden(page.text));
		if (r.status !== 303)
			throw new Error(`withdraw: ${r.status} ${r.text}`);
		p.withdrawn.set(id, Date.now());
	};
	p.sql = (text) => sql(ground.db.url, text);
	p.expected = (dataset, customer = p.customer) =>
		countRecords(catalogue, source, dataset, customer);
	// What the source says now, a text for each record: its key and its change.
	p.keysAtSource = (dataset, customer, schema) => sql(source, `SELECT
		concat_ws('|', ${schema["x-natural-key"].map((k) => `r."${k}"`)
		.join(", ")}, (extract(epoch FROM r.changed) * 1000000)::bigint)
		FROM ${adapterSql(catalogue, dataset, customer)}`).split("\n")
		.filter(Boolean).sort();
	p.lines = () => p.sql("SELECT convert_from(leaf, 'UTF8')" +
		" FROM guichet.journal_line ORDER BY id")
		.split("\n").filter(Boolean).map((l) => JSON.parse(l));
	// One more day of hers is corrected at the source; the day.
	p.touchOneDay = (day, customer = p.customer) => sql(source, `
		UPDATE si.courbe_jour AS k SET date_maj = clock_timestamp()
		 WHERE (k.pdl, k.jour) = (SELECT c.pdl, c.jour
			FROM si.courbe_jour AS c JOIN crm.rattachement AS r
			  ON r.pdl = c.pdl AND c.jour BETWEEN r.date_deb AND r.date_fin
		       WHERE r.id_client = '${customer}' AND c.courante
			 ${day ? `AND c.jour = '${day}'` : ""}
		       ORDER BY c.date_maj, c.jour LIMIT 1) AND k.courante
		RETURNING k.jour`);
	p.stop = async () => {
		await p.gateway?.stop();
		// a client that a failed test kept must not keep us
		await Promise.race([pool.end(), new Promise((done) =>
			setTimeout(done, 2000).unref())]);
		for (const cozy of cozies)
			await cozy.stop().catch(() => {});
	};
	p.cozy = await p.startCozy();
	p.me = p.browser();
	if (serve)
		await p.me.signIn();
	return p;
}
