-- ARGV: run_id, hold, member, grade index, grades, sig. Moves a held hold to seats of one grade, all or none;
-- seats that are of it already count as free to it. OK: the hold; FULL: kept as it was; NONE; COMMITTING (†4);
-- ASK {id, member} (†8); NOMAP STALE PLAN.
local id, member = ARGV[2], ARGV[3]
if not load() then
    return {'NOMAP', now}
end
if M.runid ~= run then
    return {'STALE', now}
end
if M.sig ~= ARGV[6] then
    return {'PLAN', now}
end
expire()

local function stop(reply)
    finish()
    return reply
end

local rec = record(id)
if not rec or rec.own ~= member then
    return stop({'NONE', now})
end
if rec.st == 'c' then
    return stop({'COMMITTING', now})
end
if foreign(id, rec) then
    return stop({'ASK', now, {id, member}})
end
local map, mine = call('GET', k_map), {}
for off in offsets(rec) do
    mine[#mine + 1] = tonumber(off)
    map = string.sub(map, 1, off) .. 'f' .. string.sub(map, off + 2)
end
local seats, why = picker()(map, call('GET', tag .. ':gr'), #mine, 48 + tonumber(ARGV[4]), false)
if not seats then
    return stop({'FULL', now})
end
for _, off in ipairs(mine) do
    call('HDEL', k_own, off)
    put(off, 'f')
end
count(member, -#mine)
claim(id, member, seats)
local recorded = {}
for i, off in ipairs(seats) do
    recorded[i] = off .. ':' .. ARGV[4]
end
call('HSET', tag .. ':h:' .. id, 'seats', table.concat(recorded, ','), 'grades', ARGV[5], 'why', why)
finish()
return answer('OK', id)
