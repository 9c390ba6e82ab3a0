"""Write the parts of the documentation that the code knows better: `python -m docs.generate`.

A page marks such a part with `<!-- made: NAME -->` and `<!-- end -->`. tests/docs/test_generated.py fails
when a page says something else than the code.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path

import msgspec
from msgspec import Struct
from pydantic import BaseModel, SecretStr

from docs import protocol_table
from hubbub.config import AdminPart, ApiKeySettings, EndpointSettings, Settings, SourceSettings
from hubbub.hooks.settings import EventSettings, FunctionSettings, HookSettings
from hubbub.http.api.methods import METHODS
from hubbub.http.settings import ApiSettings, scope_of
from hubbub.hub.inbox.settings import InboxSettings
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.settings import HubSettings
from hubbub.sessions.entries import EntryLimits
from hubbub.sessions.gate import AccessSettings
from hubbub.sessions.limits import SessionLimits
from hubbub.sessions.revoking.revocation import RevocationSettings
from hubbub.sessions.tokens import TokenSettings
from hubbub.transports.listening import ListenerSettings
from hubbub.transports.streams.protocol import StreamSettings
from hubbub.transports.websocket.protocol import WebSocketSettings
from tests.bad_input.cases import TABLE
from tests.bad_input.command_cases import COMMAND_CASES, Mistyped
from tests.bad_input.mistakes import Case

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent

PART = re.compile(r"(<!-- made: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

# ── layers ──────────────────────────────────────────────────────────────────────────────────────


def layers() -> list[list[str]]:
    """Return the layers that import-linter enforces, top first, each with its members that exist."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    rows = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    named = ([name.strip("() ") for name in re.split(r"[|:]", row)] for row in rows)
    return [there for names in named if (there := [name for name in names if source_of(name)])]


def source_of(name: str) -> Path | None:
    candidates = (ROOT / "src/hubbub" / name / "__init__.py", ROOT / f"src/hubbub/{name}.py")
    return next((path for path in candidates if path.exists()), None)


def summary_of(name: str) -> str:
    path = source_of(name)
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) if path else None
    return (text or "").split("\n\n")[0].replace("\n", " ")


def folders_of(name: str) -> list[str]:
    """Return the folders of a layer, by the names that `summary_of` takes."""
    inner = sorted((ROOT / "src/hubbub" / name).glob("*/__init__.py"))
    return [f"{name}/{path.parent.name}" for path in inner]


def layer_table() -> str:
    rows = ["| layer | what it is |", "| --- | --- |"]
    for names in layers():
        for name in names:
            rows.append(f"| `{name}` | {summary_of(name)} |")
            rows += [f"| &emsp;`{each}` | {summary_of(each)} |" for each in folders_of(name)]
    return "\n".join(rows)


def layer_diagram() -> str:
    rows = layers()
    lines = ["```mermaid", "flowchart TB"]
    for number, names in enumerate(rows):
        lines.append(f'    subgraph L{number}[" "]')
        lines += [f"        {name}" for name in names]
        lines.append("    end")
    lines += [f"    L{number} --> L{number + 1}" for number in range(len(rows) - 1)]
    return "\n".join([*lines, "```"])


ARRAYS = {"endpoints", "sources"}
"""Settings that are arrays of tables; like those that are tables, they have their own part of the page."""

# ── settings ────────────────────────────────────────────────────────────────────────────────────


def described(settings: type) -> dict[str, str]:
    """Return what a settings class's docstring says of each field."""
    text = " ".join(inspect.cleandoc(settings.__doc__ or "").split())
    _, _, arguments = text.partition("Args: ")
    names = "|".join(sorted(fields_of(settings), key=len, reverse=True))
    parts = re.split(rf"(?:^|(?<= ))((?:{names})(?:, (?:{names}))*): ", arguments)
    return {
        name: sentence.strip()
        for together, sentence in zip(parts[1::2], parts[2::2], strict=True)
        for name in together.split(", ")
    }


def fields_of(settings: type) -> dict[str, object]:
    """Return the fields that a person sets, with their defaults."""
    if issubclass(settings, BaseModel):
        return {
            name: ... if field.is_required() else field.get_default(call_default_factory=True)
            for name, field in settings.model_fields.items()
        }
    return {
        field.name: default_of(field)
        for field in dataclasses.fields(settings)  # type: ignore[arg-type] # it is one, seen as a type
    }


def default_of(field: dataclasses.Field[object]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return ... if field.default is dataclasses.MISSING else field.default


def shown(value: object) -> str:
    if value is ...:
        return "(needed)"
    if value is None:
        return "(see text)"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, SecretStr):
        return '`""`'
    if isinstance(value, Enum):
        return f'`"{value.value}"`'
    if isinstance(value, str):
        return f'`"{value}"`'
    if isinstance(value, float):
        return f"`{value:g}`"
    if isinstance(value, tuple):
        return f"`{json.dumps(value)}`"
    return f"`{value}`"


def is_table(default: object) -> bool:
    return isinstance(default, dict | BaseModel) or dataclasses.is_dataclass(default)


def settings_table(settings: type) -> Callable[[], str]:
    def table() -> str:
        explained = described(settings)
        rows = ["| setting | default | what it does |", "| --- | --- | --- |"]
        rows += [
            f"| `{name}` | {shown(default)} | {explained[name]} |"
            for name, default in fields_of(settings).items()
            if name not in ARRAYS and not is_table(default)
        ]
        return "\n".join(rows)

    return table


def methods_table() -> str:
    def fields(struct: type[Struct]) -> str:
        needed_first = sorted(msgspec.structs.fields(struct), key=lambda field: not field.required)
        return ", ".join(f"`{field.name}`" for field in needed_first) or "-"

    rows = ["| method | scope | takes | gives | what it does |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| `{name}` | `{scope_of(name)}` | {fields(method.request)} | {fields(method.result)} "
        f"| {method.summary} |"
        for name, method in METHODS.items()
    ]
    return "\n".join(rows)


def mistakes_table() -> str:
    lines: list[str] = []
    tables: dict[str, Sequence[Case | Mistyped]] = {**TABLE, "Commands": COMMAND_CASES}
    for entry, cases in tables.items():
        lines += [f"## {entry}", "| what is wrong | what comes back |", "| --- | --- |"]
        lines += [f"| {case.wrong} | {case.answer} |" for case in cases]
        lines.append("")
    return "\n".join(lines).rstrip()


MADE: dict[str, Callable[[], str]] = {
    **{f"protocol-{part}": protocol_table.table(part) for part in protocol_table.parts()},
    "layer-diagram": layer_diagram,
    "layer-table": layer_table,
    "mistakes": mistakes_table,
    "api-methods": methods_table,
    "settings": settings_table(Settings),
    "endpoint-settings": settings_table(EndpointSettings),
    "source-settings": settings_table(SourceSettings),
    "admin-settings": settings_table(AdminPart),
    "api-settings": settings_table(ApiSettings),
    "api-key-settings": settings_table(ApiKeySettings),
    "namespace-settings": settings_table(Namespace),
    "inbox-settings": settings_table(InboxSettings),
    "listener-settings": settings_table(ListenerSettings),
    "websocket-settings": settings_table(WebSocketSettings),
    "stream-settings": settings_table(StreamSettings),
    "hub-settings": settings_table(HubSettings),
    "access-settings": settings_table(AccessSettings),
    "limit-settings": settings_table(SessionLimits),
    "entry-settings": settings_table(EntryLimits),
    "hook-settings": settings_table(HookSettings),
    "event-settings": settings_table(EventSettings),
    "function-settings": settings_table(FunctionSettings),
    "token-settings": settings_table(TokenSettings),
    "revocation-settings": settings_table(RevocationSettings),
}


def renewed(page: str) -> str:
    """Return a page with its made parts as the code has them now."""

    def fill(match: re.Match[str]) -> str:
        return f"{match[1]}{MADE[match['name']]()}\n{match[3]}"

    return PART.sub(fill, page)


def pages() -> Iterator[Path]:
    return (path for path in sorted(DOCS.rglob("*.md")) if "<!-- made: " in path.read_text("utf-8"))


def main() -> None:
    for path in pages():
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
