// SPDX-License-Identifier: Apache-2.0
// The HTTP edge alone (tests/tools/edge.c), started for a test.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import net from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const tools = join(root, process.env.SAN ? "build-san" : "build", "tools");

export async function startEdge(...args) {
	const child = spawn(join(tools, "edge"), args,
		{ stdio: ["ignore", "pipe", "pipe"] });
	const edge = { child, log: "", said: [], ports: {} };
	child.stderr.on("data", (d) => { edge.log += d; });
	const lines = createInterface({ input: child.stdout });
	const up = new Promise((resolve, reject) => {
		lines.on("line", (line) => {
			const m = /^(listening|tls|mtls) (\d+)$/.exec(line);
			if (m)
				edge.ports[m[1]] = Number(m[2]);
			else
				edge.said.push(line);
			if (edge.ports.listening)
				resolve();
		});
		child.on("exit", () => reject(new Error("edge ended\n" + edge.log)));
	});
	edge.ended = new Promise((done) => child.on("exit", (code, signal) =>
		done({ code, signal })));
	edge.stop = async () => {
		child.kill("SIGTERM");
		const how = await edge.ended;
		if (how.code !== 0)	// a sanitizer, or an assertion
			throw new Error(`edge ended ${JSON.stringify(how)}\n${edge.log}`);
	};
	await up;
	return edge;
}

// A socket and what it received. bytes are latin1: one character, one byte.
export function connect(port) {
	const socket = net.connect({ port, host: "127.0.0.1",
		allowHalfOpen: true });
	const c = { socket, text: "", closed: false, ended: false };
	let wake = () => {};
	socket.on("data", (d) => { c.text += d.toString("latin1"); wake(); });
	socket.on("end", () => { c.ended = true; wake(); });
	socket.on("error", () => {});
	socket.on("close", () => { c.closed = c.ended = true; wake(); });
	c.send = (bytes) => socket.write(Buffer.from(bytes, "latin1"));
	// Waits until fits() or so many ms have passed; says which.
	c.until = async (fits, ms = 3000) => {
		const end = Date.now() + ms;
		while (!fits() && Date.now() < end)
			await new Promise((r) => {
				wake = r;
				setTimeout(r, Math.min(50, end - Date.now()));
			});
		return fits();
	};
	return c;
}

// The answers in a stream of bytes; heads: which of them answer HEAD.
export function answers(text, isHead = () => false) {
	const list = [];
	for (;;) {
		const end = text.indexOf("\r\n\r\n");
		if (end < 0)
			return { list, rest: text };
		const [line, ...lines] = text.slice(0, end).split("\r\n");
		const m = /^HTTP\/1\.1 (\d{3}) /.exec(line);
		if (!m)
			return { list, rest: text };
		const status = Number(m[1]);
		const fields = Object.fromEntries(lines.map((l) => {
			const i = l.indexOf(": ");
			return [l.slice(0, i).toLowerCase(), l.slice(i + 2)];
		}));
		const none = status < 200 || status === 204 || status === 304 ||
			isHead(list.length);
		const n = none ? 0 : Number(fields["content-length"]);
		if (text.length < end + 4 + n)
			return { list, rest: text };
		list.push({ status, fields, body: text.slice(end + 4, end + 4 + n) });
		text = text.slice(end + 4 + n);
	}
}
