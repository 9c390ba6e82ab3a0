"""Taking a transport over from HTTP: answer its request, and put the protocol of its carrier on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from hubbub.model import Packet
from hubbub.sessions.contract import SINGLE, SPOKEN_TO, Accepted
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.streams.entry import Entry
from hubbub.transports.streams.protocol import Back, Head, StreamProtocol
from hubbub.transports.websocket.deflate import negotiate
from hubbub.transports.websocket.handshake import Offer, accept_response
from hubbub.transports.websocket.protocol import WebSocketProtocol


class Takeover:
    """Make carriers.

    Args:
        settings: of the carriers. on_lost: called with a carrier once it has its socket no more.
        back: takes a socket back after a stream, where another request may follow.
    """

    __slots__ = ("_back", "_on_lost", "_settings")

    def __init__(
        self,
        settings: ListenerSettings,
        on_lost: Callable[[Any], None],
        back: Back | None = None,
    ) -> None:
        self._back = back
        self._settings = settings
        self._on_lost = on_lost

    def websocket(
        self, transport: asyncio.Transport, accepted: Accepted, offer: Offer
    ) -> WebSocketProtocol:
        """Answer a handshake, and begin."""
        settings = self._settings.websocket
        agreement = negotiate(offer.extensions) if settings.compression else None
        transport.write(accept_response(offer, accepted.subprotocol, agreement))
        protocol = WebSocketProtocol(accepted.conversation, settings, agreement, self._on_lost)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        return protocol

    def stream(
        self, transport: asyncio.Transport, accepted: Accepted, entry: Entry, first: Packet | None
    ) -> StreamProtocol:
        """Begin a response that does not end, and hand on what the client said first, if anything."""
        wire = entry.wire(accepted, entry.http_version)
        stays = entry.keep and entry.carrier not in SPOKEN_TO  # whose clients end with the stream
        back = self._back if stays else None
        head: Head | None = partial(wire.head, entry.greeting + accepted.headers)
        if entry.carrier not in SINGLE:
            transport.write(
                wire.head(entry.greeting + accepted.headers, back is not None) + wire.begin
            )
            head = None
        settings, conversation = self._settings.stream, accepted.conversation
        protocol = StreamProtocol(conversation, wire, settings, self._on_lost, head, back)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if first is not None:
            conversation.received(first)
        return protocol
