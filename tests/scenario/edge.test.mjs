// SPDX-License-Identifier: Apache-2.0
// The life of a connection: deadlines, departures, back-pressure, the cap,
// interim answers, HEAD, large answers, draining.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { answers, connect, startEdge } from "../support/edge.mjs";

const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const get = (path, ...fields) =>
	[`GET ${path} HTTP/1.1`, "Host: a", ...fields, "", ""].join("\r\n");
const statuses = (c, heads) =>
	answers(c.text, heads).list.map((a) => a.status);

let edge;
before(async () => {
	edge = await startEdge("head=700", "body=700", "answer=1500", "idle=700");
});
after(() => edge.stop());
const open = () => connect(edge.ports.listening);

// Sends one byte each 50 ms until the other side ends; ms it took.
async function drip(c, bytes) {
	const began = Date.now();
	for (const b of bytes) {
		if (c.ended || c.text !== "")
			break;
		c.send(b);
		await sleep(50);
	}
	await c.until(() => c.ended);
	return Date.now() - began;
}

test("a head that drips is refused when its time is up", async () => {
	const c = open();
	const ms = await drip(c, get("/ping", "X: " + "y".repeat(200)));
	assert.deepEqual(statuses(c), [408]);
	assert.ok(ms > 600 && ms < 1500, `${ms} ms`);
});

test("so is a body", async () => {
	const c = open();
	c.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
	const ms = await drip(c, "x".repeat(900));
	assert.deepEqual(statuses(c), [408]);
	assert.ok(ms > 600 && ms < 1500, `${ms} ms`);
});

test("a silent connection is closed without a word", async () => {
	const c = open();
	const began = Date.now();
	assert.ok(await c.until(() => c.ended));
	assert.equal(c.text, "");
	assert.ok(Date.now() - began > 600);
});

test("so is one that falls silent after an answer", async () => {
	const c = open();
	c.send(get("/ping"));
	assert.ok(await c.until(() => statuses(c).length === 1));
	const began = Date.now();
	assert.ok(await c.until(() => c.ended));
	assert.deepEqual(statuses(c), [200]);
	assert.ok(Date.now() - began > 600);
});

test("an answer that takes too long: 503, the question is forgotten", async () => {
	const c = open();
	const said = edge.said.length;
	c.send(get("/nap/60000"));
	assert.ok(await c.until(() => c.ended));
	const [a] = answers(c.text).list;
	assert.equal(a.status, 503);
	assert.equal(a.fields["retry-after"], "5");
	assert.deepEqual(edge.said.slice(said), ["nap forgotten", "nap ended sent"]);
});

test("a client who leaves is noticed while its call sleeps", async () => {
	const c = open();
	const said = edge.said.length;
	c.send(get("/nap/1200"));
	await sleep(100);
	c.socket.destroy();
	assert.ok(await c.until(() => edge.said.length === said + 2, 500));
	assert.deepEqual(edge.said.slice(said), ["nap forgotten", "nap ended left"]);
	assert.match(edge.log, /GET \/nap\/\{ms\} left/);
});

test("even behind more requests than are read ahead", async () => {
	const c = open();
	const said = edge.said.length;
	// more than the edge takes, less than the kernel holds for it
	c.send(get("/nap/1200") + get("/ping").repeat(2500));
	await sleep(200);
	c.socket.destroy();
	assert.ok(await c.until(() => edge.said.length >= said + 2, 700));
	assert.equal(edge.said[said + 1], "nap ended left");
});

test("requests sent ahead wait their turn, in order, all answered", async () => {
	const c = open();
	c.send(get("/nap/300") + get("/tell/second") +
		get("/large/50000") + get("/tell/fourth") + get("/ping").repeat(3000));
	await c.until(() => statuses(c).length === 3004, 5000);
	const { list } = answers(c.text);
	assert.equal(list.length, 3004);
	assert.equal(list[0].body, "pong\n");
	assert.match(list[1].body, /^second /);
	assert.equal(list[2].body.length, 50000);
	assert.match(list[3].body, /^fourth /);
	c.socket.destroy();
});

test("a client that does not read is not read either, then dropped", async () => {
	const c = open();
	c.socket.pause();
	const rss = () => Number(/VmRSS:\s+(\d+)/.exec(
		readFileSync(`/proc/${edge.child.pid}/status`, "utf8"))[1]);
	c.send(get("/large/60000000"));
	assert.ok(await c.until(() => rss() > 58000), "the answer is not made");
	await sleep(200);
	const before = rss();
	for (let i = 0; i < 50; i++)
		c.send(get("/ping").repeat(1000));
	await sleep(300);
	assert.ok(rss() - before < 4000, `grew by ${rss() - before} kB`);
	await sleep(1500);
	assert.match(edge.log, /GET \/large\/\{size\} left/);
	c.socket.destroy();
});

test("a large answer arrives whole", async () => {
	const c = open();
	c.send(get("/large/5000000") + get("/ping"));
	assert.ok(await c.until(() => statuses(c).length === 2));
	const [a, b] = answers(c.text).list;
	assert.equal(a.body.length, 5000000);
	assert.equal(b.body, "pong\n");
	c.socket.destroy();
});

test("HEAD tells the length and sends nothing", async () => {
	const c = open();
	c.send("HEAD /large/5000 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/ping"));
	assert.ok(await c.until(() => c.text.endsWith("pong\n")));
	const { list } = answers(c.text, (i) => i === 0);
	assert.equal(list[0].fields["content-length"], "5000");
	assert.equal(list[1].body, "pong\n");
	c.socket.destroy();
});

test("204 has neither body nor length", async () => {
	const c = open();
	c.send(get("/empty") + get("/ping"));
	assert.ok(await c.until(() => statuses(c).length === 2));
	assert.equal(answers(c.text).list[0].fields["content-length"], undefined);
	c.socket.destroy();
});

const expecting = (path, n) => [`POST ${path} HTTP/1.1`, "Host: a",
	`Content-Length: ${n}`, "Expect: 100-continue", "", ""].join("\r\n");

test("100 Continue, when the body is wanted", async () => {
	const c = open();
	c.send(expecting("/echo", 5));
	assert.ok(await c.until(() => statuses(c).length === 1));
	assert.deepEqual(statuses(c), [100]);
	c.send("hello");
	assert.ok(await c.until(() => statuses(c).length === 2));
	assert.equal(answers(c.text).list[1].body, "hello");
	c.socket.destroy();
});

test("no 100 when the body came along", async () => {
	const c = open();
	c.send(expecting("/echo", 5) + "hello");
	assert.ok(await c.until(() => statuses(c).length === 1));
	assert.deepEqual(statuses(c), [200]);
	c.socket.destroy();
});

test("no 100 when it is not wanted: 413, 404, 405 at once", async () => {
	for (const [path, status] of [["/echo", 413], ["/nope", 404], ["/ping", 405]]) {
		const c = open();
		c.send(expecting(path, 100000));
		assert.ok(await c.until(() => c.ended));
		assert.deepEqual(statuses(c), [status]);
	}
});

test("an early refusal reaches a client that is still sending", async () => {
	const c = open();
	c.send("POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n" +
		"x".repeat(900000));
	assert.ok(await c.until(() => statuses(c).length === 1));
	assert.deepEqual(statuses(c), [413]);
	c.socket.destroy();
});

test("a refusal on an OAuth route looks like OAuth", async () => {
	const c = open();
	c.send("POST /tell/x?a=%ff HTTP/1.1\r\nHost: a\r\n\r\n");
	assert.ok(await c.until(() => statuses(c).length === 1));
	const [a] = answers(c.text).list;
	assert.equal(a.status, 400);
	assert.equal(a.fields["cache-control"], "no-store");
	assert.equal(JSON.parse(a.body).error, "invalid_request");
	c.socket.destroy();
});

test("paths and queries stay out of the log", async () => {
	const c = open();
	c.send(get("/tell/marguerite?a=secret%20word", "Authorization: DPoP abcdef"));
	assert.ok(await c.until(() => statuses(c).length === 1));
	assert.match(answers(c.text).list[0].body, /^marguerite secret word /);
	await c.until(() => edge.log.includes("GET /tell/{name} 200"));
	assert.doesNotMatch(edge.log, /marguerite|secret|abcdef|127\.0\.0\.1/);
	c.socket.destroy();
});

test("at the cap: idle ones make room, busy ones do not (503)", async () => {
	const small = await startEdge("connections=3", "idle=20000", "head=20000");
	const ask = async (path) => {
		const c = connect(small.ports.listening);
		c.send(get(path));
		if (path === "/ping")
			assert.ok(await c.until(() => statuses(c).length === 1));
		return c;
	};
	const busy = [await ask("/nap/1500"), await ask("/nap/1500")];
	const idle = await ask("/ping");
	const next = await ask("/ping");
	assert.deepEqual(statuses(next), [200]);
	assert.ok(await idle.until(() => idle.ended, 500), "the idle one stays");
	const last = await ask("/nap/1500");
	assert.ok(await next.until(() => next.ended, 500));
	const extra = await ask("/ping");
	assert.ok(await extra.until(() => extra.ended));
	assert.deepEqual(statuses(extra), [503]);
	for (const c of [...busy, last])
		assert.ok(await c.until(() => statuses(c)[0] === 200));
	await small.stop();
});

test("out of descriptors: those who wait are served when others leave",
	async () => {
		const poor = await startEdge("files=40", "idle=20000", "head=20000");
		const list = Array.from({ length: 60 }, () =>
			connect(poor.ports.listening));
		for (const c of list)
			c.send(get("/ping"));
		const served = () => list.filter((c) => statuses(c).length === 1);
		await list[0].until(() => served().length >= 25);
		await sleep(300);
		assert.ok(served().length < 40, `${served().length} served`);
		assert.match(poor.log, /not accepted for a moment/);
		for (const c of served())
			c.socket.destroy();
		await list[0].until(() => served().length === 60);
		assert.equal(served().length, 60);
		for (const c of list)
			c.socket.destroy();
		await poor.stop();
	});

test("draining: idle ones end at once, calls are answered, then it ends",
	async () => {
		const last = await startEdge("idle=20000", "head=20000");
		const idle = connect(last.ports.listening);
		const busy = connect(last.ports.listening);
		idle.send(get("/ping"));
		busy.send(get("/nap/600") + get("/ping"));
		assert.ok(await idle.until(() => statuses(idle).length === 1));
		await sleep(100);
		const stopped = last.stop();
		assert.ok(await idle.until(() => idle.ended, 400));
		assert.equal(busy.ended, false);
		assert.ok(await busy.until(() => busy.ended));
		const { list } = answers(busy.text);
		assert.deepEqual(list.map((a) => a.status), [200]);
		assert.equal(list[0].fields.connection, "close");
		await stopped;
	});

test("draining ends at its deadline, whatever sleeps", async () => {
	const last = await startEdge("answer=60000");
	const c = connect(last.ports.listening);
	c.send(get("/nap/60000"));
	await sleep(100);
	const began = Date.now();
	await last.stop();
	assert.ok(Date.now() - began < 3500);
	assert.deepEqual(last.said, ["nap forgotten", "nap ended left"]);
});
