from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from hubbub.http.admin import AdminPage


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Return what a build leaves behind."""
    (tmp_path / "admin").mkdir()
    (tmp_path / "assets").mkdir()
    (tmp_path / "admin" / "index.html").write_text(
        "<!doctype html><script src='../assets/a-1.js'></script>"
    )
    (tmp_path / "assets" / "a-1.js").write_text("let x = 1;")
    (tmp_path / "assets" / "a-1.js.map").write_text("hunter2")
    return tmp_path


def client_of(page: AdminPage) -> httpx.AsyncClient:
    app = Starlette(routes=page.routes)
    app.router.redirect_slashes = False
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hubbub.test")


async def test_the_page_and_its_assets(built: Path) -> None:
    async with client_of(AdminPage(built)) as client:
        entered = await client.get("/admin")
        assert entered.is_redirect
        page = await client.get("/admin", follow_redirects=True)
        assert page.url.path == "/admin/"
        assert page.text.startswith("<!doctype html>")
        assert "script-src 'self';" in page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        script = await client.get("/assets/a-1.js")
        assert script.text == "let x = 1;"
        assert "immutable" in script.headers["cache-control"]
        assert (await client.get("/assets/a-1.js.map")).status_code == 404


async def test_what_was_not_built_is_told(tmp_path: Path) -> None:
    async with client_of(AdminPage(tmp_path)) as client:
        answer = await client.get("/admin/")
        assert answer.status_code == 404
        assert "npm run build" in answer.json()["error"]["message"]
