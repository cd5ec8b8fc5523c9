-- ARGV: run_id, hold, member, cap, ttl ms, sig, rev, grades, key ('' for none), body, terminal,
--       form: seats|count|check, offsets "3,4" or a count, grade index or '', together '1' or ''
-- All or none. `check` is the documented form: one for each member, and a new one replaces it.
-- OK AGAIN: the hold; TAKEN {off, state, …}; FULL; LIMIT; REUSED; GONE: the key's hold has ended;
-- ASK: {id, member} must be asked about first; NOMAP, STALE, PLAN: install or reconcile, then try again.
local id, member, ttl, key, form = ARGV[2], ARGV[3], tonumber(ARGV[5]), ARGV[9], ARGV[12]
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

if key ~= '' then
    local made = replay(key, form, ARGV[10])
    if made == false then
        return stop({'REUSED', now})
    elseif made and record(made) then
        return stop(answer('AGAIN', made))
    elseif made then
        return stop({'GONE', now})
    end
end

-- His own earlier count-hold does not stand in his way; a committing one is never touched (†4).
local old = form == 'check' and call('HGET', tag .. ':mem', member)
if old then
    local rec = record(old)
    if rec.st == 'h' then
        if foreign(old, rec) then
            return stop({'ASK', now, {old, member}})
        end
        end_hold(old, rec)
    end
end

local seats, why = {}, 'named'
local want = tonumber(ARGV[13])
if form == 'seats' then
    for off in list(ARGV[13]) do
        seats[#seats + 1] = off
    end
    want = #seats
end
if tonumber(call('HGET', tag .. ':n', member) or 0) + want > tonumber(ARGV[4]) then
    return stop({'LIMIT', now})
end
if form == 'seats' then
    local conflicts = {}
    for _, off in ipairs(seats) do
        local byte = state(off)
        if byte ~= 'f' then
            conflicts[#conflicts + 1] = off
            conflicts[#conflicts + 1] = byte
        end
    end
    if #conflicts > 0 then
        return stop({'TAKEN', now, conflicts})
    end
else
    local grade = ARGV[14] ~= '' and 48 + tonumber(ARGV[14]) or nil
    if M.f >= want then
        seats, why = picker()(call('GET', k_map), call('GET', tag .. ':gr'), want, grade, ARGV[15] == '1')
    else
        seats = nil
    end
    if not seats then
        return stop({'FULL', now})
    end
end

local recorded = {}
for i, off in ipairs(seats) do
    recorded[i] = off .. ':' .. (string.byte(call('GETRANGE', tag .. ':gr', off, off)) - 48)
end
claim(id, member, seats)
local ends = now + ttl
call('HSET', tag .. ':h:' .. id, 'st', 'h', 'own', member, 'term', ARGV[11], 'form', form,
     'seats', table.concat(recorded, ','), 'grades', ARGV[8], 'rev', ARGV[7], 'run', run, 'at', now, 'exp', ends,
     'ext', 0, 'tries', 0, 'ik', key, 'why', why)
call('ZADD', k_exp, ends, id)
if form == 'check' then
    call('HSET', tag .. ':mem', member, id)
end
if key ~= '' then
    remember(key, form, ARGV[10], id, ttl + KEY_MS)
end
finish()
return answer('OK', id, call('ZRANGE', k_exp, 0, 0)[1] == id and ends or 0)
