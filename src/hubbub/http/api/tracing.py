"""The method that shows what passes, as it happens."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.http.api.keys import Caller
from hubbub.http.api.results import Missing
from hubbub.http.api.server import Server
from hubbub.sessions.watching.tracing import Noted, Target


class TraceRequest(Struct):
    """Trace one thing: a user, a session or a channel."""

    user: Annotated[
        str, Meta(max_length=128, description="All sessions of this user.", examples=["zhang"])
    ] = ""
    client: Annotated[str, Meta(max_length=128, description="The one session with this id.")] = ""
    channel: Annotated[str, Meta(max_length=255, description="What is said there.")] = ""
    trace: Annotated[
        str,
        Meta(
            max_length=64,
            pattern=r"^[\w.-]*$",
            description='What the first answer called the trace; "" begins one.',
        ),
    ] = ""


class TraceEvent(Struct):
    """One thing that happened."""

    time: Annotated[int, Meta(description="Milliseconds since 1970.")]
    node: Annotated[str, Meta(description="Where.")]
    session: Annotated[str, Meta(description='Whose; "" in a channel.')]
    user: Annotated[str, Meta(description="Who that is.")]
    way: Annotated[
        Literal["in", "out", "note"],
        Meta(
            description="From the client; to it, or to the channel; or what happened to the session."
        ),
    ]
    size: Annotated[int, Meta(description="Bytes.")]
    text: Annotated[str, Meta(description="What can be read of it; secrets are left out.")]


class TraceResult(Struct, omit_defaults=True):
    """What was heard since the last question."""

    trace: Annotated[str, Meta(description="What to ask for the next time.")]
    events: list[TraceEvent]
    lost: Annotated[int, Meta(description="Events that were too many to hold.")] = 0
    missing: Missing = field(default_factory=list)


async def trace(server: Server, caller: Caller, request: TraceRequest) -> TraceResult:
    """Return what passed since the last question between sessions and their clients, or in a channel.

    The first question begins it; ask again with its `trace`, every second or so. Nobody listens any more 15
    seconds after the last question.
    """
    if [request.user, request.client, request.channel].count("") != 2:
        raise Refused(BAD_REQUEST_ERROR, "name a user, a client or a channel, and one of them")
    if request.channel:
        caller.touch(request.channel)
        server.node.hub.namespaces.resolve(request.channel)
    else:
        caller.touch_all()
    tracing = server.node.tracing
    name = request.trace or tracing.begin()
    target = Target(name, request.user, request.client, request.channel)
    heard, missing = await tracing.ask(target)
    return TraceResult(name, [_event(each) for each in heard.events], heard.lost, missing)


def _event(noted: Noted) -> TraceEvent:
    return TraceEvent(
        noted.time, noted.node, noted.session, noted.user, noted.way, noted.size, noted.text
    )
