-- Counts one call. KEYS: counter. ARGV: calls allowed, in how many ms. Answers {1, 0}, or {0, ms to wait}.
local count = redis.call('INCR', KEYS[1])
if count == 1 then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if count <= tonumber(ARGV[1]) then
    return {1, 0}
end
return {0, redis.call('PTTL', KEYS[1])}
