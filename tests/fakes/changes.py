"""A protocol that shows changes so that one can see them: `base>data`, or `data` in full."""

from __future__ import annotations

from hubbub.dialects.contract import Emit, Renderer
from hubbub.model import ClientInfo, Packet, Publication


class ChangeRenderer:
    """Render for those who asked for changes."""

    name: str = "changes"
    joins: bool = True
    deltas: Renderer | None = None
    templated: None = None

    def publication(self, channel: str, publication: Publication) -> Packet:
        if publication.data == b"unshowable":
            raise ValueError(publication.data)
        base = b"" if publication.base is None else publication.base + b">"
        return Packet(base + publication.data)

    def emitted(self, emit: Emit) -> None:
        return None

    def joined(self, channel: str, info: ClientInfo) -> Packet:
        return Packet(b"+" + info.user.encode())

    def left(self, channel: str, info: ClientInfo) -> Packet:
        return Packet(b"-" + info.user.encode())


class WholeRenderer(ChangeRenderer):
    """Render for everybody else."""

    name: str = "wholes"
    deltas: Renderer | None = ChangeRenderer()

    def publication(self, channel: str, publication: Publication) -> Packet:
        return Packet(publication.data)
