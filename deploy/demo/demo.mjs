// SPDX-License-Identifier: Apache-2.0
// `make demo`: the whole way of a record, on this machine, with people who
// never were. `make demo ONCE=1` takes the tour by itself and exits 0 or 1.
import { House } from "./house.mjs";
import { tour } from "./tour.mjs";

const once = process.argv.includes("--once");
const begun = performance.now();
let failed = false, leaving;

// One line a step: its time, what it did.
async function tell(name, step) {
	const from = performance.now();
	const line = (mark, text) => console.log(`${mark} ${
		((performance.now() - from) / 1000).toFixed(2).padStart(6)} s  ${
		name.padEnd(11)} ${text}`);
	try {
		line("ok  ", await step());
	} catch (e) {
		line("FAIL", e.message);
		throw e;
	}
}

const house = new House(tell, { any: once });
const leave = () => leaving ??= house.leave();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	process.on(signal, () => {
		console.log("\nputting everything away");
		leave().then(() => process.exit(once ? 1 : 0));
	});

function welcome() {
	const [first] = house.customers;
	const people = house.customers.filter((c) => c.story);
	const pims = `https://localhost:${house.ports.pims}/`;

	console.log(`
The counter is open. Your browser does not know its certificate authority:
accept the warning, or import ${house.tls.ca}

  customer     ${house.issuer}/me
               sign in as ${first.login}, password ${first.password}
  developer    ${pims}
               a small PIMS that pulls, and shows what it got
               ${house.issuer}/.well-known/oauth-authorization-server
  compliance   ${house.issuer}/staff
               sign in as ${house.staff[1].login}, password ${house.staff[1].password}
               ${house.issuer}/journal/restitution/checkpoint
               build/guichet journal verify --config ${house.config}
  operations   http://127.0.0.1:${house.ports.admin}/metrics   (and /ready)

To try:
  1. open the developer address, connect, sign in, choose, allow: records come
  2. at the customer address, connect a Cozy: give ${house.cozy.origin}
     and see it fill up at that address
  3. at the customer address, withdraw; pull again: refused

Other people (the password is bonjour- and the login):
${people.map((c) => `  ${c.login.padEnd(10)} ${c.story}`).join("\n")}

build/demo/demo.json tells all this to scripts. ^C ends it and leaves nothing.`);
}

try {
	await house.build();
	if (once)
		await tour(house, tell);
	else {
		welcome();
		await new Promise((done) => house.child.on("close", done));
		if (!leaving)
			throw new Error(`the gateway ended (${house.ended})\n${house.logs()}`);
	}
} catch (e) {
	failed = true;
	console.error(e.message);
	if (process.env.DEBUG)
		console.error(e.stack);
}
await leave();
if (once)
	console.log(`${failed ? "FAIL" : "ok  "} ${((performance.now() - begun) / 1000)
		.toFixed(2).padStart(6)} s  in all`);
process.exit(failed ? 1 : 0);
