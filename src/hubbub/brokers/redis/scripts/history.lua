-- A page of kept entries and the top, in one look.
-- KEYS  meta, stream
-- ARGV  1 limit  2 since, exclusive, '' from the end  3 '1' newest first  4 history size
--       5 history age in ms  6 seed of a new epoch  7 meta ms
-- Gives {epoch, offset, tag, frames}.
local meta, stream = KEYS[1], KEYS[2]
local epoch, top, top_tag, _, newborn = channel(meta, stream, ARGV[6])
if newborn then
  keep_newborn(meta, epoch, ARGV[7])
end
local limit, size, age = tonumber(ARGV[1]), tonumber(ARGV[4]), tonumber(ARGV[5])

local function first_from(offset)
  local entry = redis.call('XRANGE', stream, id(offset), '+', 'COUNT', 1)[1]
  if entry then
    return head(entry[2][2])
  end
end

-- The oldest offset that still counts: within the size, and young enough. Times grow with offsets, so that the
-- place of the first young entry is found by halving.
local function oldest()
  local low = math.max(top - size + 1, 1)
  local cutoff = now_ms() - age
  local high = top + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    local offset, _, _, time = first_from(middle)
    if offset and time <= cutoff then
      low = offset + 1
    else
      high = middle
    end
  end
  return low
end

local frames = {}
if limit > 0 and size > 0 and top > 0 then
  local from, till = oldest(), top
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
