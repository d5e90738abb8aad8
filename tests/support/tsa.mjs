// SPDX-License-Identifier: Apache-2.0
// A time-stamping authority on loopback: `openssl ts -reply` behind https. Its root,
// and another one of the same name that signs as well, for who must not believe it.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";

const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });

function authority(dir) {
	mkdirSync(dir);
	const at = (name) => join(dir, name);
	const make = (name, subject, usage, ...signer) => {
		writeFileSync(at("usage"), usage);
		openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
			"-keyout", at(`${name}.key`), "-out", at(`${name}.csr`), "-subj", subject);
		openssl("x509", "-req", "-days", "2", "-in", at(`${name}.csr`), "-out",
			at(`${name}.pem`), "-extfile", at("usage"), ...signer);
	};
	make("ca", "/CN=Time Root", "basicConstraints=critical,CA:TRUE",
		"-signkey", at("ca.key"));
	make("tsa", "/CN=Time Stamps", "extendedKeyUsage=critical,timeStamping",
		"-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial");
	make("web", "/CN=No Time Stamps", "extendedKeyUsage=serverAuth",
		"-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial");
	writeFileSync(at("serial"), "01\n");
	writeFileSync(at("tsa.conf"), `[tsa]\nserial = ${at("serial")}\n` +
		"default_policy = 1.3.6.1.4.1.32473.1\ndigests = sha256\n" +
		"signer_digest = sha256\naccuracy = secs:1\ness_cert_id_alg = sha256\n");
	return { ca: at("ca.pem"), reply(query) {
		writeFileSync(at("query"), query);
		openssl("ts", "-reply", "-config", at("tsa.conf"), "-section", "tsa",
			"-queryfile", at("query"), "-signer", at("tsa.pem"), "-inkey",
			at("tsa.key"), "-out", at("reply"));
		return readFileSync(at("reply"));
	} };
}

// mode: good, or one of the ways to answer badly below.
export async function startTsa(dir, tls) {
	const good = authority(join(dir, "tsa")), other = authority(join(dir, "other"));
	const t = { asked: [], mode: "good", ca: good.ca, other: other.ca };
	let last;
	const answers = {
		good: (q) => last = good.reply(q),
		foreign: (q) => other.reply(q),
		replayed: () => last,
		another: (q) => {	// somebody else's digest, the asker's nonce
			const b = Buffer.from(q), at = b.indexOf(Buffer.from("0420", "hex")) + 2;
			b[at] ^= 1;
			return good.reply(b);
		},
		spoilt: (q) => {
			const b = good.reply(q);
			b[b.length - 9] ^= 1;
			return b;
		},
		longer: (q) => Buffer.concat([good.reply(q), Buffer.of(0)]),
		huge: () => Buffer.alloc(1 << 20, 0x30),
		empty: () => Buffer.alloc(0),
		words: () => Buffer.from("come again tomorrow"),
	};
	t.modes = Object.keys(answers).filter((m) => m !== "good");
	const server = createServer({ cert: readFileSync(tls.certificate),
		key: readFileSync(tls.key) }, (q, a) => {
		const parts = [];
		q.on("data", (d) => parts.push(d));
		q.on("end", () => {
			t.asked.push({ mode: t.mode, type: q.headers["content-type"] });
			if (t.mode === "away") {
				a.writeHead(503);
				return a.end();
			}
			a.writeHead(200, { "Content-Type": "application/timestamp-reply" });
			a.end(answers[t.mode](Buffer.concat(parts)));
		});
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	server.unref();
	t.url = `https://localhost:${server.address().port}/tsr`;
	t.stop = () => {
		server.closeAllConnections();
		server.close();
	};
	return t;
}
