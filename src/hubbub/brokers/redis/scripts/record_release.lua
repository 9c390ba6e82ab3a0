-- Remove a field of a record if it has a value.
-- KEYS  record, names of all records, looks
-- ARGV  1 name of the record  2 field  3 value
-- Gives 1 if the field is gone.
local found = redis.call('HGET', KEYS[1], ARGV[2])
if found and found ~= ARGV[3] then
  return 0
end
redis.call('HDEL', KEYS[1], ARGV[2])
forget(KEYS[1], KEYS[2], KEYS[3], ARGV[1])
return 1
