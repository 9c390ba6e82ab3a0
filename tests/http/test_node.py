from __future__ import annotations

from hubbub.http.trends import STEP
from tests.http.site_stage import site


async def test_trends_tell_how_nodes_fared() -> None:
    async with site() as place:
        for second in range(2 * STEP + 1):
            place.node.beat(float(second), 0.002, 1000 * second)
        trend = (await place.call("trends", {}))["result"]["nodes"]["n1"]
        assert trend["time"] == [4000, 9000]
        assert trend["lag_ms"] == [2.0, 2.0]
        assert trend["latency_ms"] == [0.0, 0.0]
        assert all(rss > 10_000_000 for rss in trend["rss"])
        later = (await place.call("trends", {"since": 4000}))["result"]["nodes"]["n1"]
        assert later["time"] == [9000]
