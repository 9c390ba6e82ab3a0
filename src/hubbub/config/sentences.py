"""Mistakes in settings as sentences: the place, what is wrong there, and what was meant perhaps."""

from __future__ import annotations

import dataclasses
import difflib
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hubbub.config.settings import Settings

Path: TypeAlias = tuple[str | int, ...]

_SECRET = ("api_keys", "broker", "url", "tokens", "subscription_tokens", "hooks", "password")
"""Settings whose value, or whatever is in it, is never shown."""

_KINDS: dict[str, str] = {
    "missing": "is missing",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "dataclass_type": "must be a table",
}


def problems(fault: ValidationError, places: Mapping[Path, str]) -> list[str]:
    """Return one sentence for every mistake."""
    return [
        sentence
        for error in fault.errors(include_url=False)
        for sentence in _sentences(error, places)
    ]


def _sentences(error: ErrorDetails, places: Mapping[Path, str]) -> Iterator[str]:
    path = tuple(step for step in error["loc"] if step != "[key]")
    context = error.get("ctx", {})
    if error["type"] == "faults":
        for name, sentence in context["faults"]:
            yield f"{_place((*path, *name.split('.')), places)} {sentence}"
    elif error["type"] == "wrong":
        blamed = (context["at"],) if context["at"] else path
        yield f"{_place(blamed, places)} {context['sentence']}"
    else:
        shown = "" if any(step in _SECRET for step in path) else _shown(error)
        yield f"{_place(path, places)} {_what(error['type'], context, error['msg'])}{shown}"


def _what(kind: str, context: Mapping[str, Any], message: str) -> str:
    if kind in _KINDS:
        return _KINDS[kind]
    if kind in {"literal_error", "enum"}:
        return f"must be {context['expected']}"
    bounds = {"greater_than_equal": ("ge", "at least"), "less_than_equal": ("le", "at most")}
    if kind in bounds:
        name, words = bounds[kind]
        return f"must be {words} {context[name]:g}"
    return f"is wrong: {message}"


def _shown(error: ErrorDetails) -> str:
    if error["type"] == "missing" or isinstance(error["input"], dict | list | tuple):
        return ""
    if isinstance(error["input"], str) and _KINDS.get(error["type"]) == "must be a table":
        return ""  # it may be what belongs in there, such as a password
    text = repr(error["input"])
    return f", not {text if len(text) <= 60 else text[:57] + '...'}"


def _place(path: Path, places: Mapping[Path, str]) -> str:
    """Return where a setting was said; a place inside a list is that of the list, with the number."""
    for length in range(len(path), 0, -1):
        said = places.get(path[:length])
        if said is not None:
            rest = "".join(f"[{s + 1}]" if isinstance(s, int) else f".{s}" for s in path[length:])
            return f"{said}{rest}"
    names = [
        place
        for said, place in places.items()
        if path and said[: len(path)] == path and place.endswith(str(said[-1]))
    ]
    if names:
        file, colon, _ = names[0].partition(": ")
        return f"{file}: {_dotted(path)}" if colon else names[0]
    return _dotted(path)


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))


def strangers(values: Mapping[str, Any], places: Mapping[Path, str]) -> Iterator[str]:
    """Yield a warning for every key that no part knows, with the name that was meant perhaps."""
    for path, known in _unknown(Settings, values, ()):
        near = difflib.get_close_matches(str(path[-1]), known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        yield f"{_place(path, places)} is not a setting{hint}"


def _unknown(kind: object, value: object, path: Path) -> Iterator[tuple[Path, list[str]]]:
    """Walk the values along the types that they are for."""
    kind, origin = _bare(kind)
    if isinstance(value, dict):
        if origin is dict:
            for name, item in value.items():
                yield from _unknown(get_args(kind)[1], item, (*path, name))
            return
        members = _members(kind)
        for name, item in value.items() if members else ():
            if name in members:
                yield from _unknown(members[name], item, (*path, name))
            else:
                yield (*path, name), sorted(members)
    elif isinstance(value, list) and origin is tuple:
        for number, item in enumerate(value):
            yield from _unknown(get_args(kind)[0], item, (*path, number))


def _bare(kind: object) -> tuple[object, object]:
    while get_origin(kind) in {Annotated, Union, types.UnionType}:
        kind = get_args(kind)[0]
    return kind, get_origin(kind)


def _members(kind: object) -> Mapping[str, object]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return get_type_hints(kind)
    return {}
