from __future__ import annotations

import pytest
from pydantic import ValidationError

from hubbub.config import EndpointSettings, SourceSettings


def test_a_query_variable_needs_no_place_in_the_path() -> None:
    endpoint = EndpointSettings(path="/webws", channel="chat:{query.channel}", user="{query.user}")
    assert endpoint.channel == "chat:{query.channel}"


def test_the_centrifuge_dialect_needs_no_channel() -> None:
    assert EndpointSettings(path="/c", dialect="centrifuge").channel == ""


def test_parts_are_frozen() -> None:
    endpoint = EndpointSettings(path="/c", dialect="centrifuge")
    with pytest.raises(ValidationError):
        endpoint.path = "/d"  # type: ignore[misc]


def test_a_source_hides_its_url() -> None:
    source = SourceSettings(name="s", type="redis_pubsub", url="redis://:hunter2@h")
    assert "hunter2" not in repr(source)
