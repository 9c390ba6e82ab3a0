"""Our schema of the Protobuf coding against those of two SDKs, and what is made of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from centrifuge.protocol import client_pb2 as theirs  # type: ignore[import-untyped]
from google.protobuf.descriptor import FileDescriptor

from hubbub.dialects.centrifuge import centrifuge_pb2 as wire
from tests.clients.installed import HERE, INSTALL_WITHIN_S, node_with_clients

SRC = Path(__file__).resolve().parents[3] / "src"
PROTO = "hubbub/dialects/centrifuge/centrifuge.proto"
MODULE = "hubbub/dialects/centrifuge/centrifuge_pb2.py"


def fields(file: FileDescriptor) -> dict[str, dict[str, int]]:
    return {
        name: {field.name: field.number for field in message.fields}
        for name, message in file.message_types_by_name.items()
    }


@pytest.mark.timeout(INSTALL_WITHIN_S + 60)
def test_the_numbers_are_those_of_the_sdks() -> None:
    node_with_clients()
    bundle = HERE / "node_modules/centrifuge/build/protobuf/index.js"
    known: dict[str, dict[str, int]] = {}
    for line in bundle.read_text(encoding="utf-8").splitlines():
        if match := re.search(r"^\s*protocol\.([A-Za-z]+) = \(function", line):
            message = known.setdefault(match[1], {})
        elif match := re.search(
            r"\.encode\(message\.([a-z_]+)\b.*/\* id (\d+),", line
        ) or re.search(
            r"/\* id (\d+), wireType \d =\*/ ?\d+\)\.[a-z0-9]+\(message\.([a-z_]+)", line
        ):
            name, number = sorted(match.groups(), reverse=True)
            message[name] = int(number)
    ours = fields(wire.DESCRIPTOR)
    maps = {"subs", "headers", "tags", "presence"}
    for name, numbers in ours.items():
        assert numbers.items() - known[name].items() <= {
            (field, numbers[field]) for field in maps & numbers.keys()
        }, name


def test_the_numbers_and_types_are_those_of_the_other_sdk() -> None:
    ours, known = wire.DESCRIPTOR, theirs.DESCRIPTOR
    newer = {
        ("SubscribeRequest", "type"),
        ("SubRefreshRequest", "type"),
        ("PublishRequest", "type"),
    }
    for name, message in ours.message_types_by_name.items():
        other = known.message_types_by_name[name]
        for field in message.fields:
            if (name, field.name) in newer:
                continue
            same = other.fields_by_name[field.name]
            assert (field.number, field.type, field.is_repeated) == (
                same.number,
                same.type,
                same.is_repeated,
            )


def test_the_module_was_made_of_the_schema(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "grpc_tools.protoc", f"--python_out={tmp_path}"]
    subprocess.run([*program, "-I", SRC, PROTO], check=True, cwd=SRC, timeout=30)
    made, kept = (
        re.findall(r"AddSerializedFile.*", folder.joinpath(MODULE).read_text(encoding="utf-8"))
        for folder in (tmp_path, SRC)
    )
    assert made == kept, "run `make proto`"
