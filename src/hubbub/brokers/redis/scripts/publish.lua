-- Append an entry and hand it to every node, atomically, at most once.
-- KEYS  meta, stream [, idempotency key] [, record]
-- ARGV  1 Pub/Sub channel  2 payload  3 history size  4 history ms  5 meta ms  6 tag  7 idempotency ms, 0 without key
--       8 the field of the record that bars it
-- Gives {epoch, offset, tag, now}. Another tag than ours: the key was used before, and this is the first one's place.
-- Offset 0: the record has the field, and nothing was appended.
local meta, stream = KEYS[1], KEYS[2]
local idempotency = ARGV[7] and ARGV[7] ~= '0' and KEYS[3]
local payload, size, tag = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[6])

-- Up to here history is trimmed to the entry; beyond, Redis may keep up to a node of the radix tree more, which is
-- cheaper. Readers never look below the size in either case.
local EXACT = 200
-- The stream of a channel with less history than this cannot show settle.lua what was executed a moment ago. Its meta
-- hash has a roll of the last tags instead: 8 bytes each, the tag and the low half of the time, enough for 49 days.
local ROLL = 128
-- Each so many publications entries go that are too old; a minute later than readers stop seeing them, for settle.lua.
local AGED, GRACE = 16, 60000
local now = now_ms()

if ARGV[8] and redis.call('HEXISTS', KEYS[#KEYS], ARGV[8]) == 1 then
  return {'', 0, 0, now}
end
if idempotency then
  local first = redis.call('GET', idempotency)
  if first then
    local e, o, t = string.match(first, '^(%S+) (%d+) (%d+)$')
    return {e, tonumber(o), tonumber(t), now}
  end
end

local epoch, offset, previous, roll = channel(meta, stream, ARGV[6])

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
  if offset % AGED == 0 then
    -- Protected: what somebody else put there must not keep us from publishing.
    pcall(function()
      local cutoff = now - tonumber(ARGV[4]) - GRACE
      local first, _, _, time = head(redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1][2][2])
      if time <= cutoff then
        redis.call('XTRIM', stream, 'MINID', id(first_young(stream, first, offset, cutoff)))
      end
    end)
  end
else
  -- Older entries would stand on the other side of a hole.
  redis.call('DEL', stream)
end

if size < ROLL then
  local rolled = (roll or '') .. struct.pack('>I4I4', tag, now % 4294967296)
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
return {epoch, offset, tag, now}
