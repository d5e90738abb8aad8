// SPDX-License-Identifier: Apache-2.0
// Every hostile request gets exactly its answer (tests/support/hostile.mjs),
// whole and byte by byte.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { answers, connect, startEdge } from "../support/edge.mjs";
import { cases } from "../support/hostile.mjs";

let edge;
before(async () => { edge = await startEdge("connections=500"); });
after(() => edge.stop());

async function ask(one, pieces) {
	const c = connect(edge.ports.listening);
	const isHead = () => one.bytes.startsWith("HEAD");
	const wanted = one.statuses.length;
	for (const p of pieces) {
		if (c.ended)
			break;
		c.send(p);
		if (pieces.length > 1)
			await new Promise(setImmediate);
	}
	const enough = () => answers(c.text, isHead).list.length >= wanted;
	assert.ok(await c.until(enough) || c.ended, "no answer");
	if (one.closed) {
		assert.ok(await c.until(() => c.ended), "it stays open");
	} else {
		assert.equal(c.ended, false, "it is closed");
		c.send("GET /tell/probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
		assert.ok(await c.until(() => c.ended), "no end behind the probe");
	}
	const { list, rest } = answers(c.text, (i) => isHead() && i < wanted);
	c.socket.destroy();
	assert.equal(rest, "", "bytes that are no answer");
	if (!one.closed)
		assert.match(list.pop()?.body ?? "", /^probe /);
	assert.deepEqual(list.map((a) => a.status), one.statuses);
	for (const a of list.filter((l) => l.status >= 400 && !isHead())) {
		assert.equal(a.fields["content-type"], "application/problem+json");
		const p = JSON.parse(a.body);
		assert.equal(p.status, a.status);
		assert.match(p.call, /^[0-9a-f]{16}$/);
		assert.match(p.type, /^https:\/\/counter\.test\/developers\/errors#/);
		assert.ok(await c.until(() => edge.log.includes(`call=${p.call} `)),
			"not in the log");
	}
	if (one.closed && list.at(-1).status >= 400)
		assert.equal(list.at(-1).fields.connection, "close");
}

test("the table is worth its name", () => {
	assert.ok(cases.length >= 150, `${cases.length} cases`);
	assert.equal(new Set(cases.map((c) => c.what)).size, cases.length);
});

for (const one of cases)
	test(one.what, async () => {
		await ask(one, [one.bytes]);
		if (one.bytes.length < 400)
			await ask(one, one.bytes.split(""));
	});
