-- ARGV: run_id, hold, change, offsets. The hold was sold. It ends: answered seats whose change number is newer
-- become sold, every other seat that it still has becomes free (†9, †11). Without its record the seats' rule
-- holds all the same. OK, NOMAP.
if not load() then
    return no_map()
end
local id, change = ARGV[2], tonumber(ARGV[3])
for off in list(ARGV[4]) do
    if newer(off, change) then
        sell(off, id)
    end
end
local rec = record(id)
if rec then
    end_hold(id, rec)
end
finish()
return {'OK', now}
