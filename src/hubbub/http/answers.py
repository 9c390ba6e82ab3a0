"""The API's envelope, and what its requests and results are made of.

It is that of Centrifugo's server API, so that its client libraries work: HTTP 200 with `{"result": {..}}` or
`{"error": {"code": .., "message": ..}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct
from starlette.responses import Response

from hubbub.dialects.payloads import as_json
from hubbub.errors import ErrorCode
from hubbub.model import ClientInfo, Publication

_JSON = "application/json"
_encode = msgspec.json.Encoder().encode

Count = Annotated[int, Meta(ge=-1, le=2**31 - 1)]
Offset = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Key = Annotated[str, Meta(max_length=128)]


# ── requests ────────────────────────────────────────────────────────────────────────────────────


class PublishRequest(Struct):
    """Ask to publish: `data` is any JSON value, or `b64data` has bytes."""

    channel: str
    data: Raw = Raw()
    b64data: str | None = None
    skip_history: bool = False
    tags: dict[str, str] | None = None
    idempotency_key: Key = ""


class Since(Struct):
    """A position as the API writes it."""

    offset: Offset = 0
    epoch: Annotated[str, Meta(max_length=64)] = ""


class HistoryRequest(Struct):
    """Ask for a page of history; `limit` 0 asks for the position only, -1 for as much as is allowed."""

    channel: str
    limit: Count = 0
    since: Since | None = None
    reverse: bool = False


class ChannelRequest(Struct):
    """Ask about one channel."""

    channel: str


class InfoRequest(Struct):
    """Ask about the server."""


# ── results ─────────────────────────────────────────────────────────────────────────────────────


class Member(Struct, omit_defaults=True):
    """Somebody in a channel, or the sender of a publication."""

    user: str
    client: str
    conn_info: Raw | msgspec.UnsetType = msgspec.UNSET
    chan_info: Raw | msgspec.UnsetType = msgspec.UNSET


class Kept(Struct, omit_defaults=True):
    """A publication of history."""

    data: Raw
    offset: int
    time: int = 0
    info: Member | None = None
    tags: Mapping[str, str] | None = None


class PublishResult(Struct):
    """Where the publication is; offset 0 for one that is not kept."""

    offset: int
    epoch: str


class HistoryResult(Struct):
    """A page of history, and the channel's top."""

    publications: list[Kept]
    offset: int
    epoch: str


class PresenceResult(Struct):
    """Who is in a channel, by session."""

    presence: dict[str, Member]


class PresenceStatsResult(Struct):
    """How many are in a channel."""

    num_clients: int
    num_users: int


class NodeInfo(Struct):
    """One node's numbers."""

    uid: str
    name: str
    version: str
    num_clients: int
    num_subs: int
    num_channels: int
    uptime: int


class InfoResult(Struct):
    """The nodes of the server; today the one that answers."""

    nodes: list[NodeInfo]


class Complaint(Struct):
    """What an error says."""

    code: int
    message: str


# ── making them ─────────────────────────────────────────────────────────────────────────────────


def member(info: ClientInfo) -> Member:
    """Return who somebody is, in the API's words."""
    return Member(
        info.user,
        info.session,
        Raw(info.conn_info) if info.conn_info else msgspec.UNSET,
        Raw(info.chan_info) if info.chan_info else msgspec.UNSET,
    )


def kept(publication: Publication) -> Kept:
    """Return a publication of history, in the API's words; bytes become a string of base64."""
    return Kept(
        Raw(as_json(publication.data, publication.kind)),
        publication.offset,
        publication.time,
        member(publication.sender) if publication.sender is not None else None,
        publication.tags or None,
    )


def succeed(result: Struct) -> Response:
    """Return a result in its envelope."""
    return Response(_encode({"result": result}), media_type=_JSON)


def complain(error: ErrorCode, detail: str = "", status: int = 200) -> Response:
    """Return an error in its envelope; the code is the protocol's, `status` that of HTTP."""
    message = f"{error.message}: {detail}" if detail else error.message
    return Response(_encode({"error": Complaint(error.code, message)}), status, media_type=_JSON)
