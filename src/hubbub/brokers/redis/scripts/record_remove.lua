-- Remove fields of a record, or all of it.
-- KEYS  record, names of all records
-- ARGV  1 name of the record  2... fields; none removes the record
for at = 2, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[at])
end
if #ARGV == 1 then
  redis.call('DEL', KEYS[1])
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 1
