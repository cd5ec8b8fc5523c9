-- Prelude of every script of the seat map: what one may rely on, and what the rules are.
--
-- KEYS[1] is the session's tag, "{s12}"; every other key is made from it, so that all live on one node.
-- ARGV[1] is the run_id of the server behind the connection that sent the script.
-- A script answers {STATUS, now in ms, …}. Time is Redis' own. Nothing is written before everything was
-- checked: Redis does not roll a failed script back.
--
--   :map   a byte for each seat at its offset: f free, h held, c committing, s sold, x blocked; \n ends a row
--   :gr    grade index of each seat ('0' and up), parallel to :map
--   :meta  epoch ctr floor runid sig rev f h c s x (the letters count the bytes of :map)
--   :h:ID  a hold; :own offset -> hold id; :exp held holds by expiry; :com committing ones by when to ask
--   :chg   offset -> last applied change number, where above the floor
--   :mem   member -> his count-hold; :n member -> seats he holds now
--   :i:KEY an idempotency key: op, hold, body
--
-- After every script: f + h + c + s + x = seats, and a byte is h or c exactly when one hold has it.

local call, tag, run = redis.call, KEYS[1], ARGV[1]
local k_map, k_meta, k_own, k_exp, k_com = tag .. ':map', tag .. ':meta', tag .. ':own', tag .. ':exp', tag .. ':com'
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local KEY_MS = 600000 -- idempotency keys outlive their hold by ten minutes
local M               -- :meta, once load() has found a map
local delta = {}

local function digits(n)
    return string.format('%.0f', n)
end

-- false: there is no map.
local function load()
    local v = call('HMGET', k_meta, 'epoch', 'ctr', 'floor', 'runid', 'sig', 'f', 'h', 'c', 's', 'x')
    if not v[1] then
        return false
    end
    M = {epoch = tonumber(v[1]), ctr = tonumber(v[2]), floor = tonumber(v[3]), runid = v[4], sig = v[5],
         f = tonumber(v[6]), h = tonumber(v[7]), c = tonumber(v[8]), s = tonumber(v[9]), x = tonumber(v[10])}
    return true
end

local function version()
    return digits(M.epoch * 4194304 + M.ctr)
end

-- Writes what the script changed: counters, one more version, one delta for the mirrors.
local function finish()
    if #delta == 0 then
        return
    end
    M.ctr = M.ctr + 1
    call('HSET', k_meta, 'ctr', M.ctr, 'f', M.f, 'h', M.h, 'c', M.c, 's', M.s, 'x', M.x)
    call('PUBLISH', tag .. ':ch', version() .. ' ' .. table.concat(delta, ' '))
end

local function state(off)
    return call('GETRANGE', k_map, off, off)
end

-- `from`: what the byte is, when the caller has just looked.
local function put(off, to, from)
    from = from or state(off)
    if from == to then
        return
    end
    call('SETRANGE', k_map, off, to)
    M[from] = M[from] - 1
    M[to] = M[to] + 1
    delta[#delta + 1] = off .. '=' .. to
end

local function record(id)
    local flat = call('HGETALL', tag .. ':h:' .. id)
    if #flat == 0 then
        return nil
    end
    local rec = {}
    for i = 1, #flat, 2 do
        rec[flat[i]] = flat[i + 1]
    end
    return rec
end

-- Offsets of a record's "offset:grade,offset:grade".
local function offsets(rec)
    return string.gmatch(rec.seats, '(%d+):%d+')
end

local function list(csv)
    return string.gmatch(csv, '%d+')
end

-- What a script answers about a hold. `due`: tell the sweeper about this time; 0 when it knows.
local function answer(status, id, due)
    return {status, now, due or 0, id, call('HGETALL', tag .. ':h:' .. id)}
end

local function count(member, n)
    if n ~= 0 and call('HINCRBY', tag .. ':n', member, n) <= 0 then
        call('HDEL', tag .. ':n', member)
    end
end

-- Ends a hold: every seat that it still has becomes free (†9).
local function end_hold(id, rec)
    local left = 0
    for off in offsets(rec) do
        if call('HGET', k_own, off) == id then
            call('HDEL', k_own, off)
            put(off, 'f')
            left = left + 1
        end
    end
    count(rec.own, -left)
    call('DEL', tag .. ':h:' .. id)
    call('ZREM', k_exp, id)
    call('ZREM', k_com, id)
    if call('HGET', tag .. ':mem', rec.own) == id then
        call('HDEL', tag .. ':mem', rec.own)
    end
    for _, key in ipairs({rec.ik or '', rec.ck or ''}) do
        if key ~= '' then
            call('PEXPIRE', tag .. ':i:' .. key, KEY_MS)
        end
    end
end

-- held -> committing, to be asked about at `ask`.
local function commit(id, rec, ask)
    for off in offsets(rec) do
        if call('HGET', k_own, off) == id then
            put(off, 'c')
        end
    end
    call('ZREM', k_exp, id)
    call('ZADD', k_com, ask, id)
    call('HSET', tag .. ':h:' .. id, 'st', 'c')
end

-- A held hold made under another run_id may be a committing one that a failover threw back (†8): nobody
-- may give its seats away before the truth was asked. It becomes committing, to be asked about at once.
local function foreign(id, rec)
    if rec.run == run then
        return false
    end
    commit(id, rec, now)
    return true
end

-- Ends what is overdue. Every script that gives or takes seats begins with it.
local function expire(most)
    local ended = 0
    for _, id in ipairs(call('ZRANGEBYSCORE', k_exp, '-inf', now, 'LIMIT', 0, most or 20)) do
        local rec = record(id)
        if not foreign(id, rec) then
            end_hold(id, rec)
            ended = ended + 1
        end
    end
    return ended
end

-- When the sweeper must look next: the first expiry or question. 0: there is none.
local function next_due()
    local due = 0
    for _, key in ipairs({k_exp, k_com}) do
        local first = tonumber(call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or 0)
        if first > 0 and (due == 0 or first < due) then
            due = first
        end
    end
    return due
end

-- Whether `change` is newer than all that was applied to the seat (†11); if so it is remembered.
local function newer(off, change)
    if change <= M.floor or change <= tonumber(call('HGET', tag .. ':chg', off) or 0) then
        return false
    end
    call('HSET', tag .. ':chg', off, digits(change))
    return true
end

-- The truth says sold. The seat leaves whatever hold has it: a held one ends (†6), a committing one stays
-- until it is answered, and so does `answered`, whose answer this is.
local function sell(off, answered)
    local id = call('HGET', k_own, off)
    if id then
        local rec = record(id)
        call('HDEL', k_own, off)
        count(rec.own, -1)
        if rec.st == 'h' and id ~= answered then
            end_hold(id, rec)
        end
    end
    put(off, 's')
end

-- Claims free seats for a hold.
local function claim(id, member, seats)
    local owners = {}
    for _, off in ipairs(seats) do
        put(off, 'h', 'f')
        owners[#owners + 1] = off
        owners[#owners + 1] = id
    end
    call('HSET', k_own, unpack(owners))
    count(member, #seats)
end

-- No map: whoever is installing one must read the truth again, it may have read before this change (†11).
local function no_map()
    call('DEL', tag .. ':nonce')
    return {'NOMAP', now}
end

-- An idempotency key: nil when new, else the hold it made, or false when it was used for another request.
local function replay(key, op, body)
    local v = call('HMGET', tag .. ':i:' .. key, 'op', 'body', 'hold')
    if not v[1] then
        return nil
    end
    return v[1] == op and v[2] == body and v[3]
end

local function remember(key, op, body, id, ms)
    call('HSET', tag .. ':i:' .. key, 'op', op, 'body', body, 'hold', id)
    call('PEXPIRE', tag .. ':i:' .. key, ms)
end

-- ---- picking -----------------------------------------------------------------------------------------
-- Strings count from 1, offsets from 0. `grade` is a byte of :gr, or nil for any one grade.
-- One function that makes the others: most calls pick nothing, and every function costs each call its making.
local function picker()
    -- The window of n free seats of one grade in the row [from, to] that is nearest its middle.
    local function window(map, gr, from, to, n, grade)
        local best, best_off, len, last = nil, nil, 0, nil
        for i = from, to do
            local g = string.byte(gr, i)
            if string.byte(map, i) ~= 102 or (grade and g ~= grade) then -- 102 is 'f'
                len = 0
            else
                len = (len > 0 and g == last) and len + 1 or 1
                last = g
                local off = math.abs(2 * i - n + 1 - from - to)
                if len >= n and (not best or off < best_off) then
                    best, best_off = i - n, off
                end
            end
        end
        return best
    end

    -- Together in one row, front rows first. The plain search skips rows that cannot have n in a row.
    local function together(map, gr, n, grade)
        local want, at = string.rep('f', n), 1
        while true do
            local hit = string.find(map, want, at, true)
            if not hit then
                return nil
            end
            local to = (string.find(map, '\n', hit, true) or #map + 1) - 1
            local from = to
            while from > 1 and string.byte(map, from - 1) ~= 10 do
                from = from - 1
            end
            local first = window(map, gr, from, to, n, grade)
            if first then
                local seats = {}
                for i = 0, n - 1 do
                    seats[#seats + 1] = first + i
                end
                return seats
            end
            at = to + 1
        end
    end

    -- The longest runs first, so that a party is split into as few parts as can be.
    local function split(map, gr, n, grade)
        local runs, i = {}, 1
        while true do
            local from = string.find(map, 'f', i, true)
            if not from then
                break
            end
            local g, to = string.byte(gr, from), from
            while string.byte(map, to + 1) == 102 and string.byte(gr, to + 1) == g do
                to = to + 1
            end
            if not grade or g == grade then
                runs[#runs + 1] = {from - 1, to - from + 1}
            end
            i = to + 1
        end
        table.sort(runs, function(a, b)
            return a[2] > b[2] or (a[2] == b[2] and a[1] < b[1])
        end)
        local seats = {}
        for _, r in ipairs(runs) do
            for j = 0, r[2] - 1 do
                if #seats == n then
                    return seats
                end
                seats[#seats + 1] = r[1] + j
            end
        end
        return #seats == n and seats or nil
    end

    -- The grade that stands furthest in front with n free seats; nil when no grade has them.
    local function grade_with(map, gr, n)
        local have = {}
        for i = 1, #map do
            if string.byte(map, i) == 102 then
                local g = string.byte(gr, i)
                have[g] = (have[g] or 0) + 1
            end
        end
        for i = 1, #gr do
            if (have[string.byte(gr, i)] or 0) >= n then
                return string.byte(gr, i)
            end
        end
        return nil
    end

    -- Offsets and how they were found; nil when there are not enough. Grades are mixed only when nothing else is left.
    local function pick(map, gr, n, grade, only_together)
        local seats = together(map, gr, n, grade)
        if seats then
            return seats, 'together'
        end
        if only_together then
            return nil
        end
        return split(map, gr, n, grade or grade_with(map, gr, n)), 'split'
    end
    return pick
end
