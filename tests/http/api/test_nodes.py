from __future__ import annotations

from tests.http.site_stage import site


async def test_info_tells_of_this_node() -> None:
    async with site() as place:
        place.crowd.now, place.crowd.users = 3, 2
        await place.place.listen("ann", "lobby")
        [node] = (await place.call("info", {}))["result"]["nodes"]
        assert (node["uid"], node["name"], node["uptime"]) == ("n1", "n1", 0)
        counts = [node[f"num_{each}"] for each in ("clients", "users", "subs", "channels")]
        assert counts == [3, 2, 1, 1]
        assert set(node["process"]) == {"cpu", "rss", "pid", "lag_ms"}
