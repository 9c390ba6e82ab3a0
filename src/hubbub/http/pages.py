"""The chat page: the built one from memory, or a plain one where it was not built; or an operator's own."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BUILT = Path(__file__).parent.parent / "web" / "static"
"""Where the build of `web/` leaves its pages."""
FALLBACK = Path(__file__).with_name("fallback.html")

FOREVER = "public, max-age=31536000, immutable"
"""For assets, whose names have a hash of their content."""
REVALIDATED = "no-cache"
"""For the page: keep it, but ask whether it is still the same."""
_COMPRESSED_FROM = 1024
"""Bytes from which compressing is worth it."""
_INLINE = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it is sent: its bytes, both ways, and its headers."""

    body: bytes
    compressed: bytes
    headers: dict[str, str]

    @classmethod
    def of(cls, name: str, body: bytes, cache: str) -> Page:
        """Make a page of a file's bytes."""
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        text = kind.startswith("text/") or kind.endswith(("javascript", "json", "xml"))
        compressed = gzip.compress(body, mtime=0) if text and len(body) >= _COMPRESSED_FROM else b""
        headers = {
            "Content-Type": f"{kind}; charset=utf-8" if text else kind,
            "Cache-Control": cache,
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if kind == "text/html":
            headers |= {
                "Content-Security-Policy": _policy(body),
                "Referrer-Policy": "same-origin",
                "Cross-Origin-Opener-Policy": "same-origin",
                "X-Frame-Options": "DENY",
            }
        return cls(body, compressed, headers)

    async def answer(self, request: Request) -> Response:
        """Send it, or 304 if the browser has it."""
        if self.headers["ETag"] in request.headers.get("if-none-match", "").replace("W/", ""):
            return Response(status_code=304, headers=self.headers)
        if self.compressed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.compressed, headers=self.headers | {"Content-Encoding": "gzip"})
        return Response(self.body, headers=self.headers)


def _policy(body: bytes) -> str:
    """Return a policy that runs nothing but our own files, and inline exactly what the page has."""
    inline: dict[bytes, list[str]] = {b"script": [], b"style": []}
    for kind, text in _INLINE.findall(body):
        inline[kind].append(f"'sha256-{b64encode(hashlib.sha256(text).digest()).decode()}'")
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self'", *inline[b"script"])),
            " ".join(("style-src 'self'", *inline[b"style"])),
            "img-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _is_private(name: str) -> bool:
    """Tell whether a file beside a page is not for everybody: hidden (`.env`, `.git/`), or for debugging."""
    return name.endswith(".map") or any(part.startswith(".") for part in name.split("/"))


class Pages:
    """Serve what is in `built`; its files are read once, at the start, hidden ones never."""

    def __init__(self, built: Path = BUILT) -> None:
        index = built / "index.html"
        self.built = index.is_file()
        chosen = index if self.built else FALLBACK
        self._pages = {"/": Page.of("index.html", chosen.read_bytes(), REVALIDATED)}
        for file in sorted(built.rglob("*")) if self.built else ():
            name = file.relative_to(built).as_posix()
            if file.is_file() and file != index and not _is_private(name):
                cache = FOREVER if name.startswith("assets/") else REVALIDATED
                self._pages[f"/{name}"] = Page.of(name, file.read_bytes(), cache)

    @property
    def routes(self) -> list[Route]:
        """Return one route for each file, so that nothing else can be asked for."""
        return [Route(path, page.answer) for path, page in self._pages.items()]
