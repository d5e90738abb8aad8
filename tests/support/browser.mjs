// SPDX-License-Identifier: Apache-2.0
// A browser without pages: it keeps cookies per host and follows redirects, to
// the organisation's sign-in (provider.mjs) and back.
import assert from "node:assert/strict";
import { ask } from "./gateway.mjs";

export class Browser {
	jar = {};
	constructor({ gateway, provider, ca }) {
		Object.assign(this, { gateway, provider, ca });
	}

	async go(url, options = {}) {
		const at = new URL(url, this.gateway.issuer), host = at.host;
		const jar = this.jar[host] ??= {};
		const r = await ask(String(at), { ca: this.ca, ...options, headers: {
			...options.headers,
			cookie: Object.entries(jar).map(([k, v]) => `${k}=${v}`).join("; ") } });
		for (const c of r.headers["set-cookie"] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(c);
			jar[name] = value;
		}
		r.at = at;
		r.to = r.headers.location && String(new URL(r.headers.location, at));
		return r;
	}
	// Follows redirects until a page, or until stop(url) says so.
	async follow(url, stop = () => false) {
		let r = await this.go(url);
		for (let i = 0; r.to && i < 12; i++) {
			if (stop(new URL(r.to)))
				return r;
			r = await this.go(r.to);
		}
		return r;
	}
	// To the provider's page and back, up to the callback's address.
	async there(as, { path = "/login?next=/me", acr = "",
		callback = "/login/callback" } = {}) {
		const page = await this.follow(path);
		assert.equal(page.at.origin, this.provider.issuer, page.text);
		return this.follow(`${page.at}?login=${as}&acr=${acr}`,
			(u) => u.pathname === callback);
	}
	async signIn(as, options) {
		return this.follow((await this.there(as, options)).to);
	}
	get session() {
		return this.jar[new URL(this.gateway.issuer).host]?.["__Host-guichet"];
	}
}
