-- Which of the publications that a lost connection left without an answer were executed.
-- KEYS  meta, stream
-- ARGV  1 time in ms before which none of them was executed  2 their tags, 4 bytes each
-- Gives {epoch, 1 if those not named were not executed and 0 if that cannot be known, {tag, offset, tag, offset, ...}}.
local meta, stream = KEYS[1], KEYS[2]
local cutoff, now = tonumber(ARGV[1]), now_ms()
local SCANNED = 20000

local wanted, left = {}, 0
for at = 1, #ARGV[2], 4 do
  wanted[struct.unpack('>I4', ARGV[2], at)] = true
  left = left + 1
end

local m = redis.call('HMGET', meta, 'e', 'o', 'r')
if not m[1] then
  return {'', 1, {}}
end
local epoch, top, roll = m[1], tonumber(m[2]), m[3]

-- Newest first, until all are found or what follows is too old.
local found = {}
local function search(tag, offset, age)
  if wanted[tag] then
    found[#found + 1] = tag
    found[#found + 1] = offset
    left = left - 1
  end
  return left == 0 or offset == 1 or age > now - cutoff
end

local function search_roll()
  for at = #roll - 7, 1, -8 do
    local tag, time = struct.unpack('>I4I4', roll, at)
    if search(tag, top - (#roll - 7 - at) / 8, (now - time) % 4294967296) then
      return 1
    end
  end
  return 0
end

local function search_stream()
  local last, scanned = '+', 0
  while scanned < SCANNED do
    local entries = redis.call('XREVRANGE', stream, last, '-', 'COUNT', 500)
    local offset, tag, _, time
    for _, entry in ipairs(entries) do
      offset, tag, _, time = head(entry[2][2])
      if search(tag, offset, now - time) then
        return 1
      end
    end
    if #entries < 500 then
      return 0
    end
    last = id(offset - 1)
    scanned = scanned + 500
  end
  return 0
end

local complete = 1
if top > 0 then
  complete = roll and search_roll() or search_stream()
end
return {epoch, complete, found}
