-- Remove a presence entry, unless another node has written it anew.
-- KEYS  members of the channel, entries of the node
-- ARGV  1 session  2 place of the entry  3 "<node>/"
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if entry and string.sub(entry, 1, #ARGV[3]) == ARGV[3] then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
redis.call('SREM', KEYS[2], ARGV[2])
return 1
