-- Everything after a position, in one look at log and top.
-- KEYS  meta, stream
-- ARGV  1 epoch  2 offset  3 tag, 0 if unknown  4 limit  5 history size  6 history age in ms
--       7 seed of a new epoch  8 newborn ms
-- Gives {outcome, epoch, offset, tag, frames}; the outcomes are those of the contract.
local meta, stream = KEYS[1], KEYS[2]
local epoch, top, top_tag = asked(meta, stream, ARGV[7], ARGV[8])

local since, tag, limit = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local function answer(outcome, frames)
  return {outcome, epoch, top, top_tag, frames or {}}
end

if ARGV[1] ~= epoch then
  return answer('epoch')
end
if since > top then
  return answer('ahead')
end
if since == top then
  if tag ~= 0 and tag ~= top_tag then
    return answer('fork')
  end
  return answer('ok')
end

if top - since > limit then
  return answer('too_many')
end
if since < top - tonumber(ARGV[5]) then
  return answer('gap')
end

local frames = {}
for at, entry in ipairs(redis.call('XRANGE', stream, id(since + 1), id(top))) do
  frames[at] = entry[2][2]
end
-- Ids have no holes in a log, so the right number proves completeness.
if #frames ~= top - since then
  return answer('gap')
end
local _, _, previous, time = head(frames[1])
if time <= now_ms() - tonumber(ARGV[6]) then
  return answer('gap')
end
-- The entry at the position may be trimmed; its successor names it.
if tag ~= 0 and previous ~= tag then
  return answer('fork')
end
return answer('ok', frames)
