-- ARGV: run_id, hold ('' for the member's count-hold), member, create key ('' for none), body.
-- OK: the hold. NONE: there is none (third: the id that the create key stands for, '' without).
-- REUSED: the create key was used for another request. Reads only.
if not load() then
    return {'NOMAP', now}
end
local id = ARGV[2]
if id == '' and ARGV[4] ~= '' then
    local made = replay(ARGV[4], 'create', ARGV[5])
    if made == false then
        return {'REUSED', now}
    end
    id = made or ''
end
if id == '' then
    id = call('HGET', tag .. ':mem', ARGV[3]) or ''
end
local rec = id ~= '' and record(id)
if not rec or rec.own ~= ARGV[3] or (rec.st == 'h' and tonumber(rec.exp) <= now and rec.run == run) then
    return {'NONE', now, id}
end
return answer('OK', id)
