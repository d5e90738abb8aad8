// SPDX-License-Identifier: Apache-2.0
// What the small PIMS shows: days of electricity, bills, calls, contracts.
const esc = (x) => String(x ?? "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const STYLE = `:root{color-scheme:light dark;--ink:#1d2733;--soft:#5c6b7a;--line:#d9e0e7;
--paper:#fff;--ground:#f3f6f8;--leaf:#0b7a5b}
@media(prefers-color-scheme:dark){:root{--ink:#e8eef3;--soft:#9fb0bf;--line:#33414e;
--paper:#18222b;--ground:#0f161c;--leaf:#4fd0a5}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.55 system-ui,sans-serif}main{max-width:60rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.7rem;margin:0}h2{font-size:1.1rem;margin:0 0 .6rem}p{margin:.4rem 0}
.soft{color:var(--soft)}.card{background:var(--paper);border:1px solid var(--line);
border-radius:12px;padding:1.1rem 1.3rem;margin:1rem 0;overflow-x:auto}
.fault{border-color:#c2410c}button{font:inherit;font-weight:600;border:0;border-radius:8px;
padding:.6rem 1.2rem;background:var(--leaf);color:var(--paper);cursor:pointer}
form{display:inline-block;margin:.6rem .6rem 0 0}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem .3rem 0;
border-bottom:1px solid var(--line)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
svg{display:block;width:100%;height:auto}svg rect{fill:var(--leaf)}svg text{fill:var(--soft);
font-size:11px}`;

const button = (to, label) =>
	`<form method="post" action="${to}"><button>${label}</button></form>`;

// Bars over a day: values in order, each with what it says when pointed at.
function dayChart(label, values, told) {
	const most = Math.max(1, ...values);
	const w = 720 / values.length;
	const bars = values.map((v, i) => `<rect x="${(i * w).toFixed(1)}" y="${
		(120 - 112 * v / most).toFixed(1)}" width="${(w - 1).toFixed(1)}" height="${
		(112 * v / most).toFixed(1)}"><title>${esc(told(i))}</title></rect>`);
	const hours = [0, 6, 12, 18].map((h) =>
		`<text x="${h / 24 * 720}" y="136">${h} h</text>`);
	return `<svg viewBox="0 0 720 140" role="img" aria-label="${esc(label)}">${
		bars.join("")}${hours.join("")}</svg>`;
}

function loadCurve(got) {
	const days = got.records.toSorted((a, b) => a.day < b.day ? 1 : -1);
	const kwh = (d) => (d.total / 1000).toFixed(1);
	const mean = days.slice(0, 30).reduce((s, d) => s + d.total, 0) / 30000;
	return days.length ? `<p>${esc(days[0].day)}: <strong>${kwh(days[0])} kWh</strong>
<span class="soft">(last 30 days: ${mean.toFixed(1)} a day)</span></p>${
		dayChart(`Use of ${days[0].day}, through the day`,
			days[0].readings.map((r) => r.energy), (i) =>
				`${days[0].readings[i].start}: ${days[0].readings[i].energy} Wh`)}` : "";
}

function invoices(got) {
	const rows = got.records.toSorted((a, b) => a.date < b.date ? 1 : -1)
		.slice(0, 8).map((b) => `<tr><td>${esc(b.date)}</td><td>${esc(b.period.start)} to ${
		esc(b.period.end)}</td><td class="n">${b.consumption} kWh</td><td class="n">${
		b.amount.toFixed(2)} ${esc(b.currency)}</td><td>${esc(b.status.toLowerCase())}</td></tr>`);
	return `<table><tr><th>Date</th><th>Period</th><th class="n">Used</th>
<th class="n">Amount</th><th></th></tr>${rows.join("")}</table>`;
}

function calls(got) {
	const hours = Array(24).fill(0);
	let talk = 0;
	for (const c of got.records) {
		hours[Number(c.start.slice(11, 13))]++;
		talk += c.duration ?? 0;
	}
	return `<p>${got.records.length} calls and messages, ${
		Math.round(talk / 3600)} hours of talk. When you call and write:</p>${
		dayChart("Calls and messages by hour of the day", hours,
			(h) => `${h} h: ${hours[h]}`)}`;
}

function contracts(got) {
	return `<ul>${got.records.map((c) => `<li>${esc(c.contract)}: ${
		esc(c.offer?.name ?? c.plan?.name)}, since ${esc(c.start)}${
		c.end ? ` until ${esc(c.end)}` : ""} <span class="soft">(${
		esc(c.supply_address?.city ?? c.line)})</span></li>`).join("")}</ul>`;
}

const count = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;

const views = { "energy.load-curve": ["Electricity", loadCurve],
	"energy.invoice": ["Energy bills", invoices],
	"telecom.call-detail": ["Calls", calls],
	"energy.contract": ["Energy contracts", contracts],
	"telecom.contract": ["Phone contracts", contracts] };

const sections = (got) => Object.entries(got).map(([id, g]) => {
	const [title, view] = views[id] ?? [id, () => ""];
	return `<section class="card"><h2>${esc(title)}</h2>${view(g)}
<p class="soft">${count(g.records.length, "record")} of ${esc(id)} in ${
		count(g.pages, "page")}</p></section>`;
}).join("");

export function show(s) {
	return `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Ma Vie en Clair</title>
<style>${STYLE}</style><main><h1>Ma Vie en Clair</h1>
<p class="soft">A small PIMS for trials: it pulls what you allow, and shows it to you.</p>
${s.fault ? `<div class="card fault"><strong>${esc(s.fault)}</strong></div>` : ""}
${s.token ? `${button("/pull", "Pull again")}${button("/connect", "Ask again")}
<p><a href="/records.json">All of it, as JSON</a></p>` :
	`<div class="card"><p>Your energy and telecom supplier can hand your records to you, here.</p>
${button("/connect", "Connect the Régie de Valombre")}</div>`}
${s.got ? sections(s.got) : ""}</main></html>`;
}
