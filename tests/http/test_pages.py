from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path

import pytest

from hubbub.http.pages import FALLBACK
from tests.http.site_stage import site

SCRIPT = "console.log('x');" * 200


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Return what a build leaves behind."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><script src='/assets/a-1.js'></script>")
    (tmp_path / "assets" / "a-1.js").write_text(SCRIPT)
    (tmp_path / "assets" / "a-1.js.map").write_text("{}")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / ".env").write_text("PASSWORD=hunter2")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("hunter2")
    return tmp_path


async def test_the_built_page_and_its_assets(built: Path) -> None:
    async with site(pages=built) as place:
        page = await place.client.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-cache"
        assert page.text.startswith("<!doctype html>")
        script = await place.client.get("/assets/a-1.js")
        assert script.text == SCRIPT
        assert "immutable" in script.headers["cache-control"]
        assert "javascript" in script.headers["content-type"]
        icon = await place.client.get("/icon.svg")
        assert icon.headers["content-type"].startswith("image/svg+xml")


async def test_a_browser_that_has_it_is_not_sent_it_again(built: Path) -> None:
    async with site(pages=built) as place:
        tag = (await place.client.get("/")).headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}'):
            again = await place.client.get("/", headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert (await place.client.get("/", headers={"If-None-Match": '"x"'})).status_code == 200


async def test_what_is_worth_it_is_compressed(built: Path) -> None:
    async with site(pages=built) as place:
        request = place.client.build_request(
            "GET", "/assets/a-1.js", headers={"Accept-Encoding": "gzip"}
        )
        response = await place.client.send(request, stream=True)
        raw = b"".join([piece async for piece in response.aiter_raw()])
        assert gzip.decompress(raw).decode() == SCRIPT
        assert (response.headers["content-encoding"], response.headers["vary"]) == (
            "gzip",
            "Accept-Encoding",
        )
        plain = await place.client.get("/assets/a-1.js", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/a-1.js.map",
        "/.env",
        "/.git/config",
        "/assets/",
        "/assets/../index.html",
        "/..%2f..%2fetc/passwd",
        "/assets/%2e%2e/%2e%2e/secret",
        "/index.php",
        "//",
    ],
)
async def test_nothing_else_can_be_asked_for(built: Path, path: str) -> None:
    (built.parent / "secret").write_text("hunter2")
    async with site(pages=built) as place:
        response = await place.client.get(f"http://hubbub.test{path}")
        assert "hunter2" not in response.text
        if not response.request.url.raw_path.endswith(b"index.html"):
            assert response.status_code == 404


async def test_pages_are_read_not_written(built: Path) -> None:
    async with site(pages=built) as place:
        assert (await place.client.head("/")).status_code == 200
        assert (await place.client.post("/")).status_code == 405


async def test_without_a_build_there_is_a_plain_page(tmp_path: Path) -> None:
    async with site(pages=tmp_path / "nothing") as place:
        page = await place.client.get("/")
        assert page.content == FALLBACK.read_bytes()
        policy = page.headers["content-security-policy"]
        script = re.search(r"<script>(.*?)</script>", page.text, re.DOTALL)
        assert script is not None
        digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
        assert f"script-src 'self' 'sha256-{digest}'" in policy
        assert "unsafe" not in policy


async def test_pages_may_not_be_framed_or_guessed_at(built: Path) -> None:
    async with site(pages=built) as place:
        headers = (await place.client.get("/")).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
