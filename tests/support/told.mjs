// SPDX-License-Identifier: Apache-2.0
// What the gateways of a whole run have told: which events of the vocabulary some
// scenario really made, and whether any seeded name stands in what they leave
// behind. tests/run.mjs asks at its end; a test that knows seeds adds them.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync }
	from "node:fs";
import { join } from "node:path";
import { root } from "./ground.mjs";
import { sql, urlOf } from "./postgres.mjs";

// Made by the run, read at its end; nothing is kept when there is no run.
export const told_dir = () => process.env.GUICHET_TOLD;

export function toldBegin() {
	const dir = join(root, "build/told");
	rmSync(dir, { recursive: true, force: true });
	mkdirSync(dir, { recursive: true });
	process.env.GUICHET_TOLD = dir;
}

// A gateway's log, kept for the scan.
export function keepLog(name, text) {
	if (told_dir())
		appendFileSync(join(told_dir(), `${name}.log`), text);
}

// Lines of the product alone: those that a test wrote by hand (ledger.mjs) are
// listed by it, those of the statements' own test have no time.
const LINES = `SELECT l.leaf FROM guichet.journal_line AS l WHERE l.leaf IS NOT NULL`;
export function keepLines(url, name) {
	if (!told_dir())
		return;
	const there = sql(url, `SELECT to_regclass('guichet.journal_line') IS NOT NULL,
		to_regclass('public.by_hand') IS NOT NULL`);
	if (!there.startsWith("t"))
		return;
	appendFileSync(join(told_dir(), `${name}.leaves`), sql(url, LINES.replace(
		"l.leaf", "convert_from(l.leaf, 'UTF8')") + (there.endsWith("t") ?
		" AND l.id NOT IN (SELECT id FROM public.by_hand)" : "")) + "\n");
}

// Every database still there, and what was kept of those that are gone.
export function eventsTold(base) {
	for (const name of sql(base, `SELECT datname FROM pg_database
		WHERE datname ~ '_[0-9]+_[0-9]+$' AND datallowconn`).split("\n"))
		if (name)
			keepLines(urlOf(base, name), name);
	const told = new Set();
	for (const f of readdirSync(told_dir()).filter((n) => n.endsWith(".leaves")))
		for (const [, ev] of readFileSync(join(told_dir(), f), "utf8")
			.matchAll(/"t":"[^"]*","ev":"([a-z._]+)"/g))
			told.add(ev);
	return told;
}

// A text that must stand nowhere; known to the run's end.
export function neverTold(...texts) {
	if (told_dir())
		appendFileSync(join(told_dir(), "never"), texts.map((t) => t + "\n").join(""));
}

// Which of these texts stand in another one? Words (an e-mail, a number, a reference)
// are looked up as they are met, so that any length of log is read once.
const WORD = /[\w.+@-]{8,}/g;
export function seekers(texts) {
	const words = new Set(), phrases = [];
	for (const t of new Set(texts))
		if (t.match(WORD)?.[0] === t)
			words.add(t);
		else
			phrases.push(t);
	return (all) => {
		const found = new Set(phrases.filter((t) => all.includes(t)));
		for (const [word] of all.matchAll(WORD)) {
			const bare = word.replace(/^[.+@-]+(?=\w)|[.@-]+$/g, "");
			for (const t of [word, bare, ...bare.match(/\d{8,}/g) ?? []])
				if (words.has(t))
					found.add(t);
		}
		return [...found];
	};
}

// { text, file } of each that stands somewhere all the same.
export function leaks() {
	const never = join(told_dir(), "never");
	if (!existsSync(never))
		return [];
	const seek = seekers(readFileSync(never, "utf8").split("\n").filter(Boolean));
	return readdirSync(told_dir()).filter((n) => n !== "never").flatMap((file) =>
		seek(readFileSync(join(told_dir(), file), "utf8")).map((text) =>
			({ text, file })));
}
