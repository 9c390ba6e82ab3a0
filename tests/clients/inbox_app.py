"""An application that pushes to phones what nobody acknowledges; here the phone is a channel."""

from __future__ import annotations

from hubbub import Hubbub
from hubbub.hub.inbox.values import Overdue

app = Hubbub()


@app.on_unacknowledged
async def push(user: str, overdue: Overdue) -> None:
    offsets = [message.offset for message in overdue.messages]
    if user == "carl":
        await app.publish("phone", {"user": user, "offsets": offsets, "unread": overdue.unread})
