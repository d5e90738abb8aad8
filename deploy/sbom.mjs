// SPDX-License-Identifier: Apache-2.0
// The bill of materials of a package (CycloneDX 1.5, JSON): the program, each
// Debian package whose library it is linked with, its version here, its
// SHA-256, and who depends on whom.
//
//     node deploy/sbom.mjs FILE.deb
import { createHash, randomUUID } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const run = (program, ...args) => execFileSync(program, args,
	{ encoding: "utf8", maxBuffer: 1 << 26, stdio: ["ignore", "pipe", "pipe"] });
const sha256 = (file) => createHash("sha256").update(readFileSync(file))
	.digest("hex");
const field = (deb, name) => run("dpkg-deb", "-f", deb, name).trim();
const purl = (name, version, arch, from) => `pkg:deb/debian/${name}@` +
	encodeURIComponent(version) + `?arch=${arch}` +
	(from ? `&upstream=${from}` : "");

// /lib and /usr/lib are one directory, and dpkg may know either name
function owner(file) {
	for (const f of [realpathSync(file), file, file.replace(/^\/usr/, ""),
		realpathSync(file).replace(/^\/usr/, "")])
		try {
			return run("dpkg-query", "-S", f).split("\n")[0].split(": ")[0];
		} catch {}
	throw new Error(`no package owns ${file}`);
}

const [, , deb] = process.argv;
const dir = mkdtempSync(join(tmpdir(), "guichet-sbom-"));
run("dpkg-deb", "-x", deb, dir);
const program = join(dir, "usr/bin/guichet");
// direct: what the program itself names; the others come with those
const direct = new Set([...run("objdump", "-p", program)
	.matchAll(/NEEDED\s+(\S+)/g)].map((m) => m[1]));
const found = new Map();
for (const m of run("ldd", program).matchAll(/^\s*(\S+) => (\/\S+)/gm)) {
	const [name, version, arch, source] = run("dpkg-query", "-W", "-f",
		"${Package}\t${Version}\t${Architecture}\t${source:Package}",
		owner(m[2])).split("\t");
	const one = found.get(name) ?? { name, version, arch, source, files: [],
		direct: false };
	one.files.push(m[2]);
	one.direct ||= direct.has(m[1]);
	found.set(name, one);
}
const arch = field(deb, "Architecture"), version = field(deb, "Version");
const self = purl("guichet", version, arch);
const component = (p) => ({
	type: "library", "bom-ref": purl(p.name, p.version, p.arch, p.source),
	name: p.name, version: p.version,
	purl: purl(p.name, p.version, p.arch, p.source),
	properties: p.files.map((f) => ({ name: "guichet:linked-file",
		value: basename(realpathSync(f)) + " sha256:" + sha256(f) })),
});
const list = [...found.values()].sort((a, b) => a.name < b.name ? -1 : 1);
console.log(JSON.stringify({
	bomFormat: "CycloneDX", specVersion: "1.5",
	serialNumber: `urn:uuid:${randomUUID()}`, version: 1,
	metadata: {
		timestamp: new Date().toISOString(),
		component: {
			type: "application", "bom-ref": self, name: "guichet", version,
			purl: self, licenses: [{ license: { id: "Apache-2.0" } }],
			hashes: [{ alg: "SHA-256", content: sha256(deb) }],
		},
	},
	components: list.map(component),
	dependencies: [
		{ ref: self, dependsOn: list.filter((p) => p.direct)
			.map((p) => component(p)["bom-ref"]) },
		...list.map((p) => ({ ref: component(p)["bom-ref"] })),
	],
}, null, 1));
rmSync(dir, { recursive: true });
