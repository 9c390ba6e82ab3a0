-- Raise a number in a record.
-- KEYS  record, names of all records
-- ARGV  1 name of the record  2 field  3 number
-- Gives what the number is now. Numbers stay below 2^53, and are exact.
local found = redis.call('HGET', KEYS[1], ARGV[2])
local present = 0
if found and #found <= 16 and string.find(found, '^%d+$') then
  present = tonumber(found)
end
if tonumber(ARGV[3]) <= present then
  return present
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
return tonumber(ARGV[3])
