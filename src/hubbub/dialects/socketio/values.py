"""Events as publications, and the other way round: one mapping, so that all protocols share a channel.

    an event with                is data that is                       and tagged
    one argument                 that JSON value, or those bytes       event: its name
    no or several arguments      the JSON array of them                event: its name, args: many

An event called `message` needs no tag for its name. A publication of any other protocol is the event
`message` with one argument, and one that is no message (see `kinds.py`) the event that its kind names. Bytes
within a JSON value are base64 there, because no other protocol has a place for them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hubbub.dialects.kinds import kind_of
from hubbub.dialects.payloads import as_json
from hubbub.dialects.socketio.packets import Value
from hubbub.model import Kind, Publication

EVENT_TAG = "event"
"""The tag that names an event."""
ARGS_TAG = "args"
MANY = "many"
"""What the tag `args` says where the data is an array of arguments."""
MESSAGE = "message"
"""What an event is called that has no name."""
EVENT_LIMIT = 128
"""Characters of an event's name."""

RESERVED = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)
"""Names that no event may have: a client that is sent one breaks the connection."""

_encode = msgspec.json.Encoder().encode


def event_name(publication: Publication) -> str:
    """Return the name of the event that a publication is; whatever it is tagged with, clients can bear it."""
    if publication.made:
        return kind_of(publication) or MESSAGE
    name = (publication.tags or {}).get(EVENT_TAG, MESSAGE)
    return MESSAGE if name in RESERVED or len(name) > EVENT_LIMIT else name


def payload(arguments: Sequence[Value]) -> tuple[bytes, Kind, bool]:
    """Return arguments as data, of what kind it is, and whether it is an array of them.

    Raises ValueError or RecursionError for what no JSON can hold.
    """
    if len(arguments) != 1:
        return _encode(arguments), Kind.JSON, True
    (argument,) = arguments
    if isinstance(argument, bytes):
        return argument, Kind.BINARY, False
    return _encode(argument), Kind.JSON, False


def tags(name: str, many: bool) -> dict[str, str] | None:
    """Return what an event is tagged with."""
    found = {} if name == MESSAGE else {EVENT_TAG: name}
    if many:
        found[ARGS_TAG] = MANY
    return found or None


def arguments(publication: Publication) -> bytes:
    """Return the arguments of the event that a publication is, as they stand between commas in JSON.

    Only for data that is no bytes. It is empty where there are none.
    """
    data = as_json(publication.data, publication.kind)
    if (publication.tags or {}).get(ARGS_TAG) == MANY:
        inner = data.strip()
        if inner[:1] == b"[" and inner[-1:] == b"]":
            return inner[1:-1].strip()
    return data
