-- ARGV: run_id, sold|free, change, offsets. Seat by seat, only when the change is newer than the seat's last
-- (†11): any order and any repetition end in the same map. OK with how many were newer; NOMAP.
if not load() then
    return no_map()
end
local change, applied = tonumber(ARGV[3]), 0
for off in list(ARGV[4]) do
    if newer(off, change) then
        applied = applied + 1
        if ARGV[2] == 'sold' then
            sell(off, '')
        elseif state(off) == 's' then
            put(off, 'f') -- on any other byte a newer `free` only raises the number (†8)
        end
    end
end
finish()
return {'OK', now, applied}
