-- ARGV: run_id, hold, member, ask after ms, create key ('' for none), body. held -> committing, until it is
-- asked about, not until it is released. OK: the hold with the seats as promoted, for a repeat the same list;
-- NONE; REUSED: the create key belongs to another request.
local id, key = ARGV[2], ARGV[5]
if not load() then
    return {'NOMAP', now}
end
expire()
local rec = record(id)
if not rec or rec.own ~= ARGV[3] then
    finish()
    return {'NONE', now}
end
if key ~= '' then
    local made = replay(key, 'create', ARGV[6])
    if made == false or (made and made ~= id) then
        finish()
        return {'REUSED', now}
    end
    remember(key, 'create', ARGV[6], id, 86400000)
    call('HSET', tag .. ':h:' .. id, 'ck', key)
end
local due = 0
if rec.st == 'h' then
    due = now + tonumber(ARGV[4])
    commit(id, rec, due)
end
call('HINCRBY', tag .. ':h:' .. id, 'tries', 1)
if rec.ik ~= '' then
    call('PEXPIRE', tag .. ':i:' .. rec.ik, 86400000)
end
finish()
return answer('OK', id, due)
