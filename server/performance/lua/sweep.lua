-- ARGV: run_id, ms until an unanswered question is asked again, most. Ends what is overdue.
-- OK: next due time or 0, how many ended, {id, member, …} to ask the truth about; those are due again after the given ms,
-- should the asker die. A committing hold is never ended here (†4).
if not load() then
    return {'NOMAP', now}
end
local ended = expire(tonumber(ARGV[3]))
finish()
local ask = {}
for _, id in ipairs(call('ZRANGEBYSCORE', k_com, '-inf', now, 'LIMIT', 0, ARGV[3])) do
    call('ZADD', k_com, now + tonumber(ARGV[2]), id)
    ask[#ask + 1] = id
    ask[#ask + 1] = call('HGET', tag .. ':h:' .. id, 'own')
end
return {'OK', now, next_due(), ended, ask}
