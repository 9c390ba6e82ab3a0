-- Remove a presence entry, unless another node has written it anew.
-- KEYS  members of the channel, entries of the node, occupied channels
-- ARGV  1 session  2 place of the entry  3 "<node>/"  4 channel  5 '1' if the channel was watched by the session
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if entry and string.sub(entry, 1, #ARGV[3]) == ARGV[3] then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
redis.call('SREM', KEYS[2], ARGV[2])
if note_empty(KEYS[3], KEYS[1], ARGV[4]) and not entry and ARGV[5] == '1' then
  -- Entry and watch may have been lost together. That the channel is vacated is told twice, rather than never.
  redis.call('ZADD', KEYS[3], now_ms(), ARGV[4])
end
return 1
