-- ARGV: run_id, nonce, map (template with the truth's sold seats), gr, floor, sig, rev.
-- The floor becomes every seat's change number and the epoch (†14). LOST: the nonce is gone, because it
-- ran out or because an event came in between (†11): read the truth again.
if load() then
    return {'READY', now}
end
if call('GET', tag .. ':nonce') ~= ARGV[2] then
    return {'LOST', now}
end
for _, key in ipairs({k_exp, k_com}) do
    for _, id in ipairs(call('ZRANGE', key, 0, -1)) do
        call('DEL', tag .. ':h:' .. id)
    end
end
call('DEL', k_own, k_exp, k_com, tag .. ':chg', tag .. ':mem', tag .. ':n', tag .. ':nonce')
local n = {f = 0, h = 0, c = 0, s = 0, x = 0}
for byte in string.gmatch(ARGV[3], '[^\n]') do
    n[byte] = n[byte] + 1
end
call('SET', k_map, ARGV[3])
call('SET', tag .. ':gr', ARGV[4])
call('HSET', k_meta, 'epoch', ARGV[5], 'ctr', 0, 'floor', ARGV[5], 'runid', run, 'sig', ARGV[6],
     'rev', ARGV[7], 'f', n.f, 'h', 0, 'c', 0, 's', n.s, 'x', n.x)
load()
call('PUBLISH', tag .. ':ch', version() .. ' *')
return {'OK', now}
