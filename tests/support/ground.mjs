// SPDX-License-Identifier: Apache-2.0
// What a gateway stands on: a directory, a database, a certificate authority,
// settings. gateway.mjs starts one on it.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const program = process.env.GUICHET_PROGRAM ??
	join(root, "build/guichet");

// Runs `guichet ...`; { code, out, err }.
export function guichet(...args) {
	const r = spawnSync(program, args, { encoding: "utf8", cwd: root });
	return { code: r.status ?? r.signal, out: r.stdout, err: r.stderr };
}

const directories = [];
process.on("exit", () => {
	for (const dir of directories)
		rmSync(dir, { recursive: true, force: true });
});

export function temporary() {
	const dir = mkdtempSync(join(tmpdir(), "guichet-test-"));
	directories.push(dir);
	return dir;
}

// Free ports on loopback, as many as asked.
export async function freePorts(n) {
	const servers = await Promise.all(Array.from({ length: n }, () =>
		new Promise((done, fail) => {
			const s = createServer().once("error", fail)
				.listen(0, "127.0.0.1", () => done(s));
		})));
	const ports = servers.map((s) => s.address().port);
	await Promise.all(servers.map((s) => new Promise((d) => s.close(d))));
	return ports;
}

const openssl = (...args) =>
	execFileSync("openssl", args, { stdio: ["ignore", "pipe", "ignore"] });

// A certificate authority and a server certificate for localhost, by the
// openssl program; { ca, certificate, key } are files.
export function certificates(dir) {
	const f = (name) => join(dir, name);

	openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
		"/CN=Test CA", "-keyout", f("ca.key"), "-out", f("ca.pem"));
	openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
		"-keyout", f("tls.key"), "-out", f("tls.csr"));
	writeFileSync(f("tls.ext"),
		"subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.2\n");
	openssl("x509", "-req", "-in", f("tls.csr"), "-CA", f("ca.pem"),
		"-CAkey", f("ca.key"), "-CAcreateserial", "-days", "2",
		"-extfile", f("tls.ext"), "-out", f("tls.pem"));
	return { ca: f("ca.pem"), certificate: f("tls.pem"), key: f("tls.key") };
}

// Settings as an object of sections, and back as a file.
export function writeSettings(path, sections) {
	writeFileSync(path, Object.entries(sections).map(([name, keys]) =>
		`[${name}]\n` + Object.entries(keys)
			.filter(([, v]) => v !== undefined)
			.map(([k, v]) => `${k} = ${v}\n`).join(""))
		.join("\n"));
	return path;
}
