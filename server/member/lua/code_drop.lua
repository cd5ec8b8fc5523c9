-- Takes a code back whose mail could not be sent: it neither counts nor replaces the one before it.
-- KEYS: as code_put. ARGV: id of the mail. Answers 1 when the code was there. Safe to repeat.
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then
    return 0
end
local old = redis.call('HMGET', KEYS[1], 'old_hash', 'old_tries', 'old_id', 'old_end')
redis.call('DEL', KEYS[1])
if old[1] then
    redis.call('HSET', KEYS[1], 'hash', old[1], 'tries', old[2], 'id', old[3])
    redis.call('PEXPIREAT', KEYS[1], old[4])
end
return 1
