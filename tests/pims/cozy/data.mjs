// SPDX-License-Identifier: Apache-2.0
// /data: cozy-stack's CouchDB-like API. Order matters and is theirs: JSON is
// parsed before the token is looked at, a missing document is told to anyone.
import { allows, HttpError } from "./clients.mjs";

const RESERVED = ["io.cozy.files", "io.cozy.files.versions", "io.cozy.jobs",
	"io.cozy.triggers", "io.cozy.apps", "io.cozy.konnectors",
	"io.cozy.permissions", "io.cozy.sharings", "io.cozy.shared",
	"io.cozy.sessions", "io.cozy.sessions.logins", "io.cozy.account_types",
	"io.cozy.settings.flags"];

const forbidden = (why) =>
	new HttpError(403, { error: `code=403, message=${why}` });
const bad = (why) =>
	new HttpError(400, { error: `Bad Request(400): ${why}` });

function parse(body) {
	let doc;
	try {
		doc = JSON.parse(body);
	} catch (e) {
		throw bad(e.message);
	}
	if (doc === null || typeof doc !== "object" || Array.isArray(doc))
		throw bad("json: cannot unmarshal into Go value of type map");
	return doc;
}

function named(type) {
	if (!/^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(type))
		throw forbidden(`${type} is not a valid doctype name`);
}

function writable(type) {
	named(type);
	if (RESERVED.includes(type) || type.startsWith("io.cozy.oauth"))
		throw forbidden(`reserved doctype ${type} unwritable`);
}

function readable(type) {
	named(type);
	if (type.startsWith("io.cozy.oauth") || type === "io.cozy.sessions")
		throw forbidden(`reserved doctype ${type} unreadable`);
}

const shown = (type, doc, more = {}) => ({ ok: true, id: doc._id,
	rev: doc._rev, type, ...more });
const number = (text, otherwise, max) => {
	const n = Number.parseInt(text, 10);
	return n >= 0 && n <= max ? n : otherwise;
};

const CHANGES = ["feed", "style", "since", "limit", "timeout", "include_docs",
	"heartbeat", "_nonce", "seq_interval"];

// r: { method, type, id, query, body, authorization } -> [status, body]
export function data(r, couch, clients) {
	const { type } = r;
	const allow = (verb, doc) => {
		const { scope } = clients.permission(r.authorization);
		if (!allows(scope, verb, type, doc))
			throw forbidden("Forbidden");
	};
	const allowWhole = (verb) => allow(verb);

	const actions = {
		"GET :id": () => {
			readable(type);
			const doc = couch.get(type, r.id);
			allow("GET", doc);
			return [200, { ...doc, _type: type }];
		},
		"PUT :id": () => {
			const doc = parse(r.body);
			writable(type);
			if (!doc._id !== !doc._rev)
				throw bad("You must either provide an _id and _rev in " +
					"document (update) or neither (create with " +
					"fixed id).");
			if (doc._id && doc._id !== r.id)
				throw bad("document _id doesnt match url");
			allow(doc._id ? "PUT" : "POST", { ...doc, _id: r.id });
			const made = doc._id ?
				couch.update(type, r.id, doc._rev, doc) :
				couch.put(type, r.id, doc);
			return [200, shown(type, made,
				{ data: { ...made, _type: type } })];
		},
		"DELETE :id": () => {
			const rev = r.ifMatch || r.query.get("rev");
			if (r.ifMatch && r.query.get("rev") &&
			    r.ifMatch !== r.query.get("rev"))
				throw bad("If-Match Header and rev query parameters " +
					"mismatch");
			if (!rev)
				throw bad("delete without revision");
			writable(type);
			allow("DELETE", couch.get(type, r.id));
			return [200, shown(type, couch.remove(type, r.id, rev),
				{ deleted: true })];
		},
		"POST ": () => {
			const doc = parse(r.body);
			if (doc._id)
				throw new HttpError(400, { error: "defined_id",
					reason: "document _id should be empty",
					ok: false, status: "400" });
			writable(type);
			allow("POST", doc);
			const made = couch.add(type, doc);
			return [201, shown(type, made,
				{ data: { ...made, _type: type } })];
		},
		"PUT ": () => {
			allowWhole("POST");
			writable(type);
			couch.create(type);
			return [201, { ok: true }];
		},
		"GET ": () => {
			allowWhole("GET");
			return [200, { db_name: type, doc_count: couch.count(type) }];
		},
		"DELETE ": () => {
			allowWhole("DELETE");
			writable(type);
			couch.drop(type);
			return [200, { ok: true, deleted: true }];
		},
		"POST _bulk_docs": () => {
			allowWhole("POST");
			writable(type);
			let docs;
			try {
				({ docs } = JSON.parse(r.body));
			} catch {}
			if (!Array.isArray(docs))
				throw new HttpError(400, { error: "code=400, " +
					"message=request body is not valid JSON" });
			return [201, couch.bulk(type, docs)];
		},
		"GET _all_docs": () => {
			readable(type);
			allowWhole("GET");
			return [200, couch.allDocs(type, {
				include_docs: r.query.get("include_docs") === "true",
				limit: number(r.query.get("limit"), undefined, 1e6),
				skip: number(r.query.get("skip"), 0, 1e9) })];
		},
		"POST _all_docs": () => {
			readable(type);
			allowWhole("GET");
			const { keys } = parse(r.body);
			return [200, couch.allDocs(type, { keys,
				include_docs: r.query.get("include_docs") === "true" })];
		},
		"GET _normal_docs": () => {
			readable(type);
			allowWhole("GET");
			return [200, couch.normalDocs(type,
				number(r.query.get("limit"), 100, 1000),
				number(r.query.get("skip"), 0, 1e9))];
		},
		"POST _index": () => {
			parse(r.body);
			readable(type);
			allowWhole("GET");
			return [200, { result: "created", id: "_design/x", name: "x" }];
		},
		"POST _find": () => {
			const ask = parse(r.body);
			readable(type);
			allowWhole("GET");
			const limit = number(ask.limit, 100, 1000);
			const docs = couch.find(type, { ...ask, limit });
			return [200, { docs, limit, next: docs.length >= limit,
				bookmark: "nil" }];
		},
		"GET _changes": () => {
			for (const key of r.query.keys())
				if (!CHANGES.includes(key))
					throw bad(`Unsupported query parameter '${key}'`);
			readable(type);
			allowWhole("GET");
			return [200, couch.changes(type, r.query.get("since"),
				number(r.query.get("limit"), undefined, 1e9),
				r.query.get("include_docs") === "true")];
		},
	};
	const special = r.id.startsWith("_") || r.id === "";
	const act = actions[`${r.method} ${special ? r.id : ":id"}`];
	if (!act)
		throw new HttpError(405,
			{ error: "code=405, message=Method Not Allowed" });
	return act();
}
