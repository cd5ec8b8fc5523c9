-- Stores a new code for an address, unless it has had its mails of this hour.
-- KEYS: code record, sorted set of mails (by time). ARGV: hash of the code, id of this mail, life of a code in ms,
-- mails allowed, in how many ms. Answers {1, 0}, or {0, ms until the next mail is allowed}. Safe to repeat.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[5])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - window)
if not redis.call('ZSCORE', KEYS[2], ARGV[2]) then
    if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[4]) then
        local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
        return {0, oldest[2] + window - now}
    end
    redis.call('ZADD', KEYS[2], now, ARGV[2])
end
redis.call('PEXPIRE', KEYS[2], window)
-- The code that this one replaces is kept beside it: if the mail cannot be sent, code_drop brings it back.
local old = redis.call('HMGET', KEYS[1], 'hash', 'tries', 'id')
local left = redis.call('PTTL', KEYS[1])
if old[1] and old[3] ~= ARGV[2] and left > 0 then
    redis.call('HSET', KEYS[1], 'old_hash', old[1], 'old_tries', old[2], 'old_id', old[3], 'old_end', now + left)
end
redis.call('HSET', KEYS[1], 'hash', ARGV[1], 'tries', 0, 'id', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {1, 0}
