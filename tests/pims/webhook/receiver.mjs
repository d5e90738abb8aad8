// SPDX-License-Identifier: Apache-2.0
// A PIMS that receives by webhook, for trials: it believes nothing unsigned.
// Each message is checked twice by programs that are not ours: v1 by the
// npm package standardwebhooks, v1a by Node's own Ed25519.
//
//	const r = await startReceiver({ key, cert });
//	r.origin; r.url		where it receives; r.link: its page for customers
//	r.keys(secret, publicKey)	what it was given (several while rotating)
//	r.events		messages believed; r.refused: those that were not
//	r.records(dataset)	by id, the last one wins
//	r.behave = (event) => ({ status, fields, body })	answer otherwise
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { createServer } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";

// A raw Ed25519 key as Node wants it (RFC 8410).
const publicKey = (text) => createPublicKey({ format: "der", type: "spki",
	key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"),
		Buffer.from(text.replace(/^whpk_/, ""), "base64")]) });

export const signedBy = (key, headers, body) => {
	const said = `${headers["webhook-id"]}.${
		headers["webhook-timestamp"]}.${body}`;
	return headers["webhook-signature"].split(" ")
		.filter((s) => s.startsWith("v1a,")).some((s) => verify(null,
			Buffer.from(said), publicKey(key),
			Buffer.from(s.slice(4), "base64")));
};
const macBy = (secret, headers, body) => {
	try {
		new Webhook(secret).verify(body, headers);
		return true;
	} catch {
		return false;
	}
};

export async function startReceiver({ key, cert, port = 0,
	name = "localhost" }) {
	const given = { secrets: [], publics: [] };
	const r = { events: [], refused: [], connections: new Map(), codes: new
		Map(), behave: null, answersChallenge: true, callbacks: [] };

	// The customer's page at the PIMS: she presses its one button in the
	// test by following it; a code of one use goes back with her.
	const link = (url, res) => {
		const q = url.searchParams, code = randomBytes(12).toString("hex");
		r.codes.set(code, { subject: q.get("subject"),
			grant: q.get("grant") });
		const to = new URL(q.get("redirect_uri"));
		to.searchParams.set("code", code);
		to.searchParams.set("state", q.get("state"));
		r.callbacks.push(to.href);
		res.writeHead(303, { location: to.href }).end();
	};
	const acts = {
		"guichet.challenge": (event) => r.answersChallenge ?
			{ status: 200, body: JSON.stringify({
				challenge: event.data.challenge }) } : { status: 204 },
		"guichet.connection.opened": (event) => {
			const known = r.codes.get(event.data.code);
			if (!known || (known.grant && known.grant !==
			    event.data.grant))
				return { status: 403 };
			r.codes.delete(event.data.code);
			r.connections.set(event.data.grant, event.subject);
			return { status: 204 };
		},
		"guichet.connection.ended": (event) => {
			r.connections.delete(event.data.grant);
			return { status: 204 };
		},
	};
	const receive = async (req, res, body) => {
		const believed =
			given.secrets.some((s) => macBy(s, req.headers, body)) &&
			given.publics.some((k) => signedBy(k, req.headers, body));
		if (!believed) {
			r.refused.push({ headers: req.headers, body });
			res.writeHead(401).end();
			return;
		}
		const event = JSON.parse(body);
		const other = await r.behave?.(event, req);
		if (other?.wait)
			await sleep(other.wait);
		if (other?.cut)
			return req.socket.destroy();
		const a = other?.status ? other : { status: 204,
			...acts[event.type]?.(event) };
		if (a.status < 300)
			r.events.push({ at: Date.now(), headers: req.headers, body,
				...event });
		res.writeHead(a.status, a.fields);
		res.end(a.body);
	};
	const server = createServer({ key, cert }, async (req, res) => {
		const url = new URL(req.url, r.origin);
		let body = "";
		req.setEncoding("utf8");
		for await (const part of req)
			body += part;
		if (url.pathname === "/link")
			return link(url, res);
		if (url.pathname === "/signals")
			return r.onSignal(req, res, body);
		receive(req, res, body).catch(() => req.socket.destroy());
	});
	await new Promise((done) => server.listen(port, "127.0.0.1", done));
	r.origin = `https://${name}:${server.address().port}`;
	r.url = `${r.origin}/guichet`;
	r.link = `${r.origin}/link`;
	r.keys = (text) => {
		given.secrets.push(/whsec_\S+/.exec(text)[0]);
		given.publics.push(/whpk_\S+/.exec(text)[0]);
	};
	r.forgetOldKeys = () => {
		given.secrets.splice(0, given.secrets.length - 1);
		given.publics.splice(0, given.publics.length - 1);
	};
	r.publics = given.publics;
	r.of = (type) => r.events.filter((e) => e.type === type);
	r.records = (dataset) => new Map(r.of("guichet.records")
		.filter((e) => e.data.dataset === dataset)
		.flatMap((e) => e.data.records.map((d) => [d.id, d.record])));
	r.stop = () => new Promise((done) => {
		server.close(done);
		server.closeAllConnections();
	});
	return r;
}
