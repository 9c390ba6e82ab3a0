-- Remove fields of a record, or all of it.
-- KEYS  record, names of all records, looks
-- ARGV  1 name of the record  2... fields; none removes the record
for at = 2, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[at])
end
if #ARGV == 1 then
  redis.call('DEL', KEYS[1])
end
forget(KEYS[1], KEYS[2], KEYS[3], ARGV[1])
return 1
