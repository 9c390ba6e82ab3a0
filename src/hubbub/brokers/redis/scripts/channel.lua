-- Put before each script of the log: what they agree on. The layout of keys is in keys.py, of frames in frames.py.

-- The channel's epoch, offset, last tag and roll of tags. A counter that does not exist is born: the last result
-- is then true, and the caller must write the meta hash. Entries of an earlier life are removed, because their
-- ids would stand in the way of the new ones.
local function channel(meta, stream, seed)
  local m = redis.call('HMGET', meta, 'e', 'o', 't', 'r')
  if m[1] then
    return m[1], tonumber(m[2]), tonumber(m[3]), m[4], false
  end
  local time = redis.call('TIME')
  redis.call('DEL', stream)
  local epoch = string.sub(redis.sha1hex(meta .. ' ' .. time[1] .. ' ' .. time[2] .. ' ' .. seed), 1, 8)
  return epoch, 0, 0, false, true
end

-- Epoch, offset and last tag, for who only asks. A newborn counter is written, so that a position in it is good from
-- now on; one that nobody has published to lives for as long as it is asked for, or anybody could fill the server.
local function asked(meta, stream, seed, newborn_ms)
  local epoch, offset, tag, _, newborn = channel(meta, stream, seed)
  if newborn then
    redis.call('HSET', meta, 'e', epoch, 'o', '0', 't', '0')
  end
  if offset == 0 and (newborn or redis.call('PTTL', meta) < newborn_ms / 2) then
    redis.call('PEXPIRE', meta, newborn_ms)
  end
  return epoch, offset, tag
end

-- Offset, tag, previous tag and time of a frame.
local function head(frame)
  local offset, tag, previous, time = struct.unpack('>I8I4I4I8', frame, 2)
  return offset, tag, previous, time
end

-- A stream id; '..' would round an offset beyond 14 digits.
local function id(offset)
  return string.format('%.0f-0', offset)
end

-- The first of the offsets from low to top whose entry is younger than a time, top + 1 where none is. Times grow with
-- offsets, so that it is found by halving.
local function first_young(stream, low, top, cutoff)
  local high = top + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('XRANGE', stream, id(middle), '+', 'COUNT', 1)[1]
    local offset, _, time
    if entry then
      offset, _, _, time = head(entry[2][2])
    end
    if offset and time <= cutoff then
      low = offset + 1
    else
      high = middle
    end
  end
  return low
end
