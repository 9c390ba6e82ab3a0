-- Write a presence entry under a node's name, and remember where it is for the day that the node dies.
-- KEYS  members of the channel, entries of the node, nodes
-- ARGV  1 session  2 "<node>/<member>"  3 place of the entry (see keys.py)  4 node
redis.call('SADD', KEYS[3], ARGV[4])
redis.call('SADD', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
