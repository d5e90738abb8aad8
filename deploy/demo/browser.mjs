// SPDX-License-Identifier: Apache-2.0
// A browser without a window: it follows redirects, keeps cookies, and fills
// the forms that pages really have. What a page does not offer it cannot do.
import { request } from "node:https";

const REDIRECTS_MAX = 10;
const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
const text = (s) => s.replace(/&(amp|lt|gt|quot|#39);/g, (_, e) => entities[e]);

function attributes(tag) {
	const out = {};
	for (const [, name, , , a, b] of tag.matchAll(
		/([a-z-]+)(=("([^"]*)"|([^\s">]+)))?/gi))
		out[name.toLowerCase()] = text(a ?? b ?? "");
	return out;
}

// The forms of a page: where they go, what they hold, how they can be sent.
function formsOf(html) {
	return [...html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map(([, head, body]) => {
		const form = { ...attributes(head), fields: [], buttons: [] };
		for (const [, void_, kind, tag, inside] of body.matchAll(
			/<input\b([^>]*)>|<(button|select|textarea)\b([^>]*)>(.*?)<\/\2>/gs)) {
			const a = attributes(tag ?? void_);
			if (kind === "button" || a.type === "submit")
				form.buttons.push({ ...a, label: (inside ?? a.value ?? "")
					.replace(/<[^>]*>/g, "").trim() });
			else if (kind === "select")
				form.fields.push({ ...a, value: attributes(
					/<option([^>]*selected[^>]*)>/.exec(inside ?? "")?.[1] ??
					/<option([^>]*)>/.exec(inside ?? "")?.[1] ?? "").value ?? "" });
			else
				form.fields.push(a);
		}
		return form;
	});
}

export class Browser {
	constructor(ca) {
		this.ca = ca;
		this.jar = new Map();	// host -> Map(name -> value)
	}

	#once(url, { method = "GET", body, fields = {} }) {
		const cookies = this.jar.get(url.hostname + url.port) ?? new Map();
		return new Promise((done, fail) => {
			const r = request(url, { method, ca: this.ca, timeout: 15000,
				headers: { accept: "text/html,*/*", "accept-language": "en",
					...(cookies.size ? { cookie: [...cookies]
						.map(([k, v]) => `${k}=${v}`).join("; ") } : {}),
					...fields } }, (answer) => {
				let page = "";
				answer.setEncoding("utf8");
				answer.on("data", (d) => page += d);
				answer.on("error", fail);
				answer.on("end", () => done({ status: answer.statusCode,
					headers: answer.headers, page }));
			});
			r.on("timeout", () => r.destroy(new Error(`${url.host}: no answer`)));
			r.on("error", fail);
			r.end(body);
		});
	}

	#keep(url, answer) {
		const key = url.hostname + url.port;
		const cookies = this.jar.get(key) ?? new Map();
		for (const line of answer.headers["set-cookie"] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
			if (value === "" || /max-age=0/i.test(line))
				cookies.delete(name);
			else
				cookies.set(name, value);
		}
		this.jar.set(key, cookies);
	}

	// Opens an address, following redirects; { url, status, page, forms }.
	async open(address, options = {}) {
		let url = new URL(address), ask = options;
		for (let i = 0; i < REDIRECTS_MAX; i++) {
			const answer = await this.#once(url, ask);
			this.#keep(url, answer);
			if (![301, 302, 303, 307, 308].includes(answer.status))
				return this.at = { url, status: answer.status,
					page: answer.page, forms: formsOf(answer.page) };
			url = new URL(answer.headers.location, url);
			ask = answer.status >= 307 ? ask : {};
			if (options.stop?.(url))
				return this.at = { url, status: answer.status, page: "",
					forms: [] };
		}
		throw new Error(`${address}: it redirects for ever`);
	}

	// The form of this page that holds such a field or goes to such a place.
	form(fits) {
		const form = this.at.forms.find((f) => typeof fits === "string" ?
			f.fields.some((x) => x.name === fits) : fits(f));
		if (!form)
			throw new Error(`${this.at.url.pathname} (${this.at.status}) has ` +
				`no such form: ${String(fits)}; it says: ${this.words()}`);
		return form;
	}

	// Fills a form and sends it by the button fits chooses. filled: name ->
	// text, or for boxes and choices the values to tick.
	async send(form, filled = {}, fits = () => true, options = {}) {
		const sent = new URLSearchParams();
		for (const f of form.fields) {
			const ticks = filled[f.name];
			if (f.type === "checkbox" || f.type === "radio") {
				if (ticks === undefined ? "checked" in f :
					[ticks].flat().includes(f.value ?? "on"))
					sent.append(f.name, f.value ?? "on");
			} else if (f.name)
				sent.append(f.name, ticks ?? f.value ?? "");
		}
		for (const name of Object.keys(filled))
			if (!form.fields.some((f) => f.name === name))
				throw new Error(`${this.at.url.pathname}: no field '${name}'`);
		const button = form.buttons.find(fits);
		if (!button)
			throw new Error(`${this.at.url.pathname}: no such button`);
		if (button.name)
			sent.append(button.name, button.value ?? "");
		const to = new URL(form.action ?? "", this.at.url);
		return this.open(to, { ...options, method: "POST", body: String(sent),
			fields: { "content-type": "application/x-www-form-urlencoded",
				origin: this.at.url.origin } });
	}

	// The first link whose address fits.
	link(pattern) {
		for (const [, tag] of this.at.page.matchAll(/<a\b([^>]*)>/g)) {
			const { href } = attributes(tag);
			if (href && pattern.test(href))
				return new URL(href, this.at.url);
		}
		throw new Error(`${this.at.url.pathname} has no link like ${pattern}`);
	}

	// What it says, for a fault's sake.
	words() {
		return text(this.at.page.replace(/<(style|script|head).*?<\/\1>/gs, "")
			.replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ").trim().slice(0, 400);
	}
}
