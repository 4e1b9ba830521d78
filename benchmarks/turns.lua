-- Turns for wrk, as the peers get them: 2 x CONC threads at once, five turns a thread, a new user for a new thread.
-- Environment: CONC, KEY, USERS (how many there are). The answer repeats its user's number, so that the thread can go on.
local conc, users = tonumber(os.getenv("CONC")), tonumber(os.getenv("USERS"))
local waiting, first, last = {}, 1, 0
local open, asked, begun = 0, 0, 0

local function ask(user, rest)
  asked = asked + 1
  local question = "What is the refund policy for order " .. asked .. " (user " .. user .. ")"
  return wrk.format("POST", nil, {
    ["Content-Type"] = "application/json", ["X-Agent-Access-Key"] = os.getenv("KEY"), ["X-User-Id"] = "u" .. user,
  }, '{"companyId":"acme","message":"' .. question .. '"' .. rest .. "}")
end

function request()
  if open < 2 * conc or first > last then
    open, begun = open + 1, begun + 1
    return ask(begun % users, "")
  end
  local thread = waiting[first]
  waiting[first], first = nil, first + 1
  return ask(thread.user, ',"threadId":"' .. thread.id .. '"')
end

local turns = {}

function response(status, _, body)
  local id, user = body:match('"threadId":"([^"]+)"'), body:match('"answer":"(%d+) says')
  if status ~= 200 or not id or not user then
    open = open - 1
    return
  end
  turns[id] = (turns[id] or 0) + 1
  if turns[id] < 5 then
    last = last + 1
    waiting[last] = {id = id, user = user}
  else
    turns[id], open = nil, open - 1
  end
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format('JSON {"req":%d,"rps":%.1f,"p50":%.2f,"p99":%.2f,"err":%d,"non2xx":%d}\n',
    summary.requests, summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, e.connect + e.read + e.write + e.timeout, e.status))
end
