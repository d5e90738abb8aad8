// SPDX-License-Identifier: Apache-2.0
import { request as https } from "node:https";

// fetch, but trusting our test authority and showing a certificate if given.
export const fetchBy = (ca, tls = {}) => (url, { method, headers, body }) =>
	new Promise((done, fail) => {
		const r = https(url, { method, ca, ...tls, agent: false,
			headers: Object.fromEntries(new Headers(headers)) }, (a) => {
			const chunks = [];
			a.on("data", (d) => chunks.push(d));
			a.on("end", () => done(new Response(
				[204, 304].includes(a.statusCode) ? null :
					Buffer.concat(chunks),
				{ status: a.statusCode, headers: a.headers })));
			a.on("error", fail);
		});
		r.on("error", fail);
		r.end(body == null ? undefined : String(body));
	});
