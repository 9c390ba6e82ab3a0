from __future__ import annotations

from hubbub.dialects.commands import Publish, Subscribe, Unsubscribe, reframed
from hubbub.dialects.queues import Consume
from hubbub.dialects.renderer import Renderer
from hubbub.dialects.socketio.renderer import renderer_of

ONE, TWO, FRAMED = renderer_of("/one"), renderer_of("/two"), renderer_of("/framed")


def frame(renderer: Renderer) -> Renderer:
    assert renderer in {ONE, TWO}
    return FRAMED


def test_what_shows_channels_is_framed() -> None:
    command = Subscribe("room", renderer=ONE, beside=TWO)
    assert reframed(command, frame) == Subscribe("room", renderer=FRAMED, beside=FRAMED)
    consume = Consume("queue:work", "w", ONE)
    assert reframed(consume, frame) == Consume("queue:work", "w", FRAMED)
    assert reframed(Unsubscribe("room", rest=ONE), frame) == Unsubscribe("room", rest=FRAMED)


def test_other_commands_stay_as_they_are() -> None:
    for command in (Subscribe("room"), Unsubscribe("room"), Publish("room", b"")):
        assert reframed(command, frame) is command
