// SPDX-License-Identifier: Apache-2.0
// The documents of one Cozy: what CouchDB does behind cozy-stack, as far as a
// remote client can tell. Every write is a line of received.ndjson, fsynced
// before it is acknowledged, so that a test can count what truly arrived.
import { createHash, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync,
	writeSync } from "node:fs";
import { join } from "node:path";

// CouchDB's own refusals, in the shape cozy-stack gives them in /data.
export class CouchError extends Error {
	constructor(status, error, reason) {
		super(reason);
		this.status = status;
		this.body = { ok: false, status: String(status), error, reason };
	}
}
export const conflict = () =>
	new CouchError(409, "conflict", "Document update conflict.");
const missing = (reason) => new CouchError(404, "not_found", reason);

function nextRev(old, doc) {
	const n = old ? Number(old.rev.split("-")[0]) + 1 : 1;
	return `${n}-` + createHash("md5")
		.update((old?.rev ?? "") + JSON.stringify(doc)).digest("hex");
}

export class Couch {
	#file;
	#types = new Map();	// doctype -> Map(id -> { rev, deleted, doc, at })
	#changes = 0;

	constructor(dir) {
		const path = join(dir, "received.ndjson");
		if (existsSync(path))
			for (const line of readFileSync(path, "utf8").split("\n"))
				if (line)
					this.#apply(JSON.parse(line));
		this.#file = openSync(path, "a");
	}

	close() {
		closeSync(this.#file);
	}

	#apply(e) {
		this.create(e.type);
		this.#types.get(e.type).set(e.id, { rev: e.rev,
			deleted: e.deleted ?? false, doc: e.doc, at: e.at,
			n: ++this.#changes });
	}

	// One write or a batch: one fsync.
	#record(entries) {
		if (entries.length === 0)
			return;
		writeSync(this.#file,
			entries.map((e) => JSON.stringify(e) + "\n").join(""));
		fsyncSync(this.#file);
		for (const e of entries)
			this.#apply(e);
	}

	create(type) {
		if (!this.#types.has(type))
			this.#types.set(type, new Map());
	}

	#database(type) {
		const db = this.#types.get(type);
		if (!db)
			throw missing("wrong_doctype");
		return db;
	}

	#show(type, id, e) {
		return { ...e.doc, _id: id, _rev: e.rev };
	}

	// ---- one document ----

	get(type, id) {
		const e = this.#database(type).get(id);
		if (!e || e.deleted)
			throw missing(e ? "deleted" : "missing");
		return this.#show(type, id, e);
	}

	// A document without _rev: new, or it comes back from the dead.
	put(type, id, doc) {
		this.create(type);
		const old = this.#types.get(type).get(id);
		if (old && !old.deleted)
			throw conflict();
		return this.#write(type, id, old, doc);
	}

	update(type, id, rev, doc) {
		const old = this.#database(type).get(id);
		if (!old || old.deleted)
			throw missing(old ? "deleted" : "missing");
		if (old.rev !== rev)
			throw conflict();
		return this.#write(type, id, old, doc);
	}

	add(type, doc) {
		return this.put(type, randomBytes(16).toString("hex"), doc);
	}

	remove(type, id, rev) {
		const old = this.#database(type).get(id);
		if (!old || old.deleted)
			throw missing(old ? "deleted" : "missing");
		if (old.rev !== rev)
			throw conflict();
		const e = { at: new Date().toISOString(), op: "delete", type, id,
			rev: nextRev(old, {}), deleted: true };
		this.#record([e]);
		return { _id: id, _rev: e.rev };
	}

	#entry(type, id, old, given) {
		const { _id, _rev, _type, ...doc } = given;
		return { at: new Date().toISOString(),
			op: old && !old.deleted ? "update" : "create", type, id,
			rev: nextRev(old, doc), doc };
	}

	#write(type, id, old, given) {
		const e = this.#entry(type, id, old, given);
		this.#record([e]);
		return { ...e.doc, _id: id, _rev: e.rev };
	}

	// ---- many ----

	// CouchDB's _bulk_docs: each document succeeds or conflicts by itself.
	bulk(type, docs) {
		this.create(type);
		const db = this.#types.get(type), entries = [], answers = [];
		const seen = new Map();
		for (const given of docs) {
			const id = given._id ?? randomBytes(16).toString("hex");
			const old = seen.get(id) ?? db.get(id);
			const stands = old && !old.deleted;
			if (stands ? old.rev !== given._rev :
			    given._rev && given._rev !== old?.rev) {
				answers.push({ id, error: "conflict",
					reason: "Document update conflict." });
				continue;
			}
			const e = this.#entry(type, id, old, given);
			if (given._deleted)
				Object.assign(e, { op: "delete", deleted: true,
					doc: undefined });
			entries.push(e);
			seen.set(id, e);
			answers.push({ ok: true, id, rev: e.rev });
		}
		this.#record(entries);
		return answers;
	}

	#raw(type) {
		const db = this.#types.get(type);
		if (!db)
			throw Object.assign(new Error("no database"), { status: 404,
				body: { error: "not_found",
					reason: "Database does not exist." } });
		return db;
	}

	allDocs(type, { keys, include_docs, limit, skip = 0 } = {}) {
		const db = this.#raw(type);
		const row = (id) => {
			const e = db.get(id);
			if (!e)
				return { key: id, error: "not_found" };
			return { id, key: id,
				value: { rev: e.rev,
					...(e.deleted ? { deleted: true } : {}) },
				...(include_docs ? { doc: e.deleted ? null :
					this.#show(type, id, e) } : {}) };
		};
		const live = [...db].filter(([, e]) => !e.deleted)
			.map(([id]) => id).sort();
		const ids = keys ?? live.slice(skip, limit && skip + limit);
		return { total_rows: live.length, offset: keys ? null : skip,
			rows: ids.map(row) };
	}

	normalDocs(type, limit, skip) {
		const all = this.documents(type);
		return { total_rows: all.length,
			rows: all.slice(skip, skip + limit) };
	}

	// The selectors a test needs: equality, $in, $gt..., $exists.
	find(type, { selector = {}, fields, limit, skip = 0, sort }) {
		const ops = { $eq: (a, b) => a === b, $ne: (a, b) => a !== b,
			$gt: (a, b) => b === null || a > b, $gte: (a, b) => a >= b,
			$lt: (a, b) => a < b, $lte: (a, b) => a <= b,
			$in: (a, b) => b.includes(a),
			$exists: (a, b) => (a !== undefined) === b };
		const at = (doc, path) =>
			path.split(".").reduce((o, k) => o?.[k], doc);
		const fits = (doc, sel) => Object.entries(sel).every(([k, v]) =>
			k === "$and" ? v.every((s) => fits(doc, s)) :
			k === "$or" ? v.some((s) => fits(doc, s)) :
			v !== null && typeof v === "object" ?
				Object.entries(v).every(([op, b]) =>
					ops[op](at(doc, k), b)) :
				at(doc, k) === v);
		this.#database(type);
		let docs = this.documents(type).filter((d) => fits(d, selector));
		const by = sort?.map((s) => Object.entries(s)[0]);
		for (const [k, way] of by?.reverse() ?? [])
			docs.sort((a, b) => (at(a, k) < at(b, k) ? -1 : 1) *
				(way === "desc" ? -1 : 1));
		docs = docs.slice(skip, skip + limit);
		return fields ? docs.map((d) => Object.fromEntries(
			fields.filter((f) => f in d).map((f) => [f, d[f]]))) : docs;
	}

	changes(type, since, limit, include_docs) {
		const from = Number(String(since ?? 0).split("-")[0]) || 0;
		const rows = [...this.#raw(type)].map(([id, e]) => ({ id, e }))
			.filter(({ e }) => e.n > from).sort((a, b) => a.e.n - b.e.n);
		const some = limit ? rows.slice(0, limit) : rows;
		return { last_seq: `${some.at(-1)?.e.n ?? this.#changes}-x`,
			pending: rows.length - some.length,
			results: some.map(({ id, e }) => ({ id, seq: `${e.n}-x`,
				changes: [{ rev: e.rev }],
				...(e.deleted ? { deleted: true } : {}),
				...(include_docs && !e.deleted ?
					{ doc: this.#show(type, id, e) } : {}) })) };
	}

	drop(type) {
		this.#database(type);
		this.#record([...this.#types.get(type)]
			.filter(([, e]) => !e.deleted).map(([id, e]) => ({
				at: new Date().toISOString(), op: "delete", type, id,
				rev: nextRev(e, {}), deleted: true })));
		this.#types.delete(type);
	}

	// ---- for pages and tests ----

	types() {
		return [...this.#types.keys()].sort();
	}

	documents(type) {
		const db = this.#types.get(type) ?? new Map();
		return [...db].filter(([, e]) => !e.deleted)
			.map(([id, e]) => this.#show(type, id, e));
	}

	latest(type, n) {
		const db = this.#types.get(type) ?? new Map();
		return [...db].filter(([, e]) => !e.deleted)
			.sort((a, b) => b[1].n - a[1].n).slice(0, n)
			.map(([id, e]) => ({ id, at: e.at, rev: e.rev, doc: e.doc }));
	}

	count(type) {
		return this.documents(type).length;
	}
}
