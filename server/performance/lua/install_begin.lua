-- ARGV: run_id, nonce, ms. One installer at a time; the others wait for its map.
-- READY there is a map; WON read the truth, then install.lua; BUSY somebody else is at it.
if load() then
    return {'READY', now}
end
if call('SET', tag .. ':nonce', ARGV[2], 'NX', 'PX', ARGV[3]) then
    return {'WON', now}
end
return {'BUSY', now}
