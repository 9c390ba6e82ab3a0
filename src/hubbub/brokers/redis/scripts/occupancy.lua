-- Put before each script of presence that knows whether a channel is occupied.
--
-- The sorted set of occupied channels has those that are watched, from their first entry until they are vacated. The
-- score is '+inf' while somebody is there, and the time in ms since when nobody is.

-- The number of the next change of any channel: larger than all before, and than those of a life of this server
-- whose data was lost.
local function next_number(last)
  local number = math.max((tonumber(redis.call('GET', last) or 0)) + 1, now_us())
  redis.call('SET', last, string.format('%.0f', number))
  return number
end

-- A channel has lost an entry: where nobody is left, it may soon be vacated.
local function note_empty(occupied, members, channel)
  if redis.call('HLEN', members) == 0 then
    redis.call('ZADD', occupied, 'XX', now_ms(), channel)
    return true
  end
  return false
end
