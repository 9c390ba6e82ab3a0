"""A function of the application: what it takes, and how what it takes is read.

A function names as many parameters as it needs, in the order of its occasion: `on_publish` may be
`(session)`, `(session, channel)` or `(session, channel, data)`. The data of a client is decoded JSON; where
its parameter has a type that `msgspec` knows (a Struct, a dataclass, a TypedDict, a list ...), it is that.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from hubbub.dialects.payloads import as_json, decode_json
from hubbub.errors import BAD_REQUEST_ERROR, Refused
from hubbub.model import Kind

DATA = "data"
"""The name of a parameter that is what a client said."""

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_ANY = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class Function:
    """A function that was registered.

    Args:
        call: the function. name: what it was registered as. takes: how many arguments it wants.
        waits: whether it is `async`; others run in a thread. decoder: reads JSON for it; None where it wants
            the client's bytes as they are.
    """

    call: Callable[..., object]
    name: str
    takes: int
    waits: bool
    decoder: msgspec.json.Decoder[object] | None = _ANY

    def read(self, data: bytes, kind: Kind = Kind.JSON) -> object:
        """Return what a client said as this function wants it. Raises Refused (107) for what it cannot be."""
        if self.decoder is None or (kind is Kind.BINARY and self.decoder is _ANY):
            return data
        if kind is Kind.BINARY:
            raise Refused(BAD_REQUEST_ERROR, "bytes are not taken here")
        try:
            return decode_json(self.decoder, as_json(data, kind))
        except msgspec.DecodeError as fault:
            raise Refused(BAD_REQUEST_ERROR, str(fault)) from None


def prepare(call: Callable[..., object], name: str, parameters: Sequence[str]) -> Function:
    """Return a function as it is to be called.

    Args:
        name: what it is registered as. parameters: what it may take, in this order.

    Raises TypeError for one that takes something else, or whose data has a type that nothing is decoded to.
    """
    try:
        given = list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        raise TypeError(f"{name} takes a function, not {call!r}") from None
    wanted = [each for each in given if each.kind in _POSITIONAL]
    needed = [each for each in wanted if each.default is inspect.Parameter.empty]
    odd = [
        each
        for each in given
        if each.kind is inspect.Parameter.KEYWORD_ONLY and each.default is inspect.Parameter.empty
    ]
    if len(needed) > len(parameters) or odd:
        listed = ", ".join(parameters)
        raise TypeError(f"{name} takes a function of ({listed}) or of fewer of them, not {call!r}")
    takes = len(parameters) if _takes_any(given) else min(len(wanted), len(parameters))
    waits = any(map(inspect.iscoroutinefunction, (call, getattr(call, "__call__", None))))  # noqa: B004
    decoder: msgspec.json.Decoder[object] | None = _ANY
    place = list(parameters).index(DATA) if DATA in parameters else len(wanted)
    if place < len(wanted):
        decoder = _decoder(call, name, wanted[place])
    return Function(call, name, takes, waits, decoder)


def _takes_any(given: Sequence[inspect.Parameter]) -> bool:
    return any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in given)


def _decoder(
    call: Callable[..., object], name: str, parameter: inspect.Parameter
) -> msgspec.json.Decoder[object] | None:
    if parameter.annotation is inspect.Parameter.empty:
        return _ANY
    try:
        kind: typing.Any = typing.get_type_hints(call, include_extras=True)[parameter.name]
        if kind is object or kind is typing.Any:
            return _ANY
        return None if kind is bytes else msgspec.json.Decoder(kind)
    except (NameError, TypeError, KeyError) as fault:
        raise TypeError(
            f"{name}: the type of {parameter.name!r} cannot be decoded: {fault}"
        ) from None
