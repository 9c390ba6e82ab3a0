"""A STOMP client by hand, on a carrier without a socket."""

from __future__ import annotations

from hubbub.dialects.contract import Request
from hubbub.dialects.stomp.conversation import StompDialect
from hubbub.model import Packet
from tests.dialects.stomp.heard import Heard, read
from tests.hub.stage import turn
from tests.sessions.stage import Floor


class Page:
    """One client of a floor."""

    def __init__(self, place: Floor, request: Request | None = None) -> None:
        self.session, self.carrier = place.open(StompDialect(64 * 1024), request)
        self.carrier.frame = _bare

    async def say(self, command: str, body: str = "", **headers: str) -> list[Heard]:
        """Say a frame, and return what is heard then."""
        lines = [f"{name.replace('_', '-')}:{value}" for name, value in headers.items()]
        await self.write("\n".join([command, *lines, "", f"{body}\0"]))
        return self.hear()

    async def write(self, text: str) -> None:
        self.session.received(Packet(text.encode()))
        await turn(10)

    def hear(self) -> list[Heard]:
        """Return and forget the frames that arrived."""
        data, self.carrier.data = self.carrier.data, b""
        return [read(frame + b"\0") for frame in data.split(b"\0")[:-1]]

    async def connect(self, login: str = "li", **headers: str) -> Heard:
        (answer,) = await self.say("CONNECT", accept_version="1.2", login=login, **headers)
        return answer

    async def follow(self, id: str, destination: str, **headers: str) -> Heard:
        receipt, *_ = await self.say(
            "SUBSCRIBE", id=id, destination=destination, receipt=f"r-{id}", **headers
        )
        assert receipt.command == "RECEIPT"
        return receipt


def _bare(packet: Packet) -> bytes:
    return packet.data


def bodies(heard: list[Heard]) -> list[str]:
    return [each.body for each in heard if each.command == "MESSAGE"]
