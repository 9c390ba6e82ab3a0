-- The last position of many channels; those that do not exist are born.
-- KEYS  meta, stream of each channel
-- ARGV  1 seed of new epochs  2 newborn ms
-- Gives {epoch, offset, tag, epoch, offset, tag, ...}.
local tops = {}
for at = 1, #KEYS, 2 do
  local epoch, offset, tag = asked(KEYS[at], KEYS[at + 1], ARGV[1], ARGV[2])
  tops[#tops + 1] = epoch
  tops[#tops + 1] = offset
  tops[#tops + 1] = tag
end
return tops
