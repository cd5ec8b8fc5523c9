-- One try of a code. Counting and comparing are one step: parallel guesses cannot get more tries than allowed.
-- KEYS: code record, validated mark. ARGV: tries allowed, life of the mark in ms, acceptable hashes.
-- Answers 1 when it was right: the code is used up and the address is marked validated; else 0.
local hash = redis.call('HGET', KEYS[1], 'hash')
if not hash or redis.call('HINCRBY', KEYS[1], 'tries', 1) > tonumber(ARGV[1]) then
    return 0
end
for i = 3, #ARGV do
    if ARGV[i] == hash then
        redis.call('DEL', KEYS[1])
        redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
        return 1
    end
end
return 0
