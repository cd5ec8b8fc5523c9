-- ARGV: run_id. Forgets the map of a session that is long over. ASK {id, member, …}: what may be a sale in the making is
-- asked about first. OK, NOMAP.
if not load() then
    return {'NOMAP', now}
end
for _, id in ipairs(call('ZRANGE', k_exp, 0, -1)) do
    foreign(id, record(id))
end
finish()
local ask = {}
for _, id in ipairs(call('ZRANGE', k_com, 0, 99)) do
    ask[#ask + 1] = id
    ask[#ask + 1] = call('HGET', tag .. ':h:' .. id, 'own')
end
if #ask > 0 then
    return {'ASK', now, ask}
end
for _, id in ipairs(call('ZRANGE', k_exp, 0, -1)) do
    call('DEL', tag .. ':h:' .. id)
end
call('DEL', k_map, tag .. ':gr', k_meta, k_own, k_exp, k_com, tag .. ':chg', tag .. ':mem', tag .. ':n')
return {'OK', now}
