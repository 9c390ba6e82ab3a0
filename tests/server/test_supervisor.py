"""The parent of workers: it keeps them alive, and sends them home."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hubbub.errors import ConfigurationError
from hubbub.server.backoff import Backoff
from hubbub.server.supervisor import Crew, Notices, Supervisor
from tests.server.running import alive

QUICK = Backoff(0.05, 0.4, 60.0)

WORKER = """
    import os, signal, socket, sys, time
    link = socket.socket(fileno=int(sys.argv[-1]))
    place, plan = sys.argv[1], b""
    while not plan.endswith(b"\\n"):
        plan += link.recv(100)
    with open(f"{place}/born", "a") as born:
        born.write(f"{os.getpid()} {plan.decode()}")
"""
READY = "link.sendall(b'Rnode%d\\n' % os.getpid()); "
OBEDIENT = f"""
signal.signal(15, lambda *_: sys.exit(0)); {READY}
while said := link.recv(1000):
    with open(f"{{place}}/told", "ab") as told:
        told.write(b"%d " % os.getpid() + said)
sys.exit(9)
"""
STUBBORN = f"signal.signal(15, signal.SIG_IGN); {READY} time.sleep(600)"
CRASHING = f"{READY} time.sleep(0.02); os.kill(os.getpid(), 11)"
UNWILLING = "sys.exit(2)"
TALKATIVE = "link.sendall(b'Fit is wrong\\nin two places'); sys.exit(2)"
MUTE = "time.sleep(600)"


@pytest.fixture(autouse=True)
async def nobody_stays(tmp_path: Path) -> AsyncIterator[None]:
    """End the workers of a test that failed: their loop would wait for them."""
    yield
    born = tmp_path / "born"
    for line in born.read_text().splitlines() if born.exists() else []:
        pid = int(line.split()[0])
        with suppress(FileNotFoundError, ProcessLookupError):
            if str(tmp_path) in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)


class Life:
    """A supervisor under test, with made-up workers."""

    def __init__(
        self, place: Path, then: str, count: int, patience_s: float, backoff: Backoff = QUICK
    ) -> None:
        self.place = place
        program = place / "worker.py"
        program.write_text(f"{textwrap.dedent(WORKER)}{then}\n")
        command = (sys.executable, str(program), str(place))
        self.ready = self.renewed = 0
        self.complaints: list[str] = []
        plans = [b"the plan\n"] * count
        crew = Crew(plans, patience_s, 60.0, command, backoff)
        self.next: Crew | ConfigurationError = crew
        """What a reload reads."""
        notices = Notices(self._count, self._count_renewed, self.complaints.extend)
        self.supervisor = Supervisor(crew, notices, self._read)

    def _count(self) -> None:
        self.ready += 1

    def _count_renewed(self) -> None:
        self.renewed += 1

    def _read(self) -> Crew:
        if isinstance(self.next, ConfigurationError):
            raise self.next
        return self.next

    def to_be(self, then: str, start_s: float = 60.0) -> None:
        """Let workers behave otherwise from the next reload on."""
        assert isinstance(self.next, Crew)
        program = self.place / f"worker-{len(list(self.place.iterdir()))}.py"
        program.write_text(f"{textwrap.dedent(WORKER)}{then}\n")
        command = (sys.executable, str(program), str(self.place))
        self.next = replace(self.next, command=command, start_s=start_s)

    def born(self) -> list[int]:
        """Return the ids of all workers so far."""
        file = self.place / "born"
        lines = file.read_text().splitlines() if file.exists() else []
        assert all(line.endswith(" the plan") for line in lines)
        return [int(line.split()[0]) for line in lines]


async def until(fact: object, seconds: float = 60.0) -> None:
    assert callable(fact)
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.01)


async def test_all_are_told_the_plan_and_ready_is_said_once(tmp_path: Path) -> None:
    life = Life(tmp_path, OBEDIENT, 3, 10)
    running = asyncio.create_task(life.supervisor.run())
    await until(lambda: life.ready)
    assert len(life.born()) == 3
    life.supervisor.stop()
    assert await running == 0
    assert life.ready == 1
    assert not any(map(alive, life.born()))


async def test_a_dead_worker_is_replaced(tmp_path: Path) -> None:
    life = Life(tmp_path, OBEDIENT, 2, 10)
    running = asyncio.create_task(life.supervisor.run())
    await until(lambda: life.ready)
    victim = life.born()[0]
    with capture_logs() as logs:
        os.kill(victim, signal.SIGKILL)
        await until(lambda: len(life.born()) == 3)
    life.supervisor.stop()
    assert await running == 0
    assert life.ready == 1
    [death] = [each for each in logs if each["event"] == "a worker died"]
    assert (death["how"], death["deaths"]) == ("killed by SIGKILL", 1)


async def test_the_others_are_told_at_once_which_node_is_dead(tmp_path: Path) -> None:
    life = Life(tmp_path, OBEDIENT, 3, 10)
    running = asyncio.create_task(life.supervisor.run())
    await until(lambda: life.ready)
    victim, *others = life.born()
    os.kill(victim, signal.SIGKILL)
    told = tmp_path / "told"
    await until(lambda: told.exists() and len(told.read_bytes().splitlines()) == 2)
    said = f'{{"down":[],"dead":["node{victim}"]}}'
    expected = {f"{pid} {said}" for pid in others}
    assert set(told.read_text().splitlines()) == expected
    life.supervisor.stop()
    assert await running == 0


async def test_who_comes_when_nobody_was_left_is_told_of_the_dead(tmp_path: Path) -> None:
    life = Life(tmp_path, OBEDIENT, 1, 10)
    running = asyncio.create_task(life.supervisor.run())
    await until(lambda: life.ready)
    [victim] = life.born()
    os.kill(victim, signal.SIGKILL)
    told = tmp_path / "told"
    await until(lambda: told.exists() and told.read_bytes().endswith(b"\n"))
    assert told.read_text() == f'{life.born()[1]} {{"down":[],"dead":["node{victim}"]}}\n'
    life.supervisor.stop()
    assert await running == 0


async def test_a_crash_loop_slows_down_and_is_told_once_per_death(tmp_path: Path) -> None:
    life = Life(tmp_path, CRASHING, 1, 10)
    with capture_logs() as logs:
        running = asyncio.create_task(life.supervisor.run())
        await until(lambda: len(life.born()) == 6)
        life.supervisor.stop()
        assert await running == 0
    deaths = [each for each in logs if each["event"] == "a worker died"]
    assert [each["restart_in_s"] for each in deaths[:5]] == [0.05, 0.1, 0.2, 0.4, 0.4]
    assert [each["deaths"] for each in deaths[:5]] == [1, 2, 3, 4, 5]


async def test_workers_that_cannot_start_are_not_tried_again(tmp_path: Path) -> None:
    life = Life(tmp_path, UNWILLING, 2, 10)
    assert await asyncio.wait_for(life.supervisor.run(), 60) == 2
    assert life.ready == 0
    assert len(life.born()) <= 2


async def test_why_workers_cannot_start_is_told_once(tmp_path: Path) -> None:
    life = Life(tmp_path, TALKATIVE, 2, 10)
    assert await asyncio.wait_for(life.supervisor.run(), 60) == 2
    assert life.complaints == ["it is wrong", "in two places"]


async def test_a_reload_replaces_one_after_the_other(tmp_path: Path) -> None:
    life = Life(tmp_path, OBEDIENT, 3, 10)
    running = asyncio.create_task(life.supervisor.run())
    await until(lambda: life.ready)
    first = life.born()
    life.supervisor.reload()
    counts: set[int] = set()
    while not life.renewed:
        counts.add(sum(map(alive, life.born())))
        await asyncio.sleep(0.002)
    assert counts <= {3, 4}  # nobody goes before a successor is there
    assert not any(map(alive, first))
    assert len(life.born()) == 6
    life.to_be(f"open(f'{{place}}/second', 'a').close(); {OBEDIENT}")
    life.supervisor.reload()
    await until(lambda: life.renewed == 2)
    assert (tmp_path / "second").exists()
    with capture_logs() as logs:
        os.kill(life.born()[-1], signal.SIGKILL)
        await until(lambda: len(life.born()) == 10)
    assert [each["deaths"] for each in logs if each["event"] == "a worker died"] == [1]
    life.supervisor.stop()
    assert await running == 0
    assert (life.ready, life.complaints) == (1, [])
    assert not any(map(alive, life.born()))


@pytest.mark.parametrize(
    ("then", "start_s", "why"),
    [
        (TALKATIVE, 60.0, "it is wrong; in two places"),
        (UNWILLING, 60.0, "exit code 2"),
        ("os.kill(os.getpid(), 11)", 60.0, "killed by SIGSEGV"),
        (MUTE, 0.5, "it was not ready in 0.5 s"),
    ],
)
async def test_those_who_are_there_serve_on_when_nobody_can_succeed_them(
    tmp_path: Path, then: str, start_s: float, why: str
) -> None:
    life = Life(tmp_path, OBEDIENT, 2, 10)
    running = asyncio.create_task(life.supervisor.run())
    await until(lambda: life.ready)
    first = life.born()
    life.to_be(then, start_s)
    life.supervisor.reload()
    await until(lambda: life.complaints)
    assert life.complaints == [f"not reloaded: a new worker could not start: {why}"]
    assert life.born()[:2] == first and all(map(alive, first))
    before = len(life.born())  # whoever was killed for being slow may have had no time to be noted
    os.kill(first[1], signal.SIGKILL)
    await until(lambda: len(life.born()) == before + 1)
    await asyncio.sleep(0.1)
    assert alive(life.born()[before])  # it is again as those who work
    life.supervisor.stop()
    assert await running == 0
    assert life.renewed == 0


async def test_settings_that_are_wrong_are_told_and_change_nothing(tmp_path: Path) -> None:
    life = Life(tmp_path, OBEDIENT, 1, 10)
    running = asyncio.create_task(life.supervisor.run())
    await until(lambda: life.ready)
    life.next = ConfigurationError(["a is wrong", "b is wrong"])
    life.supervisor.reload()
    await until(lambda: life.complaints)
    assert life.complaints == ["not reloaded: a is wrong; b is wrong"]
    life.supervisor.stop()
    assert await running == 0
    assert len(life.born()) == 1


async def test_an_end_does_not_wait_for_a_reload(tmp_path: Path) -> None:
    life = Life(tmp_path, OBEDIENT, 2, 10)
    running = asyncio.create_task(life.supervisor.run())
    await until(lambda: life.ready)
    life.to_be(MUTE)
    life.supervisor.reload()
    await until(lambda: len(life.born()) == 3)
    life.supervisor.stop()
    assert await asyncio.wait_for(running, 60) == 0
    assert not any(map(alive, life.born()))


@pytest.mark.parametrize("impatient", [False, True])
async def test_those_who_do_not_stop_are_killed(tmp_path: Path, impatient: bool) -> None:
    life = Life(tmp_path, STUBBORN, 2, 600 if impatient else 0.3)
    running = asyncio.create_task(life.supervisor.run())
    await until(lambda: life.ready)
    life.supervisor.stop()
    if impatient:
        life.supervisor.stop()
    assert await asyncio.wait_for(running, 60) == 0
    assert not any(map(alive, life.born()))


async def test_a_waiting_restart_does_not_hold_the_end_up(tmp_path: Path) -> None:
    life = Life(tmp_path, CRASHING, 1, 10, Backoff(60.0))
    running = asyncio.create_task(life.supervisor.run())
    await until(lambda: life.born() and not alive(life.born()[0]))
    life.supervisor.stop()
    assert await asyncio.wait_for(running, 60) == 0
