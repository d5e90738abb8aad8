// SPDX-License-Identifier: Apache-2.0
// A TCP proxy that spoils what passes: it stands between the gateway and a cloud,
// knows nothing of TLS or HTTP, and counts bytes.
//
//	const c = await startChaos({ to: port });
//	c.port, c.mode = { kind, at, ms }, c.met	connections that were spoiled
//
// Kinds: pass; latency (each piece waits ms); cut-up, cut-down (an end after `at`
// bytes towards the cloud, or back); reset-up, reset-down (the same, by RST);
// stall-up, stall-down (silence from there on); half-open (the cloud is gone, and
// nobody says so); refuse (closed at once); dumb (accepted, never answered).
import { connect, createServer } from "node:net";

export async function startChaos({ to, host = "127.0.0.1" }) {
	const c = { mode: { kind: "pass" }, met: 0, open: new Set() };

	function spoil(near, far, how) {
		c.met++;
		if (how === "reset") {
			near.resetAndDestroy();
			far.resetAndDestroy();
		} else if (how === "cut") {
			near.destroy();
			far.destroy();
		}		// stall: both stay, and hear nothing more
	}

	// One way of one connection.
	function carry(from, into, near, far, way, mode) {
		const [how, which] = mode.kind.split("-");
		const mine = which === way, started = { n: 0, over: false };
		from.on("data", (d) => {
			if (started.over)
				return;
			if (!mine || started.n + d.length <= mode.at) {
				started.n += d.length;
				if (mode.kind === "latency")
					setTimeout(() => into.write(d), mode.ms);
				else
					into.write(d);
				return;
			}
			started.over = true;
			const rest = d.subarray(0, mode.at - started.n);
			into.write(rest, () => spoil(near, far, how));
		});
		from.on("end", () => {
			if (!started.over && mode.kind !== "half-open")
				into.end();
		});
	}

	const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
		const mode = c.mode;
		near.on("error", () => {});
		c.open.add(near);
		near.on("close", () => c.open.delete(near));
		if (mode.kind === "refuse" || mode.kind === "dumb") {
			c.met++;
			if (mode.kind === "refuse")
				near.destroy();
			return;
		}
		const far = connect({ port: to, host, noDelay: true });
		far.on("error", () => near.destroy());
		far.on("close", () => {
			if (mode.kind !== "half-open")
				near.destroySoon();
		});
		near.on("close", () => far.destroy());
		carry(near, far, near, far, "up", mode);
		carry(far, near, near, far, "down", mode);
		if (mode.kind === "half-open") {
			c.met++;
			far.once("data", () => far.destroy());
		}
	});
	await new Promise((done) => server.listen(0, host, done));
	c.port = server.address().port;
	// what is kept alive ends, so that the next exchange is a connection of its own
	c.drop = () => {
		for (const s of c.open)
			s.destroy();
	};
	c.stop = () => {
		c.drop();
		return new Promise((done) => server.close(done));
	};
	return c;
}
