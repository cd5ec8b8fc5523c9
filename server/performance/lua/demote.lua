-- ARGV: run_id, hold. committing -> held, for the one caller who knows that nothing was ever sent: the
-- hold was promoted once, by him, and he had no connection. Any second promotion may have been sent: KEPT.
if not load() then
    return {'NOMAP', now}
end
local id = ARGV[2]
local rec = record(id)
if not rec then
    return {'NONE', now}
end
if rec.st ~= 'c' or rec.tries ~= '1' or rec.run ~= run then
    return {'KEPT', now}
end
local lost = false
for off in offsets(rec) do
    lost = lost or call('HGET', k_own, off) ~= id
end
if lost or tonumber(rec.exp) <= now then
    end_hold(id, rec) -- it ran out meanwhile, or the truth took a seat of it
    finish()
    return {'NONE', now}
end
for off in offsets(rec) do
    put(off, 'h')
end
call('ZREM', k_com, id)
call('ZADD', k_exp, rec.exp, id)
call('HSET', tag .. ':h:' .. id, 'st', 'h', 'tries', 0)
finish()
return answer('OK', id, tonumber(rec.exp))
