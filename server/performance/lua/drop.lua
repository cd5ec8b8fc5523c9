-- ARGV: run_id. Forgets the map of a session that is long over. ASK {ids}: what may be a sale in the making is
-- asked about first. OK, NOMAP.
if not load() then
    return {'NOMAP', now}
end
for _, id in ipairs(call('ZRANGE', k_exp, 0, -1)) do
    foreign(id, record(id))
end
finish()
local ask = call('ZRANGE', k_com, 0, 99)
if #ask > 0 then
    return {'ASK', now, ask}
end
for _, id in ipairs(call('ZRANGE', k_exp, 0, -1)) do
    call('DEL', tag .. ':h:' .. id)
end
call('DEL', k_map, tag .. ':gr', k_meta, k_own, k_exp, k_com, tag .. ':chg', tag .. ':mem', tag .. ':n')
return {'OK', now}
