"""A client in a test's hand that takes part in the chat of the channel `room`."""

from __future__ import annotations

from typing import Any

from tests.sessions.speaker import Speaker
from tests.sessions.stage import Floor


class Chatter(Speaker):
    """A client that uses the operations of chats in one channel."""

    @classmethod
    async def enter(cls, place: Floor, user: str, *, follow: bool = True) -> Chatter:
        one = cls(place)
        await one.connect(data={"user": user})
        if follow:
            await one.ask(subscribe={"channel": "room"})
        return one

    async def say(self, data: object) -> None:
        await self.ask(publish={"channel": "room", "data": data})

    async def do(self, name: str, **body: object) -> dict[str, Any]:
        """Return the answer's data, or the error."""
        data = {"channel": "room", **body}
        reply = await self.ask(rpc={"method": f"hubbub.{name}", "data": data})
        answer: dict[str, Any] = reply["error"] if "error" in reply else reply["rpc"]["data"]
        return answer

    async def fail(self, name: str, **body: object) -> int:
        """Return the code of the error; 0 where there is none."""
        code: int = (await self.do(name, **body)).get("code", 0)
        return code

    def seen(self) -> list[dict[str, Any]]:
        return [push["pub"] for push in self.pushes() if "pub" in push]
