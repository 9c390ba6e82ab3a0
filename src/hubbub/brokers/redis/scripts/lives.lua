-- Put before each script of records: when it is looked whether the time of a record is over.
-- The sorted set of looks has 't' and the name of a record that lives for a time, 'c' and the name of one that lives
-- with its channel; the score is the time of the look. A record that lives for ever is not there.

-- Note a look at a record that was written, unless one is noted that is not too early.
-- life  how long it lives in ms, 0 with its channel, -1 for ever    look  after how many ms it is looked at
local function prolong(looks, name, life, look)
  life = tonumber(life)
  if life < 0 then
    return
  end
  local member, now = (life == 0 and 'c' or 't') .. name, now_ms()
  local noted = redis.call('ZSCORE', looks, member)
  if not noted or tonumber(noted) < now + life then
    redis.call('ZADD', looks, string.format('%.0f', now + tonumber(look)), member)
  end
end

-- Forget a record that has no field any more.
local function forget(record, names, looks, name)
  if redis.call('EXISTS', record) == 0 then
    redis.call('ZREM', names, name)
    redis.call('ZREM', looks, 'c' .. name, 't' .. name)
  end
end
