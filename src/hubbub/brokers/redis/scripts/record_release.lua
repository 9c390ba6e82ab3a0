-- Remove a field of a record if it has a value.
-- KEYS  record, names of all records
-- ARGV  1 name of the record  2 field  3 value
-- Gives 1 if the field is gone.
local found = redis.call('HGET', KEYS[1], ARGV[2])
if found and found ~= ARGV[3] then
  return 0
end
redis.call('HDEL', KEYS[1], ARGV[2])
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 1
