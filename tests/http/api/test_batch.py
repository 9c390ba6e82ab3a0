"""Batches, and commands as lines."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.http.api import batch
from hubbub.http.api.batch import run_batch, run_lines
from hubbub.http.api.envelope import Failure, Outcome
from hubbub.http.api.results import PublishResult
from tests.http.site_stage import site


async def test_a_batch_runs_methods_and_answers_each() -> None:
    async with site() as place:
        commands = [
            {"publish": {"channel": "lobby", "data": 1}},
            {"history": {"channel": "lobby", "limit": 1}},
            {"publish": {"channel": ""}},
            {"dance": {}},
            {"batch": {"commands": []}},
            {"presence_stats": {"channel": "lobby"}},
        ]
        response = await place.client.post("/api/batch", json={"commands": commands})
        assert response.status_code == 200
        said = response.json()
        assert list(said) == ["replies"]
        published, page, unnamed, unknown, nested, counts = said["replies"]
        assert published["publish"]["offset"] == 1
        assert [each["data"] for each in page["history"]["publications"]] == [1]
        assert unnamed["error"]["code"] == 107
        assert (unknown["error"]["code"], nested["error"]["code"]) == (104, 104)
        assert counts == {"presence_stats": {"num_clients": 0, "num_users": 0}}


async def test_a_parallel_batch_keeps_the_order_of_its_replies() -> None:
    async with site() as place:
        commands = [{"publish": {"channel": f"c{n}", "data": n}} for n in range(100)]
        request = {"commands": commands, "parallel": True}
        replies = (await place.client.post("/api/batch", json=request)).json()["replies"]
        assert len(replies) == 100
        for number in (0, 50, 99):
            page = await place.call("history", {"channel": f"c{number}", "limit": 1})
            assert page["result"]["epoch"] == replies[number]["publish"]["epoch"]


class Calls:
    """Methods that take a turn of the loop, and how many of them ran together."""

    def __init__(self, answer: Outcome | None = None) -> None:
        self.running = self.together = self.count = 0
        self._answer = answer

    async def __call__(self, name: str, body: bytes) -> Outcome:
        self.count += 1
        self.running += 1
        self.together = max(self.together, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        return self._answer or PublishResult(int(body), name)


def asked(count: int, **more: object) -> bytes:
    return msgspec.json.encode({"commands": [{"m": n} for n in range(count)], **more})


async def test_only_a_parallel_batch_runs_methods_together() -> None:
    one, many = Calls(), Calls()
    await run_batch(one, asked(70), 100)
    said = msgspec.json.decode(await run_batch(many, asked(70, parallel=True), 100))
    assert (one.together, many.together) == (1, batch.TOGETHER)
    assert [each["m"]["offset"] for each in said["replies"]] == list(range(70))


@pytest.mark.parametrize("body", [asked(3), asked(0)])
async def test_commands_are_counted(body: bytes) -> None:
    with pytest.raises(Refused, match="a request has 1 to 2 commands"):
        await run_batch(Calls(), body, 2)


async def test_what_would_be_too_much_to_answer_is_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "ANSWER_BYTES", 50)
    calls = Calls(PublishResult(1, "x" * 20))
    said = msgspec.json.decode(await run_batch(calls, asked(9), 9))
    assert calls.count == 2
    assert [each.get("error", {}).get("code") for each in said["replies"]] == [None] * 2 + [106] * 7


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"commands":{}}',
        b'{"commands":[1]}',
        b'{"commands":[{}]}',
        b'{"commands":[{"info":{},"presence":{}}]}',
        b'{"commands":[{"info":{}}],"parallel":"yes"}',
        b'{"commands":[' + b"[" * 5000,
        b'{"commands":[{"info":' + b"[" * 5000,
    ],
)
async def test_what_is_no_batch_has_a_status(body: bytes) -> None:
    async with site() as place:
        response = await place.client.post("/api/batch", content=body)
        assert (response.status_code, response.json()["error"]["code"]) == (400, 107)
        bare = await place.client.post(
            "/api/batch", content=body, headers={"X-Error-Mode": "transport"}
        )
        assert (bare.status_code, bare.json()["code"]) == (400, 107)


async def test_commands_as_lines() -> None:
    async with site() as place:
        lines = [
            '{"method": "publish", "params": {"channel": "lobby", "data": {"n": 1}}, "id": 4}',
            "",
            '{"method": "PRESENCE_STATS", "params": {"channel": "lobby"}}',
            '{"method": "info"}',
            '{"id": 9, "method": "dance", "params": {}}',
        ]
        response = await place.client.post("/api", content="\n".join(lines))
        assert response.status_code == 200
        first, second, third, fourth = map(msgspec.json.decode, response.content.split(b"\n"))
        assert (first["id"], first["result"]["offset"]) == (4, 1)
        assert second == {"result": {"num_clients": 0, "num_users": 0}}
        assert third["result"]["nodes"][0]["uid"] == "n1"
        assert (fourth["id"], fourth["error"]["code"]) == (9, 104)


@pytest.mark.parametrize("body", [b"", b"\n\n", b"{", b"[]\n", b'{"method":7}', b'{"params":{}}'])
async def test_what_is_no_line_has_a_status(body: bytes) -> None:
    async with site() as place:
        response = await place.client.post("/api", content=body)
        assert (response.status_code, response.json()["error"]["code"]) == (400, 107)


async def test_a_failure_of_one_line_is_its_own() -> None:
    async def call(name: str, body: bytes) -> Outcome:
        return Failure.of(BAD_REQUEST_ERROR) if name == "bad" else PublishResult(1, "e")

    said = await run_lines(call, b'{"method":"bad"}\n{"method":"good"}', 9)
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
    assert decoder.decode_lines(said) == [
        {"error": {"code": 107, "message": "bad request"}},
        {"result": {"offset": 1, "epoch": "e"}},
    ]
