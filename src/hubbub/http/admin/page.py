"""The admin page's files: those of the build, wherever the chat page comes from."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hubbub.http.pages import BUILT, FOREVER, REVALIDATED, Page
from hubbub.http.refusals import refuse


class AdminPage:
    """Serve the page at `/admin/`. It has no secrets; what it shows, it has to ask for."""

    def __init__(self, built: Path = BUILT) -> None:
        index = built / "admin" / "index.html"
        self._pages: dict[str, Page] = {}
        if index.is_file():
            self._pages["/admin/"] = Page.of("index.html", index.read_bytes(), REVALIDATED)
            for file in sorted((built / "assets").glob("*.*")):
                if file.suffix != ".map":
                    page = Page.of(file.name, file.read_bytes(), FOREVER)
                    self._pages[f"/assets/{file.name}"] = page

    @property
    def routes(self) -> list[Route]:
        """Return one route for each file; where nothing was built, one that says so."""
        files = [Route(path, page.answer) for path, page in self._pages.items()]
        return [Route("/admin", _enter), *(files or [Route("/admin/", _explain)])]


async def _enter(request: Request) -> Response:
    """Go where the page's own files are beside it."""
    return RedirectResponse("admin/")


async def _explain(request: Request) -> Response:
    return refuse(404, "the pages were not built: run npm ci and npm run build in web/")
