// SPDX-License-Identifier: Apache-2.0
// What the owner of this Cozy sees: what she received, grouped by kind, the
// latest first; days of electricity drawn; who is connected, and how to stop it.
const esc = (x) => String(x ?? "").replace(/[&<>"']/g, (c) =>
	({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;",
	   "'": "&#39;" })[c]);

// Names for the doctypes people here receive; others show as they are.
const NAMES = {
	"fr.enedis.api.meteringdata.loadcurve": ["⚡", "Electricity, half-hours"],
	"org.fing.mesinfos.contract": ["🏠", "Energy contracts"],
	"io.cozy.bills": ["🧾", "Bills"],
	"fr.orange.phonecommunicationlog": ["📞", "Calls and messages"],
	"org.fing.mesinfos.telecomcontract": ["📱", "Phone contracts"],
};

const STYLE = `
:root{--ink:#32363f;--soft:#5d6165;--line:#e4e6ea;--paper:#fff;--ground:#f5f6f7;
--blue:#297ef2;--deep:#0b3b87;color-scheme:light}
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;
color:var(--ink);background:var(--ground)}
header{background:linear-gradient(120deg,#297ef2,#6d2be2);color:#fff;
padding:1.6rem 1rem 3.4rem}
header>*,main{max-width:64rem;margin:0 auto}header p{margin:.2rem auto 0;opacity:.9}
h1{margin:0 auto;font-size:1.7rem;letter-spacing:-.01em}
main{padding:0 1rem 3rem;margin-top:-2.2rem}
.card{background:var(--paper);border:1px solid var(--line);border-radius:14px;
padding:1.1rem 1.3rem;margin:0 0 1rem;box-shadow:0 2px 8px #32363f12}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));
gap:.8rem}.tile b{display:block;font-size:1.9rem;line-height:1.1;color:var(--deep)}
.tile span{color:var(--soft);font-size:.9rem}
h2{font-size:1.1rem;margin:0;display:flex;gap:.6rem;align-items:center}
h2 small{font-weight:400;color:var(--soft);margin-left:auto}
code{font:.82rem ui-monospace,monospace;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.9rem;margin-top:.7rem}
td,th{padding:.4rem .5rem;border-top:1px solid var(--line);text-align:left;
vertical-align:top}th{color:var(--soft);font-weight:500;border:0}
td.n{text-align:right;font-variant-numeric:tabular-nums}
svg{width:100%;height:auto;display:block;margin-top:.6rem}
.scroll{overflow-x:auto}.empty{text-align:center;color:var(--soft);padding:3rem}
button{font:inherit;border-radius:8px;border:1px solid var(--line);background:#fff;
padding:.35rem .9rem;cursor:pointer;color:#b3261e}
.two{display:flex;gap:1rem;margin-top:1.4rem}.two>*{flex:1;text-align:center;
padding:.7rem;border-radius:10px;font-weight:600;text-decoration:none;color:var(--ink);
border:1px solid #95999d;background:#fff}.two button{background:var(--blue);
border-color:var(--blue);color:#fff}
ul{padding-left:1.1rem}`;

export function page(title, body) {
	return `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${esc(title)}</title>
<style>${STYLE}</style>${body}</html>`;
}

// A day of electricity: one bar for each interval.
function chart(doc) {
	const points = doc.readings.filter((r) => Number.isFinite(r.energy));
	const top = Math.max(1, ...points.map((r) => r.energy));
	const w = 720 / Math.max(1, points.length), h = 150;
	const bars = points.map((r, i) => {
		const tall = r.energy / top * (h - 14);
		return `<rect x="${(i * w + 30).toFixed(1)}" y="${
			(h - tall).toFixed(1)}" width="${(w * .78).toFixed(1)}" ` +
			`height="${tall.toFixed(1)}" rx="2" fill="url(#g)"><title>${
			esc(String(r.start).slice(11, 16))}: ${r.energy} Wh` +
			`</title></rect>`;
	}).join("");
	const hours = [0, 6, 12, 18, 24].map((k) =>
		`<text x="${30 + k * 30}" y="${h + 17}" text-anchor="middle">${
		String(k).padStart(2, "0")}:00</text>`).join("");
	return `<svg viewBox="0 0 770 ${h + 24}" role="img" aria-label="Use of ${
		esc(doc.day)}" font-size="11" fill="#5d6165"><defs><linearGradient ` +
		`id="g" x2="0" y2="1"><stop stop-color="#297ef2"/><stop offset="1" ` +
		`stop-color="#6d2be2"/></linearGradient></defs><line x1="30" x2="750" ` +
		`y1="${h}" y2="${h}" stroke="#d6d8da"/><text x="0" y="12">${top} Wh` +
		`</text>${bars}${hours}</svg>`;
}

// The few members that tell a document apart, as a cell each.
function cells(docs) {
	const plain = (v) => v !== null && v !== undefined &&
		typeof v !== "object";
	const skip = new Set(["changed", "customer", "currency", "vendor"]);
	const names = [];
	for (const { doc } of docs)
		for (const [k, v] of Object.entries(doc))
			if (plain(v) && !skip.has(k) && !names.includes(k))
				names.push(k);
	return names.slice(0, 6);
}

function table(docs) {
	const names = cells(docs);
	const show = (v) => typeof v === "string" &&
		/^\d{4}-\d\d-\d\dT/.test(v) ? v.slice(0, 16).replace("T", " ") : v;
	return `<div class="scroll"><table><tr>${names.map((n) =>
		`<th>${esc(n.replaceAll("_", " "))}</th>`).join("")}` +
		`<th>received</th></tr>${docs.map(({ doc, at }) =>
		`<tr>${names.map((n) => `<td${typeof doc[n] === "number" ?
			' class="n"' : ""}>${esc(show(doc[n]))}</td>`).join("")}` +
		`<td>${esc(at.slice(11, 19))}</td></tr>`).join("")}</table></div>`;
}

function section(type, couch) {
	const [sign, name] = NAMES[type] ?? ["📄", type];
	const docs = couch.latest(type, 8);
	const curve = docs.filter(({ doc }) => Array.isArray(doc.readings))
		.sort((a, b) => a.doc.day < b.doc.day ? 1 : -1)[0];
	return `<section class="card"><h2><span>${sign}</span>${esc(name)}` +
		`<small>${couch.count(type)} documents</small></h2>` +
		`<code>${esc(type)}</code>${curve ? `<p>${esc(curve.doc.day)}, meter ${
		esc(curve.doc.usage_point)}: <b>${curve.doc.total} Wh</b></p>` +
		chart(curve.doc) : ""}${table(docs)}</section>`;
}

// The owner's home page. It looks again by itself every two seconds.
export function home(owner, couch, clients) {
	const types = couch.types().filter((t) => couch.count(t) > 0);
	const total = types.reduce((n, t) => n + couch.count(t), 0);
	const last = types.flatMap((t) => couch.latest(t, 1))
		.map((d) => d.at).sort().at(-1);
	const linked = clients.list().filter((c) => !c.pending);
	return page(`${owner}'s Cozy`, `<header><h1>${esc(owner)}’s Cozy</h1>
<p>A personal cloud for trials: it speaks like a Cozy and keeps what it is given.</p>
</header><main id="main"><div class="card tiles">
<div class="tile"><b>${total}</b><span>documents received</span></div>
<div class="tile"><b>${types.length}</b><span>kinds</span></div>
<div class="tile"><b>${esc(last?.slice(11, 19) ?? "–")}</b><span>last one (UTC)
</span></div><div class="tile"><b>${linked.length}</b><span>connected</span></div>
</div>${types.map((t) => section(t, couch)).join("") ||
	'<p class="card empty">Nothing yet. Connect this Cozy at the counter of an ' +
	"organisation: what it gives back will appear here.</p>"}
${linked.map((c) => `<form class="card" method="post" action="/settings/disconnect">
<h2>🔗 ${esc(c.client_name)}<small><button name="client" value="${esc(c.client_id)
	}">Disconnect</button></small></h2><code>${esc(c.client_uri ??
	c.software_id)}</code></form>`).join("")}</main>
<script>setInterval(async()=>{try{const t=await(await fetch("/")).text();const m=new
DOMParser().parseFromString(t,"text/html").getElementById("main");const now=document
.getElementById("main");if(m.innerHTML!==now.innerHTML)now.replaceWith(m)}catch{}},
2000)</script>`);
}

export function authorizePage(owner, client, rules, query, csrf) {
	const hidden = [...query].map(([k, v]) => `<input type="hidden" name="${
		esc(k)}" value="${esc(v)}">`).join("");
	return page("Authorize", `<header><h1>${esc(owner)}’s Cozy</h1>
<p>${esc(client.client_name)} would like to enter.</p></header><main>
<form class="card" method="post" action="/auth/authorize">${hidden}
<input type="hidden" name="csrf_token" value="${esc(csrf)}">
<h2>${esc(client.client_name)} asks to</h2><ul>${rules.map((r) =>
	`<li>${esc(r.verbs.join(", ").toLowerCase())}: <code>${esc(r.type)
	}</code></li>`).join("")}</ul><p>It is at <code>${
	esc(client.client_uri ?? client.redirect_uris[0])}</code>.</p>
<div class="two"><a id="refuse" href="${esc(query.get("redirect_uri"))
	}?error=access_denied">Refuse</a><button id="accept">Allow</button></div>
</form></main>`);
}

export const errorPage = (words) => page("Error",
	`<header><h1>Cozy</h1></header><main><p class="card">${esc(words)}</p></main>`);
