"""Bodies and headers as publications, and the other way round.

    content-type                        data that is
    application/json, .../...+json      that JSON
    text/..., .../xml, .../...+xml      that text
    any other                           those bytes
    none                                JSON where it is an object or an array, else text, else bytes

A header that is not the protocol's becomes a tag, and a tag a header.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hubbub.dialects.payloads import json_container, json_value
from hubbub.dialects.stomp.frames import Frame
from hubbub.dialects.stomp.versions import Version, escaped, writable
from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.model import Kind, Publication

CONTENT_TYPE: Final = "content-type"
TYPES: Final = {
    Kind.JSON: "application/json",
    Kind.TEXT: "text/plain",
    Kind.BINARY: "application/octet-stream",
}
"""How a payload is called whose sender did not say."""

OURS = frozenset(
    (
        "destination",
        CONTENT_TYPE,
        "content-length",
        "receipt",
        "transaction",
        "subscription",
        "message-id",
        "ack",
        "timestamp",
        "x-user",
        "x-session",
        "x-key",
    )
)
"""Headers that are no tags, and that no tag becomes."""
_SECRETS = frozenset(
    ("authorization", "proxy-authorization", "token", "login", "passcode", "cookie")
)
"""Headers, in whatever case, by which clients of other brokers show with each frame who they are."""
RESERVED = frozenset(("kind", "about", "channel"))
"""Tags by which the server says what a publication is; no client may."""


def payload(frame: Frame) -> tuple[bytes, Kind]:
    """Return a body as data, and of what kind it is. Raises Refused (107) for JSON that is none."""
    body = frame.body
    said = frame.headers.get(CONTENT_TYPE)
    if said is None:
        value = json_container(body)
        if value is not None:
            return value, Kind.JSON
        return body, Kind.TEXT if _is_text(body) and 0 not in body else Kind.BINARY
    media = said.partition(";")[0].strip().lower()
    if media == "application/json" or media.endswith("+json"):
        value = json_value(body)
        if value is None:
            raise Refused(BAD_REQUEST_ERROR, f"the body is not JSON, which {media} says it is")
        return value, Kind.JSON
    text = media.startswith("text/") or media.endswith(("/xml", "+xml"))
    return body, Kind.TEXT if text and _is_text(body) else Kind.BINARY


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def tags(headers: Mapping[str, str], kind: Kind) -> dict[str, str] | None:
    """Return what a publication is tagged with. Raises Refused (107) for what no client may say.

    Args:
        kind: what the data is; a content type that says nothing else is not worth a tag.
    """
    reserved = RESERVED & headers.keys()
    if reserved:
        raise Refused(BAD_REQUEST_ERROR, f"the header {min(reserved)!r} is the server's to give")
    found = {
        name: value
        for name, value in headers.items()
        if name not in OURS and name.lower() not in _SECRETS
    }
    media = headers.get(CONTENT_TYPE, TYPES[kind])
    if media != TYPES[kind]:
        found[CONTENT_TYPE] = media
    return found or None


def described(publication: Publication, version: Version) -> Iterator[str]:
    """Return the header lines that say what a publication is, and who sent it when."""
    said = publication.tags or {}
    media = said.get(CONTENT_TYPE) or TYPES[publication.kind]
    yield f"{CONTENT_TYPE}:{escaped(media, version)}"
    if publication.time:
        yield f"timestamp:{publication.time}"
    sender = publication.sender
    if sender is not None:
        if sender.user:
            yield f"x-user:{escaped(sender.user, version)}"
        yield f"x-session:{escaped(sender.session, version)}"
    for name, value in said.items():
        if name not in OURS and writable(name, version):
            yield f"{escaped(name, version)}:{escaped(value, version)}"
