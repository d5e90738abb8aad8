// SPDX-License-Identifier: Apache-2.0
// Behind nginx, over connections it keeps: whatever is sent to the front, the
// edge sees as many requests as the front says it passed on, and the next
// honest client gets its own answer. So the two never read the same bytes as a
// different number of requests (request smuggling, RFC 9112 11.2).
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { answers, connect, startEdge } from "../support/edge.mjs";
import { freePorts } from "../support/ground.mjs";
import { cases } from "../support/hostile.mjs";

const found = ["/usr/sbin/nginx", "/usr/bin/nginx"].find((f) =>
	spawnSync(f, ["-v"]).status === 0);
const options = { skip: found ? false : "nginx is not installed" };
const dir = mkdtempSync(join(tmpdir(), "guichet-front-"));
let edge, front, port;

before(async () => {
	if (!found)
		return;
	edge = await startEdge("idle=20000", "head=5000", "proxies=127.0.0.1");
	[port] = await freePorts(1);
	writeFileSync(join(dir, "nginx.conf"), `
		${process.getuid() === 0 ? "user root;" : ""}
		daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error;
		events {}
		http {
			log_format passed "$upstream_addr";
			access_log ${dir}/passed passed;
			client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy;
			fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u;
			scgi_temp_path ${dir}/s;
			large_client_header_buffers 4 32k;
			upstream edge {
				server 127.0.0.1:${edge.ports.listening}; keepalive 1;
			}
			server {
				listen 127.0.0.1:${port};
				keepalive_timeout 2s; lingering_close off;
				location / {
					proxy_pass http://edge;
					proxy_http_version 1.1;
					proxy_set_header Connection "";
					proxy_set_header Host $http_host;
					proxy_request_buffering off;
					proxy_next_upstream off;
				}
			}
		}`);
	front = spawn(found, ["-p", dir, "-c", join(dir, "nginx.conf")],
		{ stdio: ["ignore", "ignore", "inherit"] });
	for (let i = 0; i < 100; i++) {
		const c = connect(port);
		c.send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
		if (await c.until(() => c.text.endsWith("pong\n") || c.ended, 200) &&
		    !c.ended)
			return c.socket.destroy();
		await new Promise((r) => setTimeout(r, 50));
	}
	throw new Error("nginx does not answer");
});
after(async () => {
	if (!found)
		return;
	front.kill();
	await edge.stop();
	rmSync(dir, { recursive: true });
});

// Requests the front passed on, as it says; and those the edge saw.
const passed = () => (readFileSync(join(dir, "passed"), "utf8")
	.match(/^\d/gm) ?? []).length;
const seen = () => (edge.log.match(/call=[0-9a-f]{16} /g) ?? []).length;

test("front and edge count the same requests", options, async (t) => {
	let reached = 0;
	for (const one of cases) {
		const before = passed();
		const c = connect(port);
		c.send(one.bytes);
		// the front answers, ends, or waits for more
		await c.until(() => c.ended || answers(c.text).list.length >=
			one.statuses.length, 150);
		c.socket.destroy();
		await c.until(() => passed() === seen(), 2000);
		assert.equal(seen(), passed(), one.what);
		reached += passed() > before;
		const honest = connect(port);
		honest.send("GET /tell/honest HTTP/1.1\r\nHost: a\r\n" +
			"Connection: close\r\n\r\n");
		assert.ok(await honest.until(() => honest.ended), one.what);
		const { list } = answers(honest.text);
		assert.equal(list.length, 1, one.what);
		assert.match(list[0].body, /^honest /, one.what);
		assert.ok(await honest.until(() => passed() === seen(), 2000),
			`${one.what}: ${passed()} passed on, ${seen()} seen`);
	}
	t.diagnostic(`${cases.length} cases, ${reached} reached the edge`);
	assert.ok(reached > 30, `only ${reached} reached the edge`);
});
