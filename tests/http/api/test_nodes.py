from __future__ import annotations

from tests.http.site_stage import site


async def test_info_tells_of_this_node() -> None:
    async with site() as place:
        place.crowd.now = 3
        await place.place.listen("ann", "lobby")
        [node] = (await place.call("info", {}))["result"]["nodes"]
        assert (node["uid"], node["num_clients"], node["num_subs"], node["num_channels"]) == (
            "n1",
            3,
            1,
            1,
        )
