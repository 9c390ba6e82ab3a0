from __future__ import annotations

import pytest

from tests.http.emulation_stage import EVIL, FRIEND, emulating


@pytest.mark.parametrize("path", ["/sse", "/lines/a"])
async def test_a_browser_asks_before_a_page_may(path: str) -> None:
    async with emulating() as place:
        response = await place.client.options(path, headers={"Origin": FRIEND})
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["access-control-allow-origin"] == FRIEND
        assert response.headers["access-control-allow-credentials"] == "true"
        assert response.headers["access-control-allow-methods"] == "POST, OPTIONS"
        assert response.headers["access-control-max-age"] == "300"
        refused = await place.client.options(path, headers={"Origin": EVIL})
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers


async def test_wrong_methods_are_told_the_right_ones() -> None:
    async with emulating() as place:
        response = await place.client.put("/sse")
        assert response.status_code == 405
        assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
        assert (await place.client.get("/lines/a")).status_code == 405
        assert (await place.client.head("/sse")).status_code == 501
        assert (await place.client.options("/websocket")).status_code == 404
