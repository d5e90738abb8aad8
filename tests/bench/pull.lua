-- SPDX-License-Identifier: Apache-2.0
-- wrk: walks the prepared requests (tests/bench/bench.mjs writes them), each
-- once when they carry proofs, round and round otherwise.
local requests, n, once = {}, 0, os.getenv("BENCH_ONCE") == "1"
local bad = 0

function init(args)
	for line in io.lines(args[1]) do
		n = n + 1
		local target, rest = line:match("^(%S+)\t(.*)$")
		local headers = {}
		for name, value in rest:gmatch("([^\t:]+): ([^\t]*)") do
			headers[name] = value
		end
		requests[n] = wrk.format("GET", target, headers)
	end
	i = 0
end

function request()
	i = i + 1
	if i > n then
		if once then wrk.thread:stop() end
		i = 1
	end
	return requests[i]
end

function response(status)
	if status ~= 200 then bad = bad + 1 end
end

function done(summary, latency, requests)
	io.write(string.format("RESULT %d %d %f %f %d\n", summary.requests,
	    summary.duration, latency:percentile(50) / 1000,
	    latency:percentile(99) / 1000,
	    summary.errors.status + summary.errors.connect + summary.errors.read +
	    summary.errors.write + summary.errors.timeout))
end
