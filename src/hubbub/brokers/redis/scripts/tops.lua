-- The last position of many channels; those that do not exist are born.
-- KEYS  meta, stream of each channel
-- ARGV  1 seed of new epochs  2 meta ms
-- Gives {epoch, offset, tag, epoch, offset, tag, ...}.
local tops = {}
for at = 1, #KEYS, 2 do
  local epoch, offset, tag, _, newborn = channel(KEYS[at], KEYS[at + 1], ARGV[1])
  if newborn then
    keep_newborn(KEYS[at], epoch, ARGV[2])
  end
  tops[#tops + 1] = epoch
  tops[#tops + 1] = offset
  tops[#tops + 1] = tag
end
return tops
