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

-- Write a newborn counter, so that a position in it is good from now on.
local function keep_newborn(meta, epoch, meta_ms)
  redis.call('HSET', meta, 'e', epoch, 'o', '0', 't', '0')
  redis.call('PEXPIRE', meta, meta_ms)
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
