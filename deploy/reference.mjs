// SPDX-License-Identifier: Apache-2.0
// The reference, the manual pages and the shell completion, from the program's
// own tables (`guichet help --json`, `guichet explain --json`), the comments
// of the routes and of the migrations: written once, told everywhere.
//
//     node deploy/reference.mjs PROGRAM md DIR	docs/reference/*.md
//     node deploy/reference.mjs PROGRAM man DIR	*.5 *.8, by scdoc
//     node deploy/reference.mjs PROGRAM bash FILE	bash completion
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ask = (program, ...args) => JSON.parse(execFileSync(program, args,
	{ encoding: "utf8", maxBuffer: 1 << 26 }));

// The story at the top of a route's file, by method and path: the first
// paragraph of the comment, without the "GET /x:" it begins with.
function stories() {
	const dir = join(root, "gateway/routes"), told = {};
	for (const f of readdirSync(dir).filter((n) => n.endsWith(".c"))) {
		const text = readFileSync(join(dir, f), "utf8")
			.replace(/^\/\* SPDX.*\*\/\n/, "");
		const comment = /^\/\*([^]*?)\*\//.exec(text)?.[1] ?? "";
		const first = comment.split("\n").map((l) =>
			l.replace(/^\s*\*? ?/, "").trim()).join("\n").trim()
			.split(/\n\n/)[0].replace(/\s+/g, " ")
			.replace(/^(?:GET|POST|DELETE|PUT)\b[^:]*: /, "")
			.replace(/^[a-z_]+\.c - /, "");
		const story = first.charAt(0).toUpperCase() + first.slice(1);
		for (const m of text.matchAll(
			/"(GET|POST|DELETE|PUT)",\s*(?:\.path = )?"(\/[^"]*)"/g))
			told[`${m[1]} ${m[2]}`] = story;
	}
	return told;
}

// Tables and columns as the migrations make them, with the comment above.
export function tables() {
	const dir = join(root, "gateway/sql/migrations"), list = new Map();
	for (const f of readdirSync(dir).sort()) {
		let above = [], section = "";
		for (const line of readFileSync(join(dir, f), "utf8").split("\n")) {
			const made = /^CREATE (?:UNLOGGED )?TABLE(?: IF NOT EXISTS)? guichet\.(\w+) \((?:\s*-- (.*))?$/
				.exec(line);
			const gone = /^DROP TABLE(?: IF EXISTS)? guichet\.(\w+)/.exec(line);
			const heading = /^-- -+ (.*?) -+$/.exec(line);
			if (made)
				list.set(made[1], { name: made[1], file: f,
					about: made[2] || above.join(" ") || section });
			else if (gone)
				list.delete(gone[1]);
			if (heading)
				section = heading[1].charAt(0).toUpperCase() +
					heading[1].slice(1) + ".";
			above = /^-- /.test(line) && !heading ?
				[...above, line.slice(3).trim()] : [];
		}
	}
	return [...list.values()].map((t) => ({ ...t,
		about: t.about.charAt(0).toUpperCase() + t.about.slice(1) }))
		.sort((a, b) => a.name < b.name ? -1 : 1);
}

export function gather(program) {
	const all = ask(program, "help", "--json");
	const told = stories();
	for (const r of all.routes)
		r.story = told[`${r.method} ${r.path}`] ?? "";
	// those on whom one comment speaks for several
	all.errors = ask(program, "explain", "--json");
	all.tables = tables();
	return all;
}

// ---- Markdown ----

const made = "<!-- Made by `make reference` from the program's tables: change " +
	"them, not this page. -->\n";
const cell = (s) => String(s ?? "").replace(/\s*\n\s*/g, " ").replace(/\|/g, "\\|").replace(/</g, "&lt;");
const code = (s) => s === "" || s == null ? "" : "`" + s + "`";
const table = (heads, rows) => `| ${heads.join(" | ")} |\n` +
	`|${heads.map(() => "---").join("|")}|\n` +
	rows.map((r) => `| ${r.map(cell).join(" | ")} |\n`).join("");
const groups = (list, key) => list.reduce((m, x) =>
	m.set(x[key], [...m.get(x[key]) ?? [], x]), new Map());

const pages = {
	settings: (all) => `# Settings\n\n\`guichet.conf\`, an INI file: one section or one \`key = value\` a line.
Paths are seen from the directory of the file. A value of more than 198 bytes, a
key set twice or unknown, an indented line are errors. \`guichet check --files\`
says so without starting anything; a reload (\`SIGHUP\`) checks first and keeps
the old settings when the new ones are wrong.

A secret is never written in the file: a setting of the type *secret file* names
one, readable by its owner alone. Under systemd it may be a credential
(\`LoadCredential=\`): \`\${CREDENTIALS_DIRECTORY}\` at the beginning of a path is that
directory.\n` + [...groups(all.settings, "section")].map(([name, rows]) =>
		`\n## [${name}]\n\n` + table(["key", "type", "default", "what it is"],
			rows.map((r) => [code(r.key), r.words ? r.words.split(" ")
				.map(code).join(" or ") : r.type === "number" ?
				`${r.min} to ${r.max}` : r.type,
			r.default === null ? "required" : code(r.default), r.sentence])))
		.join("") + "\n## [sources]\n\nOne key per source: where that source is " +
		"here, instead of the `url` of its `source.conf`.\n",
	commands: (all) => `# Commands\n\nEvery command takes \`--config FILE\` ` +
		"(`/etc/guichet/guichet.conf`) and `--help`; those that print data take " +
		"`--json`. Each has a page of its own in the manual: `man " +
		"guichet-check`.\n\nExit codes are those of sysexits(3): 0 done, 64 " +
		"misused, 65 something given is not right, 69 a database is away (try " +
		"again), 73 a file cannot be made, 78 a person must mend something. A " +
		"fault has a code; `guichet explain CODE` tells cause and cure.\n" +
		all.commands.map((c) => `\n## guichet ${c.name}\n\n${c.summary}\n\n` +
			"    guichet " + c.name + (c.usage ? " " + c.usage : "") + "\n\n" +
			table(["option", "what it does"], c.flags.filter((f) =>
				!["--config", "--json"].includes(f.name))
				.map((f) => [code(f.name), f.help]))
				.replace(/^\| option[^\n]*\n[^\n]*\n$/, "")).join(""),
	routes: (all) => "# Routes\n\nWhat answers at `public_url`, and on the admin " +
		"address. Errors are problem+json (RFC 9457) on *api* routes, RFC 6749 " +
		"5.2 on *oauth* ones, and a page on *page* ones. A `GET` route answers " +
		"`HEAD` too.\n" + [...groups(all.routes, "listener")].map(([name, rows]) =>
		`\n## ${name === "admin" ? "The admin address" : "The public address"}\n\n` +
		table(["method", "path", "kind", "what for"], rows.map((r) =>
			[r.method, code(r.path), r.kind, r.story]))).join(""),
	metrics: (all) => `# Metrics\n\n\`/metrics\` on the admin address, OpenMetrics
1.0. Any web worker answers for all processes of the host. Names are stable:
one that is here stays, with its meaning, until the next major version. Labels
are bounded by the program itself (\`route\` is a pattern, never a path that was
asked), and nothing in them is about a person. Counters end with \`_total\` on
the wire; the histogram with \`_bucket\`, \`_count\`, \`_sum\`.

\`deploy/grafana/guichet.json\` is a dashboard and \`deploy/prometheus/guichet.rules.yml\`
are alerts on them.\n\n` + table(["name", "kind", "labels", "what it counts"],
		all.metrics.map((m) => [code(m.name), m.kind,
			m.labels.split(" ").map(code).join(" "), m.help])),
	errors: (all) => "# Errors\n\nWhat is wrong before or outside a call has a " +
		"code: the message says what, where, and what to do; `guichet explain " +
		"CODE` says more.\n\n" + table(["code", "what", "why", "what to do"],
		all.errors.map((e) => [code(e.code), e.title, e.cause, e.cure])),
	events: (all) => "# Events\n\nThe closed vocabulary of the journal. " +
		"`restitution` and `consent-admin` are the two logs: what left, and who " +
		"allowed it or ran the counter.\n\nLe vocabulaire fermé du journal : ce " +
		"que chaque ligne peut dire, dans les deux langues.\n\n" +
		table(["event", "log", "family", "English", "français"],
			all.events.map((e) => [code(e.name), e.log, e.family, e.en, e.fr])),
	tables: (all) => "# Tables\n\nGuichet's own tables, in the schema `guichet` " +
		"of `[database] url`; they are made and changed by `guichet migrate`. No " +
		"record of a customer is ever in them.\n\n" +
		table(["table", "what is in it", "made by"], all.tables.map((t) =>
			[code(t.name), t.about, code(t.file)])),
};

export const markdown = (all) => Object.fromEntries(Object.entries(pages)
	.map(([name, page]) => [name + ".md", made + page(all)]));

// ---- manual pages (scdoc) ----

const esc = (s) => s.replace(/\s*\n\s*/g, " ").replace(/\\/g, "\\\\").replace(/([_*`~<>#\[\]|])/g, "\\$1");
const seeAlso = (...names) => "\n# SEE ALSO\n\n" + names.map((n) => {
	const [, name, section] = /^(.*)\((\d)\)$/.exec(n);
	return `*${esc(name)}*(${section})`;
}).join(", ") + "\n";
const exits = `
# EXIT STATUS

*0*
	Done.

*64*
	The command was misused.

*69*
	A database is away; another try may succeed.

*78*
	A person must mend something: the message names it, its place and a cure.
	*guichet explain* CODE says more.

The others are those of sysexits(3).
`;
const usage = (c) => (c.usage || "").split("\n").map((l) => l.trim())
	.map((l) => l.replace(/^or: guichet \S+ ?/, "\n")).join(" ")
	.split("\n").map((l) => `*guichet ${c.name}* ${esc(l.trim())}`.trim())
	.join("\n\n");

function man(all) {
	const out = {};
	for (const c of all.commands)
		out[`guichet-${c.name}.8.scd`] = `guichet-${c.name}(8)

# NAME

guichet-${c.name} - ${esc(c.summary.replace(/\.$/, "").replace(/^./, (x) => x.toLowerCase()))}

# SYNOPSIS

${usage(c)}

# OPTIONS

${[...c.flags, { name: "--help", type: "set", help: "print how it is used" }]
	.map((f) => {
		const m = f.type === "set" ? null : /^(\S+|"[^"]*") {2}(.*)$/s.exec(f.help);
		return `*${f.name}*${m ? " " + esc(m[1]) : ""}\n\t${esc(m ? m[2] : f.help)}\n`;
	}).join("\n")}${exits}${seeAlso("guichet(8)", "guichet.conf(5)")}`;
	out["guichet.8.scd"] = `guichet(8)

# NAME

guichet - hand people their own data back

# SYNOPSIS

*guichet* COMMAND [OPTION...] [*--config* FILE]

# DESCRIPTION

Guichet stands beside an organisation's PostgreSQL databases and hands its
customers their own records, for good, in the personal cloud they chose.
Nothing leaves without a live consent and a line in a journal that cannot be
altered unseen.

*guichet serve* is the gateway; the other commands prepare, check, watch and
prove.

# COMMANDS

${all.commands.map((c) => `*guichet-${esc(c.name)}*(8)\n\t${esc(c.summary)}\n`).join("\n")}
# FILES

_/etc/guichet/guichet.conf_
	The settings, see *guichet.conf*(5).

_/etc/guichet/adapters_
	One folder a source, one SQL file a data set.

_/usr/share/guichet/schemas_
	What each data set documents.

_/var/lib/guichet/keys_
	Our keys. Back them up apart from the database.

# SIGNALS

*SIGHUP*
	Read the settings, the adapters, the keys and the certificates again. They
	are checked first: when something is wrong it is said, and the old ones
	stay.

*SIGTERM*
	Take no new call, answer those under way, end.
${exits}${seeAlso("guichet.conf(5)", ...all.commands.map((c) => `guichet-${c.name}(8)`))}`;
	out["guichet.conf.5.scd"] = `guichet.conf(5)

# NAME

guichet.conf - settings of the gateway guichet

# DESCRIPTION

One [section] or one key = value a line; text after # or " ;" is a comment.
Paths are seen from the directory of the file. A secret never stands in the
file: a setting names another file, which its owner alone may read.

*$\\{CREDENTIALS\\_DIRECTORY\\}* at the beginning of a path is the directory in which
systemd hands over credentials.

${[...groups(all.settings, "section")].map(([name, rows]) =>
	`# [${name}]\n\n` + rows.map((r) => `*${esc(r.key)}*\n\t${esc(r.sentence)}` +
		(r.words ? `\n\tOne of: ${esc(r.words.split(" ").join(", "))}.` : "") +
		(r.type === "number" ? `\n\tFrom ${r.min} to ${r.max}.` : "") +
		(r.default === null ? "\n\tRequired." : r.default === "" ? "" :
			`\n\tDefault: ${esc(r.default)}`) + "\n").join("\n")).join("\n")}
# [sources]

*NAME*
	Where that source is here, instead of the url of its source.conf.
${seeAlso("guichet(8)", "guichet-init(8)", "guichet-check(8)")}`;
	return out;
}

// scdoc leaves paragraphs empty where mandoc -Tlint sees them.
function roff(scd) {
	const lines = execFileSync("scdoc", { input: scd, encoding: "utf8" })
		.replace(/^\.TH "(.*?)"/m, (m, name) => `.TH "${name.toUpperCase()}"`)
		.replace(/^\.P\n\.RE$/gm, ".RE\n.P").split("\n");
	return lines.filter((l, i) => {
		const next = lines.slice(i + 1).find((x) => x !== "") ?? ".";
		return l !== ".P" || !(/^\.(SH|TH)/.test(lines[i - 1]) ||
			/^\.(P|SH|RE|RS)?($|\s)/.test(next));
	}).join("\n");
}

// ---- bash ----

const bash = (all) => `# SPDX-License-Identifier: Apache-2.0
# bash completion for guichet; made from the program's own tables.
_guichet()
{
	local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words=
	case $prev in
	--config|--jwks|--certificate|--tables|--to|--out)
		COMPREPLY=($(compgen -f -- "$cur")); return ;;
	esac
	if [ "$COMP_CWORD" = 1 ]; then
		words="${all.commands.map((c) => c.name).join(" ")} --help --version"
	else
		case \${COMP_WORDS[1]} in
${all.commands.map((c) => `		${c.name}) words="${[...verbs(c, all),
	...c.flags.map((f) => f.name), "--help"].join(" ")}" ;;`).join("\n")}
		esac
	fi
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
	[ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _guichet guichet
`;
// "new | list" and "add ... \n or: guichet client list": the words that begin
function verbs(c, all) {
	if (c.name === "explain")
		return all.errors.map((e) => e.code);
	if (c.name === "help")
		return all.commands.map((x) => x.name);
	return [...new Set((c.usage || "").split(/\n\s*or: guichet \S+ | \| /)
		.map((p) => /^\s*([a-z]+)\b/.exec(p)?.[1]).filter(Boolean))];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const [, , program, kind, to] = process.argv;
	const all = gather(program);
	const write = (files) => {
		mkdirSync(to, { recursive: true });
		for (const [name, text] of Object.entries(files))
			writeFileSync(join(to, name), text);
	};
	if (kind === "md")
		write(markdown(all));
	else if (kind === "man")
		write(Object.fromEntries(Object.entries(man(all)).map(([name, scd]) =>
			[name.replace(/\.scd$/, ""), roff(scd)])));
	else
		writeFileSync(to, bash(all));
}
