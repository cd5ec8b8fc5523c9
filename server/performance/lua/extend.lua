-- ARGV: run_id, hold, member, ttl ms, key, most. OK: the hold; NONE; COMMITTING (†7); LIMIT. A repeated
-- key counts once; the keys stay with the hold.
local id, ttl, key = ARGV[2], tonumber(ARGV[4]), ARGV[5]
if not load() then
    return {'NOMAP', now}
end
expire()
finish()
local rec = record(id)
if not rec or rec.own ~= ARGV[3] then
    return {'NONE', now}
end
if string.find(rec.xk or '', key .. ',', 1, true) then
    return answer('OK', id)
end
if rec.st == 'c' then
    return {'COMMITTING', now}
end
if tonumber(rec.ext) >= tonumber(ARGV[6]) then
    return {'LIMIT', now}
end
call('HSET', tag .. ':h:' .. id, 'exp', now + ttl, 'ext', rec.ext + 1, 'xk', (rec.xk or '') .. key .. ',')
call('ZADD', k_exp, now + ttl, id)
if rec.ik ~= '' then
    call('PEXPIRE', tag .. ':i:' .. rec.ik, ttl + KEY_MS)
end
return answer('OK', id)
