from __future__ import annotations

import socket
import threading

from pydantic import SecretStr

from hubbub.config import ApiKeySettings, Settings
from hubbub.server.plan import Plan, receive

KEY = ApiKeySettings(name="billing", key=SecretStr("long-enough-key"))
PLAN = Plan(Settings(port=7, api_keys=(KEY,)), "app.py:app", True)


def test_a_plan_is_one_line() -> None:
    line = PLAN.encode()
    assert line.count(b"\n") == 1
    assert Plan.decode(line) == PLAN


def test_a_plan_comes_in_pieces() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = PLAN.encode()

        def send() -> None:
            for at in range(0, len(line), 100):
                ours.sendall(line[at : at + 100])

        sender = threading.Thread(target=send)
        sender.start()
        assert receive(theirs) == PLAN
        sender.join()


def test_a_supervisor_that_is_gone_has_no_plan() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.sendall(b'{"half"')
        ours.close()
        assert receive(theirs) is None


def test_no_secret_is_in_a_plan_that_is_shown() -> None:
    assert "long-enough-key" not in repr(PLAN)
