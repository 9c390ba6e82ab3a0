-- Write a field of a record.
-- KEYS  record, names of all records
-- ARGV  1 name of the record  2 field  3 value  4 '1' only if the field is not there
-- Gives 1 if the field has this value now.
local found = ARGV[4] == '1' and redis.call('HGET', KEYS[1], ARGV[2])
if found then
  return found == ARGV[3] and 1 or 0
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
return 1
