"""Let time pass for what is in Redis: its clock cannot be jumped, but all that is there can be made older."""

from __future__ import annotations

from tests.servers import RedisServer

AGE = """
local ms = tonumber(ARGV[1])

local function older_frame(frame)
  local time = struct.unpack('>I8', frame, 18)
  return string.sub(frame, 1, 17) .. struct.pack('>I8', time - ms) .. string.sub(frame, 26)
end

local function older_roll(roll)
  local parts = {}
  for at = 1, #roll, 8 do
    local tag, time = struct.unpack('>I4I4', roll, at)
    parts[#parts + 1] = struct.pack('>I4I4', tag, (time - ms) % 4294967296)
  end
  return table.concat(parts)
end

local older = {
  stream = function(key)
    local entries = redis.call('XRANGE', key, '-', '+')
    redis.call('DEL', key)
    for _, entry in ipairs(entries) do
      redis.call('XADD', key, entry[1], 'f', older_frame(entry[2][2]))
    end
  end,
  hash = function(key)
    local roll = string.find(key, '}:m:', 1, true) and redis.call('HGET', key, 'r')
    if roll then
      redis.call('HSET', key, 'r', older_roll(roll))
    end
  end,
  zset = function(key)
    for _, name in ipairs(redis.call('ZRANGEBYSCORE', key, '(0', '(+inf')) do
      redis.call('ZINCRBY', key, -ms, name)
    end
  end,
}

for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 and left <= ms then
    redis.call('DEL', key)
  else
    local change = older[redis.call('TYPE', key).ok]
    if change then
      change(key)
    end
    if left >= 0 then
      redis.call('PEXPIRE', key, left - ms)
    end
  end
end
return 'older'
"""
"""Where times are: in what each key has left, in frames, in rolls of tags, and in scores of occupied channels
(see hubbub.brokers.redis.keys). Done at once, so nothing happens between two keys."""


def age(server: RedisServer, seconds: float) -> None:
    """Make everything in Redis as it will be when so many seconds have passed."""
    assert server.cli("EVAL", AGE, 0, round(seconds * 1000)) == "older"
