-- ARGV: run_id, floor, sig, rev, gr, truth (the plan's map with the truth's sold seats). Makes the map agree with
-- a locking read of the truth, both ways, only where the seat's number is not above the floor, which it is then
-- set to (†14). A new run_id, or a counter that runs high, takes a new epoch: the version never falls.
-- OK: seats changed, next due; OLD: a later read came first; NOMAP; PLAN: the plan has another size.
if not load() then
    return {'NOMAP', now}
end
local floor, truth, map = tonumber(ARGV[2]), ARGV[6], call('GET', k_map)
if #truth ~= #map then
    return {'PLAN', now}
end
if floor < M.floor then
    return {'OLD', now}
end
local chg, wrong = {}, {}
local flat = call('HGETALL', tag .. ':chg')
for i = 1, #flat, 2 do
    chg[tonumber(flat[i])] = tonumber(flat[i + 1])
end
for i = 1, #map do
    local is, should = string.byte(map, i), string.byte(truth, i)
    if is ~= should and (is == 115 or should == 115) and (chg[i - 1] or 0) <= floor then -- 115 is 's'
        wrong[#wrong + 1] = {i - 1, string.char(should)}
    end
end
for off, number in pairs(chg) do
    if number <= floor then
        call('HDEL', tag .. ':chg', off)
    end
end
M.floor = floor
call('HSET', k_meta, 'floor', digits(floor))
for _, w in ipairs(wrong) do
    if w[2] == 's' then
        sell(w[1], '')
    else
        put(w[1], w[2])
    end
end
finish()
local fresh = M.sig ~= ARGV[3]
if fresh then
    M.ctr = M.ctr + 1
    call('SET', tag .. ':gr', ARGV[5])
    call('HSET', k_meta, 'sig', ARGV[3], 'rev', ARGV[4], 'ctr', M.ctr)
end
if M.runid ~= run or M.ctr > 2097152 then
    fresh, M.epoch, M.ctr = true, math.max(floor, M.epoch + 1), 0
    call('HSET', k_meta, 'runid', run, 'epoch', digits(M.epoch), 'ctr', 0)
end
if fresh then
    call('PUBLISH', tag .. ':ch', version() .. ' *') -- mirrors fetch all again
end
return {'OK', now, #wrong, next_due()}
