-- Raise a number in a record.
-- KEYS  record, names of all records, looks
-- ARGV  1 name of the record  2 field  3 number  4 life ms  5 look ms
-- Gives what the number is now. Numbers stay below 2^53, and are exact.
local found = redis.call('HGET', KEYS[1], ARGV[2])
local present = 0
if found and #found <= 16 and string.find(found, '^%d+$') then
  present = tonumber(found)
end
local raised = tonumber(ARGV[3]) > present
if raised then
  redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
  redis.call('ZADD', KEYS[2], 0, ARGV[1])
end
if raised or found then
  prolong(KEYS[3], ARGV[1], ARGV[4], ARGV[5])
end
return raised and tonumber(ARGV[3]) or present
