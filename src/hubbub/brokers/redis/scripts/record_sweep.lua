-- Remove the records whose time is over.
-- KEYS  names of all records, looks
-- ARGV  1 what the key of a record begins with  2 what the key of a meta hash begins with  3 how many at most
-- Gives how many were looked at.
local now = now_ms()
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[3])
for _, member in ipairs(due) do
  local name, left = string.sub(member, 2), -2
  if string.sub(member, 1, 1) == 'c' then
    local colon = string.find(name, ':', 1, true)
    left = redis.call('PTTL', ARGV[2] .. (colon and string.sub(name, colon + 1) or ''))
  end
  if left == -2 then
    redis.call('UNLINK', ARGV[1] .. name) -- a large one is taken apart beside, and nobody waits
    forget(ARGV[1] .. name, KEYS[1], KEYS[2], name)
  else
    -- The counter is there. When its own time is over, or was prolonged, there is another look.
    redis.call('ZADD', KEYS[2], string.format('%.0f', now + math.max(left, 0) + 1), member)
  end
end
return #due
