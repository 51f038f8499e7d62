-- A script for wrk: sends the requests of a file in turn. A NUL ends each.

local requests, n = {}, 0

function init(arguments)
  local file = io.open(arguments[1], "rb")
  for one in file:read("*a"):gmatch("([^%z]+)%z") do requests[#requests + 1] = one end
  file:close()
end

function request()
  n = n % #requests + 1
  return requests[n]
end

function done(summary, latency)
  local failures = summary.errors
  io.write(string.format(
    '{"requests": %d, "bytes": %d, "seconds": %f, "p50": %f, "p95": %f, "p99": %f,'
      .. ' "refused": %d, "broken": %d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, failures.status,
    failures.connect + failures.read + failures.write + failures.timeout))
end
