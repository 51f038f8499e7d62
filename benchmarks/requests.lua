-- A script for wrk: each request is for a random task of a random user.
-- Arguments: the tokens file, a method, a path and a body. {id} is replaced by the task's id and {n}
-- by a number that is different in each request, so that every PATCH changes the task. With a fifth
-- argument each user has a value after the token: "path" puts it in place of {value}, any other name
-- is that of a header to send it in.

local users, method, path, body = {}, nil, nil, nil
local n = os.time() % 100000 * 1000000

function init(arguments)
  for line in io.lines(arguments[1]) do
    local token, rest = line:match("^(%S+) (.*)$")
    local value, ids = "", rest
    if arguments[5] then value, ids = rest:match("^(%S+) (.*)$") end
    local user = { headers = { Authorization = "Bearer " .. token }, ids = {}, value = value }
    if arguments[5] and arguments[5] ~= "path" then user.headers[arguments[5]] = value end
    user.headers["Content-Type"] = arguments[4] ~= "" and "application/json" or nil
    for id in ids:gmatch("%d+") do user.ids[#user.ids + 1] = id end
    users[#users + 1] = user
  end
  method, path, body = arguments[2], arguments[3], arguments[4]
  math.randomseed(1)
end

function request()
  local user = users[math.random(#users)]
  n = n + 1
  local place = path:gsub("{id}", user.ids[math.random(#user.ids)]):gsub("{value}", user.value)
  local sent = body ~= "" and body:gsub("{n}", tostring(n)) or nil
  return wrk.format(method, place, user.headers, sent)
end

function done(summary, latency)
  local failures = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failures.status,
    failures.connect + failures.read + failures.write + failures.timeout))
end
