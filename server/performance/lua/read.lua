-- ARGV: run_id, version that the caller has ('' for none), 'map' or 'counts'.
-- OK: version, f, h, c, s, x, and the map unless it was not wanted or the version is the same.
if not load() then
    return {'NOMAP', now}
end
local reply = {'OK', now, version(), M.f, M.h, M.c, M.s, M.x}
if ARGV[3] == 'map' and version() ~= ARGV[2] then
    reply[9] = call('GET', k_map)
end
return reply
