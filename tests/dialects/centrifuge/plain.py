"""Values of the protocol as things that can be compared."""

from __future__ import annotations

from msgspec import Raw

from hubbub.dialects.centrifuge.pushes import Notation
from hubbub.model import Kind


def payload(data: bytes, kind: Kind) -> bytes:
    """Show a payload in a coding of this test's own."""
    return b"<%d %b>" % (kind, data)


def quoted(data: bytes) -> bytes:
    """Write what was shown, or its change, in that coding."""
    return b"'%b'" % data


NOTATION = Notation(payload, quoted)


def plain(value: object) -> object:
    """Return a result with the raw parts, which compare by identity, as bytes."""
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    fields: tuple[str, ...] = getattr(value, "__struct_fields__", ())
    if fields:
        return type(value), {name: plain(getattr(value, name)) for name in fields}
    return value
