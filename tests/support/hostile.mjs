// SPDX-License-Identifier: Apache-2.0
// Hostile and odd requests, and the one right answer to each.
//
// A case: what it is, its bytes, the statuses of all answers, in order, and
// whether the connection is closed behind them. Where it stays open, the test
// sends one request more on it and wants exactly one 200: so nothing of the
// case was left to be read as a request of its own.

const get = (line, ...fields) =>
	[line, "Host: a", ...fields, "", ""].join("\r\n");
const post = (fields, body = "") =>
	["POST /echo HTTP/1.1", "Host: a", ...fields, "", body].join("\r\n");
const chunked = (body) => post(["Transfer-Encoding: chunked"], body);
const smuggled = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n";
const many = (n) => Array.from({ length: n }, (_, i) => `X-${i}: y`);

const refused = (what, bytes, status = 400) => ({ what, bytes,
	statuses: [status], closed: true });
const fine = (what, bytes, ...statuses) => ({ what, bytes,
	statuses: statuses.length ? statuses : [200], closed: false });

export const cases = [
	// ---- what must work
	fine("a plain request", get("GET /ping HTTP/1.1")),
	fine("three at once, answered in order", get("GET /ping HTTP/1.1") +
		get("GET /nope HTTP/1.1") + get("GET /empty HTTP/1.1"),
		200, 404, 204),
	fine("an empty line before the request", "\r\n" + get("GET /ping HTTP/1.1")),
	fine("field names in any case", "GET /ping HTTP/1.1\r\nhOsT: a\r\n\r\n"),
	fine("blanks around a value", "GET /ping HTTP/1.1\r\nHost:  \t a \t\r\n\r\n"),
	fine("an empty value", get("GET /ping HTTP/1.1", "X:")),
	fine("bytes above 127 in a value", get("GET /ping HTTP/1.1", "X: \xe9")),
	fine("the same host as absolute form", get("GET http://a/ping HTTP/1.1")),
	fine("a body by length", post(["Content-Length: 5"], "hello")),
	fine("an empty body by length", post(["Content-Length: 0"])),
	fine("leading zeros of a length", post(["Content-Length: 005"], "hello")),
	fine("a body in chunks", chunked("5\r\nhello\r\n0\r\n\r\n")),
	fine("Chunked in capitals", post(["Transfer-Encoding: CHUNKED"],
		"5\r\nhello\r\n0\r\n\r\n")),
	fine("an extension of a chunk", chunked("5;a=b\r\nhello\r\n0\r\n\r\n")),
	fine("trailers, dropped", chunked("5\r\nhello\r\n0\r\nHost: b\r\n\r\n")),
	fine("capitals in a chunk size", chunked("A\r\n0123456789\r\n0\r\n\r\n")),
	fine("HEAD has no body", get("HEAD /ping HTTP/1.1"), 200),
	fine("OPTIONS is not served", get("OPTIONS /ping HTTP/1.1"), 405),
	fine("PUT on a GET route", get("PUT /ping HTTP/1.1"), 405),
	fine("a method nobody knows", get("BREW /ping HTTP/1.1"), 405),
	fine("methods have capitals", get("get /ping HTTP/1.1"), 405),
	fine("TRACE is not served", get("TRACE /ping HTTP/1.1"), 405),
	fine("an unknown path", get("GET /nope HTTP/1.1"), 404),
	fine("two slashes are not one", get("GET //ping HTTP/1.1"), 404),
	fine("a slash behind is not nothing", get("GET /ping/ HTTP/1.1"), 404),
	fine("an escaped letter is the letter", get("GET /p%69ng HTTP/1.1")),
	fine("a dot in a name", get("GET /.hidden..x HTTP/1.1"), 404),
	fine("Upgrade is ignored", get("GET /ping HTTP/1.1",
		"Connection: Upgrade", "Upgrade: h2c")),
	fine("a known expectation", get("GET /ping HTTP/1.1",
		"Expect: 100-continue")),
	fine("100 fields", get("GET /ping HTTP/1.1", ...many(99))),
	fine("a target of nearly 8 KiB", get("GET /ping?" + "a".repeat(8100) +
		" HTTP/1.1")),
	fine("too many arguments", get("GET /ping?" + "a&".repeat(300) +
		" HTTP/1.1"), 400),
	{ what: "close is obeyed", bytes: get("GET /ping HTTP/1.1",
		"Connection: close") + smuggled, statuses: [200], closed: true },
	{ what: "close in a list", bytes: get("GET /ping HTTP/1.1",
		"Connection: keep-alive,  CLOSE") + smuggled,
		statuses: [200], closed: true },
	{ what: "1.0 ends by itself", bytes: "GET /ping HTTP/1.0\r\n\r\n" +
		smuggled, statuses: [200], closed: true },
	{ what: "1.0 ends even if asked to stay",
		bytes: "GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" +
		smuggled, statuses: [200], closed: true },

	// ---- the request line
	refused("nothing but line ends", "\r\n\r\n\r\n"),
	refused("bare LF line ends", "GET /ping HTTP/1.1\nHost: a\n\n"),
	refused("bare LF after the request line",
		"GET /ping HTTP/1.1\nHost: a\r\n\r\n"),
	refused("bare LF after a field",
		"GET /ping HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
	refused("bare LF as the empty line", "GET /ping HTTP/1.1\r\nHost: a\r\n\n"),
	refused("a bare CR in the line", "GET /ping\rHTTP/1.1\r\nHost: a\r\n\r\n"),
	refused("CR CR LF", "GET /ping HTTP/1.1\r\r\nHost: a\r\n\r\n"),
	refused("two spaces before the target", get("GET  /ping HTTP/1.1")),
	refused("two spaces behind the target", get("GET /ping  HTTP/1.1")),
	refused("a tab for a space", get("GET\t/ping HTTP/1.1")),
	refused("a space in the target", get("GET /pi ng HTTP/1.1")),
	refused("a space before the method", " " + get("GET /ping HTTP/1.1")),
	refused("a space behind the version", get("GET /ping HTTP/1.1 ")),
	refused("no version", get("GET /ping")),
	refused("no target", get("GET HTTP/1.1")),
	refused("a NUL in the target", get("GET /ping\0 HTTP/1.1")),
	refused("a control byte in the target", get("GET /ping\x01 HTTP/1.1")),
	refused("DEL in the target", get("GET /ping\x7f HTTP/1.1")),
	refused("UTF-8 in the target", get("GET /\xc3\xa9 HTTP/1.1")),
	refused("a quote in the target", get("GET /\"a\" HTTP/1.1")),
	refused("angle brackets in the query", get("GET /ping?<a> HTTP/1.1")),
	refused("a fragment", get("GET /ping#x HTTP/1.1")),
	refused("a backslash", get("GET /a\\b HTTP/1.1")),
	refused("a method that is no token", get("G@T /ping HTTP/1.1")),
	refused("a method in parentheses", get("(GET) /ping HTTP/1.1")),
	refused("a very long method", get("G".repeat(100) + " /ping HTTP/1.1")),
	refused("CONNECT", get("CONNECT a:443 HTTP/1.1")),
	refused("OPTIONS *", get("OPTIONS * HTTP/1.1")),
	refused("a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
	refused("an SSH greeting", "SSH-2.0-OpenSSH_9.2\r\n"),
	refused("a PROXY line", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" +
		get("GET /ping HTTP/1.1")),

	// ---- versions
	refused("HTTP/1.2", get("GET /ping HTTP/1.2"), 505),
	refused("HTTP/1.9", get("GET /ping HTTP/1.9"), 505),
	refused("HTTP/0.9", get("GET /ping HTTP/0.9"), 505),
	refused("HTTP/2.0", get("GET /ping HTTP/2.0"), 505),
	refused("HTTP/3.1", get("GET /ping HTTP/3.1"), 505),
	refused("the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
	refused("a huge version", get("GET /ping HTTP/4294967295.255")),
	refused("HTTP/1.10", get("GET /ping HTTP/1.10")),
	refused("HTTP/01.1", get("GET /ping HTTP/01.1")),
	refused("HTTP/1", get("GET /ping HTTP/1")),
	refused("http/1.1 in small letters", get("GET /ping http/1.1")),
	refused("HTTPS/1.1", get("GET /ping HTTPS/1.1")),
	refused("HTTP/1,1", get("GET /ping HTTP/1,1")),

	// ---- paths
	refused("dot dot", get("GET /a/../ping HTTP/1.1")),
	refused("dot dot at the end", get("GET /a/.. HTTP/1.1")),
	refused("dot", get("GET /./ping HTTP/1.1")),
	refused("escaped dots", get("GET /a/%2e%2e/ping HTTP/1.1")),
	refused("one escaped dot", get("GET /a/.%2E/ping HTTP/1.1")),
	refused("an escaped slash", get("GET /tell/a%2Fb HTTP/1.1")),
	refused("an escaped backslash", get("GET /tell/a%5cb HTTP/1.1")),
	refused("an escaped NUL", get("GET /tell/a%00b HTTP/1.1")),
	refused("an escaped line end", get("GET /tell/a%0d%0ab HTTP/1.1")),
	refused("an escaped DEL", get("GET /tell/a%7F HTTP/1.1")),
	refused("half an escape", get("GET /tell/a% HTTP/1.1")),
	refused("half an escape, longer", get("GET /tell/a%4 HTTP/1.1")),
	refused("an escape of letters", get("GET /tell/%zz HTTP/1.1")),
	refused("an overlong escape", get("GET /tell/%c0%af HTTP/1.1")),
	refused("an escaped surrogate", get("GET /tell/%ed%a0%80 HTTP/1.1")),
	refused("an escaped NUL in the query", get("GET /ping?a=%00 HTTP/1.1")),
	refused("a bad escape in the query", get("GET /ping?a=%1 HTTP/1.1")),
	refused("another host as absolute form", get("GET http://b/ping HTTP/1.1")),
	refused("a user in the absolute form", get("GET http://u@a/ping HTTP/1.1")),
	refused("another port as absolute form",
		get("GET http://a:81/ping HTTP/1.1")),
	refused("a scheme of its own", get("GET file:///etc/passwd HTTP/1.1")),
	refused("a target without slash", get("GET ping HTTP/1.1")),

	// ---- Host
	refused("no Host", "GET /ping HTTP/1.1\r\n\r\n"),
	refused("two Hosts", get("GET /ping HTTP/1.1", "Host: b")),
	refused("two equal Hosts", get("GET /ping HTTP/1.1", "Host: a")),
	refused("an empty Host", "GET /ping HTTP/1.1\r\nHost:\r\n\r\n"),
	refused("a list of Hosts", "GET /ping HTTP/1.1\r\nHost: a, b\r\n\r\n"),
	refused("a path in Host", "GET /ping HTTP/1.1\r\nHost: a/b\r\n\r\n"),
	refused("a user in Host", "GET /ping HTTP/1.1\r\nHost: u@a\r\n\r\n"),
	refused("a port of letters", "GET /ping HTTP/1.1\r\nHost: a:x\r\n\r\n"),
	refused("half an IPv6 Host", "GET /ping HTTP/1.1\r\nHost: [::1\r\n\r\n"),

	// ---- fields
	refused("a folded field", get("GET /ping HTTP/1.1", "X: a", " b")),
	refused("folded with a tab", get("GET /ping HTTP/1.1", "X: a", "\tb")),
	refused("a folded first line", "GET /ping HTTP/1.1\r\n Host: a\r\n\r\n"),
	refused("a space before the colon", get("GET /ping HTTP/1.1", "X : y")),
	refused("a tab before the colon", get("GET /ping HTTP/1.1", "X\t: y")),
	refused("a space in a name", get("GET /ping HTTP/1.1", "X Y: z")),
	refused("an empty name", get("GET /ping HTTP/1.1", ": y")),
	refused("no colon", get("GET /ping HTTP/1.1", "nonsense")),
	refused("a quote in a name", get("GET /ping HTTP/1.1", "\"X\": y")),
	refused("UTF-8 in a name", get("GET /ping HTTP/1.1", "\xc3\xa9: y")),
	refused("a NUL in a name", get("GET /ping HTTP/1.1", "X\0: y")),
	refused("a NUL in a value", get("GET /ping HTTP/1.1", "X: a\0b")),
	refused("a bell in a value", get("GET /ping HTTP/1.1", "X: a\x07b")),
	refused("a bare CR in a value", get("GET /ping HTTP/1.1", "X: a\rY: b")),
	refused("an escape byte in a value", get("GET /ping HTTP/1.1", "X: \x1b[0m")),
	refused("101 fields", get("GET /ping HTTP/1.1", ...many(100)), 431),
	refused("a field of 20 kB", get("GET /ping HTTP/1.1",
		"X: " + "y".repeat(20000)), 431),
	refused("many small fields, over 16 KiB", get("GET /ping HTTP/1.1",
		...Array.from({ length: 90 }, () => "X: " + "y".repeat(300))), 431),
	refused("a request line of 9 kB", get("GET /" + "a".repeat(9000) +
		" HTTP/1.1"), 414),
	refused("a request line without end", "GET /" + "a".repeat(100000), 414),
	refused("a name without end", "GET /ping HTTP/1.1\r\n" +
		"X".repeat(100000), 431),

	// ---- lengths
	refused("two lengths that differ", post(["Content-Length: 5",
		"Content-Length: 6"], "hello")),
	refused("two equal lengths", post(["Content-Length: 5",
		"Content-Length: 5"], "hello")),
	refused("a list of lengths", post(["Content-Length: 5, 5"], "hello")),
	refused("a length with a plus", post(["Content-Length: +5"], "hello")),
	refused("a negative length", post(["Content-Length: -5"], "hello")),
	refused("a length in hexadecimal", post(["Content-Length: 0x5"], "hello")),
	refused("a length with a point", post(["Content-Length: 5.0"], "hello")),
	refused("a length with blanks inside", post(["Content-Length: 5 5"],
		"hello")),
	refused("an empty length", post(["Content-Length:"], "hello")),
	refused("a length in letters", post(["Content-Length: five"], "hello")),
	refused("a length with a space before its colon",
		post(["Content-Length : 5"], "hello" + smuggled)),
	refused("a length that overflows", post(
		["Content-Length: 18446744073709551621"], "hello"), 413),
	refused("a length of 2^63", post(["Content-Length: 9223372036854775808"],
		"hello"), 413),
	refused("a length of thirty digits", post(["Content-Length: " +
		"9".repeat(30)]), 413),
	refused("a body over the route's limit", post(["Content-Length: 5000"]),
		413),
	refused("a body where none belongs", get("GET /ping HTTP/1.1",
		"Content-Length: 5") + "hello", 413),
	refused("a body for an unknown path", "POST /nope HTTP/1.1\r\nHost: a\r\n" +
		"Content-Length: " + smuggled.length + "\r\n\r\n" + smuggled, 404),
	refused("a body for a wrong method", "POST /ping HTTP/1.1\r\nHost: a\r\n" +
		"Content-Length: " + smuggled.length + "\r\n\r\n" + smuggled, 405),

	// ---- codings
	refused("chunked and a length", post(["Transfer-Encoding: chunked",
		"Content-Length: 5"], "0\r\n\r\n" + smuggled)),
	refused("a length and chunked", post(["Content-Length: 5",
		"Transfer-Encoding: chunked"], "0\r\n\r\n" + smuggled)),
	refused("an unknown coding", post(["Transfer-Encoding: xchunked"],
		"0\r\n\r\n" + smuggled)),
	refused("identity", post(["Transfer-Encoding: identity"], smuggled)),
	refused("gzip, chunked", post(["Transfer-Encoding: gzip, chunked"],
		"0\r\n\r\n")),
	refused("chunked, chunked", post(["Transfer-Encoding: chunked, chunked"],
		"0\r\n\r\n")),
	refused("chunked, identity", post(["Transfer-Encoding: chunked, identity"],
		"0\r\n\r\n")),
	refused("chunked twice", post(["Transfer-Encoding: chunked",
		"Transfer-Encoding: chunked"], "0\r\n\r\n")),
	refused("chunked with a comma", post(["Transfer-Encoding: chunked,"],
		"0\r\n\r\n")),
	refused("chunked with a parameter", post(["Transfer-Encoding: chunked;q=1"],
		"0\r\n\r\n")),
	refused("chunked in quotes", post(["Transfer-Encoding: \"chunked\""],
		"0\r\n\r\n")),
	refused("chunked behind a vertical tab",
		post(["Transfer-Encoding: \x0bchunked"], "0\r\n\r\n")),
	refused("an empty coding", post(["Transfer-Encoding:"], "0\r\n\r\n")),
	refused("a coding with a space before its colon",
		post(["Transfer-Encoding : chunked", "Content-Length: 5"],
		"0\r\n\r\n" + smuggled)),
	refused("a folded coding", post(["Transfer-Encoding:", " chunked"],
		"0\r\n\r\n")),
	refused("chunked in 1.0", "POST /echo HTTP/1.0\r\n" +
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	refused("chunks where no body belongs", get("GET /ping HTTP/1.1",
		"Transfer-Encoding: chunked") + "0\r\n\r\n", 413),

	// ---- chunks
	refused("a chunk size 0x5", chunked("0x5\r\nhello\r\n0\r\n\r\n")),
	refused("a chunk size +5", chunked("+5\r\nhello\r\n0\r\n\r\n")),
	refused("a chunk size -1", chunked("-1\r\nhello\r\n0\r\n\r\n")),
	refused("a blank before a chunk size", chunked(" 5\r\nhello\r\n0\r\n\r\n")),
	refused("a blank behind a chunk size", chunked("5 \r\nhello\r\n0\r\n\r\n")),
	refused("no chunk size", chunked("\r\nhello\r\n0\r\n\r\n")),
	refused("a chunk size of letters", chunked("xyz\r\nhello\r\n")),
	refused("a chunk size of 17 digits",
		chunked("00000000000000005\r\nhello\r\n0\r\n\r\n")),
	refused("a chunk size that overflows", chunked("10000000000000005\r\n")),
	refused("a chunk of 2^60 - 1", chunked("fffffffffffffff\r\n"), 413),
	refused("chunks over the route's limit", chunked(
		("800\r\n" + "x".repeat(0x800) + "\r\n").repeat(3)), 413),
	refused("a bare LF behind a chunk size", chunked("5\nhello\r\n0\r\n\r\n")),
	refused("a bare LF behind a chunk", chunked("5\r\nhello\n0\r\n\r\n")),
	refused("a chunk shorter than it says", chunked("6\r\nhello\r\n0\r\n\r\n")),
	refused("a chunk longer than it says", chunked("4\r\nhello\r\n0\r\n\r\n")),
	refused("a control byte in an extension",
		chunked("5;a\x01\r\nhello\r\n0\r\n\r\n")),
	refused("a bare LF in an extension", chunked("5;a\nhello\r\n0\r\n\r\n")),
	refused("an extension without end", chunked("5;" + "a".repeat(5000))),
	refused("many extensions", chunked(("1;" + "a".repeat(90) +
		"\r\nx\r\n").repeat(20))),
	refused("a trailer without colon", chunked("0\r\nnonsense\r\n\r\n")),
	refused("a folded trailer", chunked("0\r\nX: a\r\n b\r\n\r\n")),
	refused("a NUL in a trailer", chunked("0\r\nX: a\0\r\n\r\n")),
	refused("trailers without end", chunked("0\r\n" +
		"X: yyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(300)), 431),

	// ---- expectations
	refused("an unknown expectation", post(["Content-Length: 5",
		"Expect: 200-ok"], "hello"), 417),
	refused("a list of expectations", post(["Content-Length: 5",
		"Expect: 100-continue, x"], "hello"), 417),

	// ---- pipelines that go wrong
	{ what: "a good one, then a bad one", bytes: get("GET /ping HTTP/1.1") +
		"GET /ping HTTP/1.1\nHost: a\n\n", statuses: [200, 400],
		closed: true },
	{ what: "a bad one, then a good one", bytes: "BAD\r\n" + smuggled,
		statuses: [400], closed: true },
	{ what: "a body one byte longer than its length",
		bytes: post(["Content-Length: 4"], "hell\x01"),
		statuses: [200, 400], closed: true },
];
