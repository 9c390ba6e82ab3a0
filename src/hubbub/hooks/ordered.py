"""Functions of the application that any node may have run here."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from hubbub.dialects.payloads import as_json
from hubbub.errors import METHOD_NOT_FOUND, Refused
from hubbub.hooks.functions import Function
from hubbub.hooks.returns import rpc_answer
from hubbub.hooks.runner import Runner


class Asked(Struct, frozen=True, array_like=True):
    """Which function is to run, and what it gets, as JSON."""

    name: str
    data: bytes


class Ordered:
    """Run them.

    Args:
        functions: by what they were registered as. runner: calls them.
    """

    __slots__ = ("_functions", "_runner")

    def __init__(self, functions: Mapping[str, Function], runner: Runner) -> None:
        self._functions = functions
        self._runner = runner

    async def carry_out(self, payload: bytes) -> bytes:
        """Return what a function returns, as JSON. Raises a HubbubError where it does not come to that."""
        asked = _ASKED.decode(payload)
        function = self._functions.get(asked.name)
        if function is None:
            raise Refused(METHOD_NOT_FOUND, f"no function carries out {asked.name!r}")
        data = function.read(asked.data) if function.takes else None
        answer = await self._runner.run(function, rpc_answer, data)
        return as_json(answer.data, answer.kind)


_ASKED = msgspec.msgpack.Decoder(Asked)
