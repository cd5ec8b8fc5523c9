-- ARGV: run_id, hold, change, conflicting offsets, new hold id ('' for none). The hold's key was refused: it can
-- never be sold. The named seats become sold where the change is newer (†20); with a new id the others move to a
-- new hold of the same owner and expiry, else they go free. OK: the new hold, also for a repeat; NONE without.
if not load() then
    return no_map()
end
local id, change, new = ARGV[2], tonumber(ARGV[3]), ARGV[5]
local named = {}
for off in list(ARGV[4]) do
    named[off] = true
    if newer(off, change) then
        sell(off, id)
    end
end
local rec = record(id)
local kept, recorded = {}, {}
if rec and new ~= '' and tonumber(rec.exp) > now then
    for off, grade in string.gmatch(rec.seats, '(%d+):(%d+)') do
        if not named[off] and call('HGET', k_own, off) == id then
            kept[#kept + 1] = off
            recorded[#recorded + 1] = off .. ':' .. grade
        end
    end
end
local was_check = rec and call('HGET', tag .. ':mem', rec.own) == id
if rec then
    end_hold(id, rec)
end
if #kept > 0 then
    claim(new, rec.own, kept)
    call('HSET', tag .. ':h:' .. new, 'st', 'h', 'own', rec.own, 'term', rec.term, 'form', rec.form,
         'seats', table.concat(recorded, ','), 'grades', rec.grades, 'rev', rec.rev, 'run', run, 'at', now,
         'exp', rec.exp, 'ext', rec.ext, 'tries', 0, 'ik', '', 'why', 'kept')
    call('ZADD', k_exp, rec.exp, new)
    if was_check then
        call('HSET', tag .. ':mem', rec.own, new)
    end
end
finish()
if new ~= '' and record(new) then
    return answer('OK', new, #kept > 0 and tonumber(rec.exp) or 0)
end
return {'NONE', now}
