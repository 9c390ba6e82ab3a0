from __future__ import annotations

from hubbub.http.api.openapi import document
from hubbub.http.settings import ApiKey, HttpSettings
from tests.http.site_stage import site

LOCKED = HttpSettings(keys=(ApiKey("one", "the-first-key"),), open=False)


async def test_the_document_is_there_for_everybody() -> None:
    async with site(LOCKED) as place:
        response = await place.client.get("/api/openapi.json")
        assert response.headers["content-type"].startswith("application/json")
        assert response.json() == document()
        assert "the-first-key" not in response.text


async def test_the_page_runs_nothing_but_its_own() -> None:
    async with site() as place:
        page = await place.client.get("/api/docs")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert policy.count("'sha256-") == 2
        assert "http:" not in page.text
        assert "https:" not in page.text
        again = await place.client.get("/api/docs", headers={"If-None-Match": page.headers["etag"]})
        assert again.status_code == 304


async def test_it_is_read_and_not_called() -> None:
    async with site() as place:
        for path in ("/api/docs", "/api/openapi.json"):
            assert (await place.client.head(path)).status_code == 200
            said = await place.client.post(path, json={})
            assert (said.status_code, said.json()["error"]["code"]) == (404, 104)
