"""A worker process, as its supervisor holds it."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from hubbub.server.child import Child, NotStarted, how

BEGIN = "import os, socket, sys, time; link = socket.socket(fileno=int(sys.argv[1])); "


async def born(then: str) -> Child:
    return await Child.born((sys.executable, "-c", BEGIN + then), {"BROUGHT": "it"})


async def test_it_is_told_its_plan_and_environment() -> None:
    child = await born("sys.exit(7 if link.recv(9) + os.environb[b'BROUGHT'] == b'planit' else 8)")
    with pytest.raises(NotStarted, match="exit code 7"):
        await child.start(b"plan")
    assert await child.gone() == 7


async def test_it_is_ready_and_goes_when_told() -> None:
    child = await born("link.sendall(b'Rn1\\n'); time.sleep(600)")
    await child.start(b"plan")
    assert child.node == "n1"
    gone = asyncio.create_task(child.gone())
    child.send(signal.SIGTERM)
    assert await asyncio.wait_for(gone, 60) == -signal.SIGTERM
    child.send(signal.SIGTERM)  # nobody is there any more


async def test_one_that_ends_in_the_middle_of_its_name_has_not_started() -> None:
    child = await born("link.sendall(b'Rn1'); sys.exit(4)")
    with pytest.raises(NotStarted, match="exit code 4"):
        await child.start(b"plan")
    assert not child.tell(b"anything\n")
    assert await child.gone() == 4


@pytest.mark.parametrize("last_words", ["no\nnever", "x" * 100_000])
async def test_its_last_words_are_read_to_their_end_and_limit(last_words: str) -> None:
    child = await born(f"link.sendall(b'F' + {last_words[:9000]!r}.encode()); sys.exit(3)")
    with pytest.raises(NotStarted) as caught:
        await asyncio.gather(child.start(b"plan"), child.gone())
    assert caught.value.code == 3
    assert caught.value.said.startswith(last_words[:4096])
    assert len(caught.value.said) <= 2 * 4096


def test_ends_have_words() -> None:
    assert (how(-9), how(3)) == ("killed by SIGKILL", "exit code 3")
