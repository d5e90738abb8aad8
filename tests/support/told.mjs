// SPDX-License-Identifier: Apache-2.0
// What the gateways of a whole run have told: which events of the vocabulary some
// scenario really made, and whether any seeded name stands in what they leave
// behind. tests/run.mjs asks at its end; a test that knows seeds adds them.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync }
	from "node:fs";
import { join } from "node:path";
import { root } from "./ground.mjs";
import { sql } from "./postgres.mjs";

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
const script = (name, file) => String.raw`\connect "${name}"
SELECT to_regclass('guichet.journal_line') IS NOT NULL AS journal,
       to_regclass('public.by_hand') IS NOT NULL AS hand \gset
\if :journal
\o ${file}
\if :hand
SELECT convert_from(leaf, 'UTF8') FROM guichet.journal_line
 WHERE leaf IS NOT NULL AND id NOT IN (SELECT id FROM public.by_hand);
\else
SELECT convert_from(leaf, 'UTF8') FROM guichet.journal_line
 WHERE leaf IS NOT NULL;
\endif
\o
\endif
`;
export function keepLines(base, ...names) {
	if (told_dir())
		sql(base, names.map((name) => script(name,
			join(told_dir(), `${name}.leaves`))).join(""));
}

// Every database still there, and what was kept of those that are gone.
export function eventsTold(base) {
	keepLines(base, ...sql(base, `SELECT datname FROM pg_database
		WHERE datname ~ '_[0-9]+_[0-9]+$' AND datallowconn`).split("\n")
		.filter(Boolean));
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
