"""The API's description for programs (OpenAPI) and for people (a page that shows it), made once."""

from __future__ import annotations

from pathlib import Path

import msgspec
from starlette.routing import Route

from hubbub.http.api.openapi import document
from hubbub.http.pages import Page

_PAGE = Path(__file__).with_name("handbook.html")
_ASK = "no-cache"


class Handbook:
    """Serve the description; it has no secrets, so that everybody may read it."""

    def __init__(self) -> None:
        described = msgspec.json.encode(document())
        self._pages = {
            "/api/openapi.json": Page.of("openapi.json", described, _ASK),
            "/api/docs": Page.of(_PAGE.name, _PAGE.read_bytes(), _ASK),
        }

    @property
    def routes(self) -> list[Route]:
        """Return the two places."""
        return [Route(path, page.answer) for path, page in self._pages.items()]
