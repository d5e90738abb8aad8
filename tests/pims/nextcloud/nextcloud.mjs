// SPDX-License-Identifier: Apache-2.0
// A cloud of files, for trials. The WebDAV is Apache's mod_dav, a real and
// strict one; what only a Nextcloud has (Login Flow v2, app passwords one can
// take back) stands before it, as its developer manual tells.
//
//	const cloud = await startCloud({ dir, key, cert, keyFile, certFile });
//	cloud.plain		https://localhost:PORT/dav/: Apache alone, by name
//				and password (alice, horse staple)
//	cloud.origin		https://localhost:PORT: the Nextcloud
//	cloud.approve(login)	she presses "grant access" on that page
//	cloud.files(mode)	what lies there: [[path, text]]
//	cloud.passwords		the app passwords that open it now
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync,
	writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import { freePorts } from "../../support/ground.mjs";
import { ask, until } from "../../support/gateway.mjs";

const MODULES = ["mpm_event", "unixd", "authn_core", "authz_core", "authn_file",
	"authz_user", "auth_basic", "alias", "dav", "dav_fs", "dav_lock", "ssl",
	"setenvif", "headers"];
const SECTION = (where) => `<Directory "${where}">
	Dav On
	Require all granted
</Directory>`;

function configuration({ dir, tls, plain, certFile, keyFile, open }) {
	const at = "/usr/lib/apache2/modules";
	return `ServerRoot "${dir}"
PidFile "${dir}/apache.pid"
DefaultRuntimeDir "${dir}"
ErrorLog "${dir}/apache.log"
ServerName localhost
${MODULES.map((m) => existsSync(`${at}/mod_${m}.so`) ?
	`LoadModule ${m}_module ${at}/mod_${m}.so` : "").join("\n")}
${process.getuid() === 0 ? "User nobody\nGroup nogroup" : ""}
DavLockDB "${dir}/locks/db"
StartServers 1
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
Listen 127.0.0.1:${tls}
Listen 127.0.0.1:${plain}
<VirtualHost 127.0.0.1:${tls}>
	SSLEngine on
	SSLCertificateFile "${certFile}"
	SSLCertificateKeyFile "${keyFile}"
	Alias /dav "${dir}/plain"
</VirtualHost>
<VirtualHost 127.0.0.1:${plain}>
	Alias /remote.php/dav/files/alice "${dir}/next"
</VirtualHost>
<Directory "${dir}/plain">
	Dav On
	AuthType Basic
	AuthName "cloud"
	AuthUserFile "${dir}/users"
	Require valid-user
</Directory>
${SECTION(`${dir}/next`)}
`;
}

const walk = (dir, under = "") => readdirSync(join(dir, under),
	{ withFileTypes: true }).flatMap((e) => e.name.startsWith(".DAV") ? [] :
	e.isDirectory() ? walk(dir, join(under, e.name)) :
	[[join(under, e.name), readFileSync(join(dir, under, e.name), "utf8")]]);

export async function startCloud({ dir, key, cert, keyFile, certFile }) {
	const [tls, plain] = await freePorts(2);
	chmodSync(dir, 0o755);
	for (const d of ["plain", "next", "locks"]) {
		mkdirSync(join(dir, d), { recursive: true });
		chmodSync(join(dir, d), 0o777);
	}
	writeFileSync(join(dir, "users"), `alice:{SHA}${createHash("sha1")
		.update("horse staple").digest("base64")}\n`);
	writeFileSync(join(dir, "apache.conf"), configuration({ dir, tls, plain,
		certFile, keyFile }));
	const child = spawn("/usr/sbin/apache2", ["-X", "-f",
		join(dir, "apache.conf")], { stdio: ["ignore", "ignore", "pipe"] });
	let logs = "";
	child.stderr.on("data", (d) => logs += d);
	process.on("exit", () => child.kill("SIGKILL"));
	await until(() => ask(`http://127.0.0.1:${plain}/`).then(() => true,
		() => child.exitCode !== null), "Apache");
	if (child.exitCode !== null)
		throw new Error(`Apache ended: ${logs}`);

	const cloud = { passwords: new Map(), waiting: new Map(), seen: [],
		behave: null, agents: [] };
	const basic = (req) => Buffer.from((req.headers.authorization ?? "")
		.replace(/^Basic /, ""), "base64").toString().split(":");
	const known = (req) => {
		const [login, password] = basic(req);
		return cloud.passwords.get(password) === login;
	};
	const json = (res, status, body) => res.writeHead(status,
		{ "content-type": "application/json" }).end(JSON.stringify(body));
	const routes = {
		"POST /index.php/login/v2": (req, res) => {
			const token = randomBytes(32).toString("hex");
			const flow = randomBytes(16).toString("hex");
			cloud.agents.push(req.headers["user-agent"]);
			cloud.waiting.set(token, { flow, approved: false });
			json(res, 200, { poll: { token,
				endpoint: `${cloud.origin}/login/v2/poll` },
				login: `${cloud.origin}/login/v2/flow/${flow}` });
		},
		"POST /login/v2/poll": async (req, res) => {
			let body = "";
			for await (const part of req)
				body += part;
			const token = new URLSearchParams(body).get("token");
			const w = cloud.waiting.get(token);
			if (!w?.approved)
				return json(res, 404, []);
			cloud.waiting.delete(token);	// once
			const password = randomBytes(24).toString("hex");
			cloud.passwords.set(password, "alice");
			json(res, 200, { server: cloud.serverSaid ?? cloud.origin,
				loginName: "alice", appPassword: password });
		},
		"DELETE /ocs/v2.php/core/apppassword": (req, res) => {
			if (!known(req) || req.headers["ocs-apirequest"] !== "true")
				return json(res, 401, {});
			cloud.passwords.delete(basic(req)[1]);
			json(res, 200, {});
		},
	};
	const server = createServer({ key, cert }, async (req, res) => {
		cloud.seen.push({ method: req.method, url: req.url });
		const other = cloud.behave?.(req);
		if (other)
			return res.writeHead(other).end();
		const act = routes[`${req.method} ${req.url}`];
		if (act)
			return act(req, res);
		if (!req.url.startsWith("/remote.php/dav/"))
			return json(res, 404, {});
		if (!known(req))
			return json(res, 401, {});
		const { authorization, ...headers } = req.headers;
		const up = request({ host: "127.0.0.1", port: plain, path: req.url,
			method: req.method, headers }, (r) => {
			res.writeHead(r.statusCode, r.headers);
			r.pipe(res);
		});
		up.on("error", () => res.destroy());
		req.pipe(up);
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	cloud.origin = `https://localhost:${server.address().port}`;
	cloud.plain = `https://localhost:${tls}/dav/`;
	cloud.approve = (login) => {
		for (const w of cloud.waiting.values())
			if (login.endsWith(`/login/v2/flow/${w.flow}`))
				w.approved = true;
	};
	cloud.files = (mode = "next") => walk(join(dir, mode));
	cloud.stop = async () => {
		child.kill("SIGTERM");
		server.closeAllConnections();
		await new Promise((done) => server.close(done));
	};
	return cloud;
}
