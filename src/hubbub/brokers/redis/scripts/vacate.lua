-- Take the channels that have been empty for long enough out of the occupied ones, a bounded number at a time.
-- KEYS  occupied channels, last number, what this run told (for its repetition)
-- ARGV  1 for how long they must have been empty, ms  2 what the key of a channel's members begins with
--       3 most channels to look at  4 how long a repetition may come, ms
-- Gives {1 if there may be more, {channel, number, ...}}. All keys are in one slot.
local before = redis.call('GET', KEYS[3])
if before then
  return cmsgpack.unpack(before)
end

local told = {}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms() - tonumber(ARGV[1]), 'LIMIT', 0, ARGV[3])
for _, channel in ipairs(due) do
  if redis.call('HLEN', ARGV[2] .. channel) == 0 then
    redis.call('ZREM', KEYS[1], channel)
    told[#told + 1] = channel
    told[#told + 1] = next_number(KEYS[2])
  else
    -- Somebody entered who does not watch.
    redis.call('ZADD', KEYS[1], '+inf', channel)
  end
end

local answer = {#due == tonumber(ARGV[3]) and 1 or 0, told}
if #told > 0 then
  redis.call('SET', KEYS[3], cmsgpack.pack(answer), 'PX', ARGV[4])
end
return answer
