-- wrk: every request holds two neighbouring seats that it names, in a random session, as a random member.
-- Environment: SESSIONS "1,2,…"; TOKENS a file of access tokens, one a line.
local sessions, tokens = {}, {}
for id in string.gmatch(os.getenv("SESSIONS"), "%d+") do sessions[#sessions + 1] = id end
for line in io.lines(os.getenv("TOKENS")) do tokens[#tokens + 1] = line end
local made, mark = 0, nil

function init()
   math.randomseed(os.time() + math.floor(os.clock() * 1e6))
   mark = string.format("%08x", math.random(0, 2 ^ 31))
end

function request()
   made = made + 1
   local row, seat = string.char(65 + math.random(0, 9)), math.random(1, 19)
   return wrk.format("POST", "/performance/rsv/hold", {
      ["Authorization"] = tokens[math.random(#tokens)],
      ["Content-Type"] = "application/json",
      ["Idempotency-Key"] = mark .. "-" .. made,
   }, string.format('{"prfSessionId":%s,"seats":["%s%d","%s%d"]}', sessions[math.random(#sessions)],
      row, seat, row, seat + 1))
end
