// SPDX-License-Identifier: Apache-2.0
// A Cozy on its own, for the demo:
//	node main.mjs --key FILE --cert FILE [--port N] [--dir DIR]
//		[--owner NAME] [--name HOST]
// prints its address when it is ready.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startCozy } from "./cozy.mjs";

const { values: v } = parseArgs({ options: {
	key: { type: "string" }, cert: { type: "string" },
	port: { type: "string", default: "0" }, dir: { type: "string" },
	owner: { type: "string" }, name: { type: "string" },
	listen: { type: "string" } } });
if (!v.key || !v.cert) {
	console.error("usage: main.mjs --key FILE --cert FILE [--port N] " +
		"[--dir DIR] [--owner NAME] [--name HOST]");
	process.exit(64);
}
const cozy = await startCozy({ key: readFileSync(v.key),
	cert: readFileSync(v.cert), port: Number(v.port),
	...(v.dir ? { dir: v.dir } : {}), ...(v.owner ? { owner: v.owner } : {}),
	...(v.name ? { name: v.name } : {}),
	...(v.listen ? { host: v.listen } : {}) });
console.log(cozy.origin);
for (const s of ["SIGINT", "SIGTERM"])
	process.on(s, () => cozy.stop().then(() => process.exit(0)));
