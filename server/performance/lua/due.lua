-- KEYS: tk:due. ARGV: run_id, most. Takes the sessions whose next expiry or question is due; each goes to one caller,
-- who sweeps it and puts its next time back.
local sessions = call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, session in ipairs(sessions) do
    call('ZREM', KEYS[1], session)
end
return {'OK', now, sessions}
