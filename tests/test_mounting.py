"""An application of one's own beside the server's paths; examples/offline_inbox has one in a browser."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hubbub import Hubbub, Settings


async def greet(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"hello {request.path_params['name']}")


def make() -> Hubbub:
    app = Hubbub(Settings(broker="memory://"))
    app.mount("/own/", Starlette(routes=[Route("/{name}", greet)]))
    return app


async def test_it_answers_below_its_path_and_nowhere_else_also_after_an_end() -> None:
    app = make()
    for _ in range(2):
        async with app.running():
            transport = httpx.ASGITransport(app.site)
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
                assert (await client.get("/own/zhang")).text == "hello zhang"
                assert (await client.get("/own/zhang/li")).status_code == 404
                assert (await client.get("/health/live")).status_code == 200


@pytest.mark.parametrize("path", ["", "/", "//", "own"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="begins with a slash"):
        make().mount(path, Starlette())
