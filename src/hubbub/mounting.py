"""How a program that has an app answers HTTP requests of its own, at the same port."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp


class Mounter:
    """Put applications of one's own under paths of the server."""

    site: Starlette
    """What answers HTTP requests."""
    mounts: list[Mount]
    """What was mounted."""

    def mount(self, path: str, application: ASGIApp) -> None:
        """Let an ASGI application (Starlette, FastAPI, Django ...) answer all requests below a path.

        It comes before the server's own paths, and decides for itself who may ask. It is not started or
        stopped (ASGI lifespan), and gets no WebSockets.

        Raises ValueError for what is no path below the root.
        """
        if not path.startswith("/") or not path.strip("/"):
            raise ValueError(
                f"a path begins with a slash and has a name behind it, unlike {path!r}"
            )
        mount = Mount(path.rstrip("/"), application)
        self.mounts.append(mount)
        self.site.router.routes.insert(0, mount)
