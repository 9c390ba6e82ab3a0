-- Write a field of a record.
-- KEYS  record, names of all records, looks
-- ARGV  1 name of the record  2 field  3 value  4 '1' only if the field is not there  5 life ms  6 look ms
-- Gives 1 if the field has this value now.
local found = ARGV[4] == '1' and redis.call('HGET', KEYS[1], ARGV[2])
if not found then
  redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
  redis.call('ZADD', KEYS[2], 0, ARGV[1])
end
prolong(KEYS[3], ARGV[1], ARGV[5], ARGV[6])
return (not found or found == ARGV[3]) and 1 or 0
