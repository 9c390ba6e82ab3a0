-- A page of kept entries and the top, in one look.
-- KEYS  meta, stream
-- ARGV  1 limit  2 since, exclusive, '' from the end  3 '1' newest first  4 history size
--       5 history age in ms  6 seed of a new epoch  7 newborn ms
-- Gives {epoch, offset, tag, frames}.
local meta, stream = KEYS[1], KEYS[2]
local epoch, top, top_tag = asked(meta, stream, ARGV[6], ARGV[7])
local limit, size, age = tonumber(ARGV[1]), tonumber(ARGV[4]), tonumber(ARGV[5])

local frames = {}
if limit > 0 and size > 0 and top > 0 then
  -- The oldest offset that still counts: within the size, and young enough.
  local from, till = first_young(stream, math.max(top - size + 1, 1), top, now_ms() - age), top
  local since = tonumber(ARGV[2])
  local entries
  if ARGV[3] == '1' then
    if since then
      till = math.min(till, since - 1)
    end
    entries = from <= till and redis.call('XREVRANGE', stream, id(till), id(from), 'COUNT', limit) or {}
  else
    if since then
      from = math.max(from, since + 1)
    end
    entries = from <= till and redis.call('XRANGE', stream, id(from), id(till), 'COUNT', limit) or {}
  end
  for at, entry in ipairs(entries) do
    frames[at] = entry[2][2]
  end
end
return {epoch, top, top_tag, frames}
