"""Entries of a stream as any program writes them: `sender`, `message`, `timestamp` in plain fields. Pure."""

from __future__ import annotations

from hubbub.dialects.payloads import as_text
from hubbub.hub.envelope import Published
from hubbub.model import ClientInfo, Kind, Publication
from hubbub.sessions.users import USER_LIMIT
from hubbub.sources.payloads import kind_of

STREAM_ID = "stream_id"
"""The tag that carries an entry's id."""
FROM_START = "0-0"
"""The id before all others."""


def read_entry(entry_id: str, fields: list[bytes]) -> Published | None:
    """Return what an entry says, or None where it has no `message` and so says nothing.

    Args:
        entry_id: the entry's id. fields: names and values in turn; `sender` and `message` are read.
    """
    known = dict(zip(fields[::2], fields[1::2], strict=False))
    message = known.get(b"message")
    if message is None:
        return None
    name = known.get(b"sender", b"").decode("utf-8", "replace")[:USER_LIMIT]
    sender = ClientInfo(name, "") if name else None
    return Published(message, kind_of(message), sender, {STREAM_ID: entry_id})


def write_entry(publication: Publication) -> tuple[str | bytes, ...]:
    """Return a client's message as names and values in turn; its time becomes `timestamp`, in ms."""
    sender = publication.sender.user if publication.sender else ""
    return (
        *("sender", sender, "message", plain_payload(publication)),
        *("timestamp", str(publication.time)),
    )


def plain_payload(publication: Publication) -> bytes:
    """Return a payload as programs expect it that know no JSON: a JSON string as its text."""
    return as_text(publication.data) if publication.kind is Kind.JSON else publication.data


def order(entry_id: str) -> tuple[int, int]:
    """Return the two numbers of an entry's id, by which ids are compared."""
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence)
