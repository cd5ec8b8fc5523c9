-- ARGV: run_id, hold ('' for the member's count-hold), member, key ('' for none), op.
-- OK released, or the key's repeat; NONE; COMMITTING: never touched (†4); ASK {id, member}: ask, then try again (†8);
-- REUSED. The key is only kept when something was released.
local id, member, key, op = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if not load() then
    return {'NOMAP', now}
end
expire()
local made = key ~= '' and replay(key, op, id)
if key ~= '' and made ~= nil then
    finish()
    return {made == false and 'REUSED' or 'OK', now}
end
local target = id ~= '' and id or call('HGET', tag .. ':mem', member)
local rec = target and record(target)
local status = 'OK'
if not rec or rec.own ~= member then
    status = 'NONE'
elseif rec.st == 'c' then
    status = 'COMMITTING'
elseif foreign(target, rec) then
    finish()
    return {'ASK', now, {target, member}}
else
    end_hold(target, rec)
    if key ~= '' then
        remember(key, op, id, target, KEY_MS)
    end
end
finish()
return {status, now}
