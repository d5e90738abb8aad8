// SPDX-License-Identifier: Apache-2.0
// A colleague's browser: cookies kept, forms filled in, nothing else.
export class StaffMember {
	constructor(gateway) {
		this.gateway = gateway;
		this.cookies = {};
	}

	async send(path, o = {}) {
		const r = await this.gateway.ask(path, { ...o, headers: {
			...o.headers, cookie: Object.entries(this.cookies)
				.map(([k, v]) => `${k}=${v}`).join("; ") } });
		for (const line of r.headers["set-cookie"] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
			if (/Max-Age=0/.test(line))
				delete this.cookies[name];
			else
				this.cookies[name] = value;
		}
		return r;
	}

	get(path, headers) {
		return this.send(path, { headers });
	}

	post(path, fields, headers) {
		const body = new URLSearchParams(Object.entries(fields)
			.filter(([, v]) => v !== undefined)).toString();
		return this.send(path, { method: "POST", body, headers: {
			"content-type": "application/x-www-form-urlencoded",
			...headers } });
	}

	async signIn({ login, password }, { next } = {}) {
		const form = await this.get("/staff/login");
		const token = /name="token" value="([^"]+)"/.exec(form.text)[1];
		return this.post("/staff/login", { login, password, token, next });
	}

	async csrf(path = "/staff") {
		return /name="csrf" value="([^"]+)"/.exec((await this.get(path)).text)[1];
	}
}
