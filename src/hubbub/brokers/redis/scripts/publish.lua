-- Append an entry and hand it to every node, atomically, at most once.
-- KEYS  meta, stream [, idempotency key]
-- ARGV  1 Pub/Sub channel  2 payload  3 history size  4 history ms  5 meta ms  6 tag  7 idempotency ms
--       8 '' the first time; when the connection broke before the answer came, how long ago in ms that was
-- Gives {epoch, offset, tag}. Another tag than ours: the key was used before, and this is the first one's place.
-- An empty epoch: a repetition that cannot tell any more whether the first attempt was executed.
local meta, stream, idempotency = KEYS[1], KEYS[2], KEYS[3]
local payload, size, tag = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[6])

-- Up to here history is trimmed to the entry; beyond, Redis may keep up to a node of the radix tree more, which is
-- cheaper. Readers never look below the size in either case.
local EXACT = 200
-- The stream of a channel with less history than this cannot show what was executed a moment ago. Its meta hash has
-- a roll of the last tags instead: 8 bytes each, tag and second.
local ROLL = 64
local SCANNED = 5000
local SLACK_MS = 2000

-- The offset that `tag` got since `cutoff`, 0 if it was not executed, nil if that cannot be known.
local function executed_in_roll(roll, offset, cutoff)
  for at = #roll - 7, 1, -8 do
    local rolled, second = struct.unpack('>I4I4', roll, at)
    if rolled == tag then
      return offset - (#roll - 7 - at) / 8
    end
    if second * 1000 + 999 < cutoff then
      return 0
    end
  end
  return #roll / 8 == offset and 0 or nil
end

local function executed_in_stream(offset, cutoff)
  local last, scanned = '+', 0
  while scanned < SCANNED do
    local entries = redis.call('XREVRANGE', stream, last, '-', 'COUNT', 100)
    for _, entry in ipairs(entries) do
      local at, kept, _, time = head(entry[2][2])
      if kept == tag then
        return at
      end
      if at == 1 or time < cutoff then
        return 0
      end
      last = id(at - 1)
    end
    if #entries < 100 then
      return nil
    end
    scanned = scanned + 100
  end
  return nil
end

if idempotency then
  local first = redis.call('GET', idempotency)
  if first then
    local e, o, t = string.match(first, '^(%S+) (%d+) (%d+)$')
    return {e, tonumber(o), tonumber(t)}
  end
end

local epoch, offset, previous, roll = channel(meta, stream, ARGV[6])
local now = now_ms()

-- The idempotency key has already told whether a repetition was executed; without one, look for the tag.
if ARGV[8] ~= '' and not idempotency and offset > 0 then
  local cutoff = now - tonumber(ARGV[8]) - SLACK_MS
  local place = tag == previous and offset
  if not place then
    if roll then
      place = executed_in_roll(roll, offset, cutoff)
    else
      place = executed_in_stream(offset, cutoff)
    end
  end
  if not place then
    return {'', 0, 0}
  end
  if place > 0 then
    return {epoch, place, tag}
  end
end

offset = offset + 1
local frame = struct.pack('>BI8I4I4I8BI4', 1, offset, tag, previous, now, #epoch, #payload) .. epoch .. payload

-- The stream comes first: where Redis refuses writes, it refuses this one, and nothing has changed yet.
if size > 0 then
  local function append()
    if size <= EXACT then
      return redis.pcall('XADD', stream, 'MAXLEN', ARGV[3], id(offset), 'f', frame)
    end
    return redis.pcall('XADD', stream, 'MAXLEN', '~', ARGV[3], id(offset), 'f', frame)
  end
  local added = append()
  if type(added) == 'table' and added.err and string.find(added.err, 'equal or smaller', 1, true) then
    -- The meta hash is older than the stream (restored, evicted, or written by somebody else): it decides.
    redis.call('DEL', stream)
    added = append()
  end
  if type(added) == 'table' and added.err then
    return added
  end
  redis.call('PEXPIRE', stream, ARGV[4])
else
  -- Older entries would stand on the other side of a hole.
  redis.call('DEL', stream)
end

if size < ROLL then
  local rolled = (roll or '') .. struct.pack('>I4I4', tag, math.floor(now / 1000))
  redis.call('HSET', meta, 'e', epoch, 'o', offset, 't', ARGV[6], 'r', string.sub(rolled, -8 * ROLL))
else
  redis.call('HSET', meta, 'e', epoch, 'o', offset, 't', ARGV[6])
  if roll then
    redis.call('HDEL', meta, 'r')
  end
end
redis.call('PEXPIRE', meta, ARGV[5])
redis.call('PUBLISH', ARGV[1], frame)
if idempotency then
  redis.call('SET', idempotency, string.format('%s %.0f %.0f', epoch, offset, tag), 'PX', ARGV[7])
end
return {epoch, offset, tag}
