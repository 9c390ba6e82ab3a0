-- The entries of a channel whose node's lease is alive.
-- KEYS  members of the channel
-- ARGV  1 what a lease's key begins with; leases are in the channel's slot
-- Gives {session, member, session, member, ...}.
local alive, members = {}, {}
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  local slash = string.find(all[at + 1], '/', 1, true)
  local node = string.sub(all[at + 1], 1, slash - 1)
  if alive[node] == nil then
    alive[node] = redis.call('EXISTS', ARGV[1] .. node) == 1
  end
  if alive[node] then
    members[#members + 1] = all[at]
    members[#members + 1] = string.sub(all[at + 1], slash + 1)
  end
end
return members
