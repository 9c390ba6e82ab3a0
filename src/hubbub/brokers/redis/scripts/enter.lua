-- Write a presence entry under a node's name, and remember where it is for the day that the node dies.
-- KEYS  members of the channel, entries of the node, nodes; of a watched channel also: occupied channels, last
--       number, what this run told (for its repetition)
-- ARGV  1 session  2 "<node>/<member>"  3 place of the entry (see keys.py)  4 node
--       5 channel  6 how long a repetition may come, ms
-- Gives the number of the change where a watched channel became occupied by this, and 0 otherwise.
redis.call('SADD', KEYS[3], ARGV[4])
redis.call('SADD', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if not KEYS[4] then
  return 0
end

local known = redis.call('ZSCORE', KEYS[4], ARGV[5])
redis.call('ZADD', KEYS[4], '+inf', ARGV[5])
if known then
  return tonumber(redis.call('GET', KEYS[6]) or 0)
end
local number = next_number(KEYS[5])
redis.call('SET', KEYS[6], string.format('%.0f', number), 'PX', ARGV[6])
return number
