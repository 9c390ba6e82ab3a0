-- Remove entries of nodes without a lease, a bounded number at a time; each is removed, and told of, once.
-- KEYS  nodes, what this run removed (for its repetition), occupied channels
-- ARGV  1 what a lease's key begins with  2 the same of a node's entries  3 the same of a channel's members
--       4 most entries to remove  5 how long a repetition may come, ms
--       6 how the names of a node begin that is to be buried, lease or not; then no other is looked at ('': all)
--       7 how long they are
-- Gives {1 if there may be more, {channel, session, member, ...}}. All keys are in one slot.
local before = redis.call('GET', KEYS[2])
if before then
  return cmsgpack.unpack(before)
end

local function is_dead(node)
  if ARGV[6] ~= '' then
    if #node ~= tonumber(ARGV[7]) or string.sub(node, 1, #ARGV[6]) ~= ARGV[6] then
      return false
    end
    redis.call('DEL', ARGV[1] .. node)
  end
  return redis.call('EXISTS', ARGV[1] .. node) == 0
end

local removed, left = {}, tonumber(ARGV[4])
for _, node in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if left > 0 and is_dead(node) then
    local entries = ARGV[2] .. node
    local places = redis.call('SPOP', entries, left)
    left = left - #places
    for _, place in ipairs(places) do
      local size, rest = string.match(place, '^(%d+):(.*)$')
      local channel = string.sub(rest, 1, tonumber(size))
      local session = string.sub(rest, tonumber(size) + 1)
      local entry = redis.call('HGET', ARGV[3] .. channel, session)
      -- A session that has moved to another node is no ghost.
      if entry and string.sub(entry, 1, #node + 1) == node .. '/' then
        redis.call('HDEL', ARGV[3] .. channel, session)
        note_empty(KEYS[3], ARGV[3] .. channel, channel)
        removed[#removed + 1] = channel
        removed[#removed + 1] = session
        removed[#removed + 1] = string.sub(entry, #node + 2)
      end
    end
    if redis.call('EXISTS', entries) == 0 then
      redis.call('SREM', KEYS[1], node)
    end
  end
end

local answer = {left > 0 and 0 or 1, removed}
if #removed > 0 then
  redis.call('SET', KEYS[2], cmsgpack.pack(answer), 'PX', ARGV[5])
end
return answer
