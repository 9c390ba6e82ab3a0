"""An encoding that shows nothing but that something was published."""

from __future__ import annotations

from typing import Final

from hubbub.dialects.contract import Emit
from hubbub.hub.encoding import Encoding
from hubbub.model import ChannelName, ClientInfo, Packet, Publication

_RUNG: Final = Packet(b"!")


class _Bell:
    __slots__ = ()

    name: str = "bell"
    joins: bool = False
    deltas: None = None
    templated: None = None

    def publication(self, channel: ChannelName, publication: Publication) -> Packet:
        return _RUNG

    def emitted(self, emit: Emit) -> None:
        return None

    def joined(self, channel: ChannelName, info: ClientInfo) -> Packet:
        raise NotImplementedError

    def left(self, channel: ChannelName, info: ClientInfo) -> Packet:
        raise NotImplementedError


def _bare(packet: Packet) -> bytes:
    return packet.data


BELL: Final = Encoding(_Bell(), _bare, joins=False)
