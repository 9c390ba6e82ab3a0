"""The description of the API, and that it is true."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from hubbub.dialects.nulls import PAYLOADS
from hubbub.http.api.methods import METHODS
from hubbub.http.api.openapi import TAGS, document
from hubbub.http.settings import SCOPES
from hubbub.hub.permissions.namespaces import Namespace
from tests.http.site_stage import echo, site

CHAT = Namespace(typing=True, edits=True, reactions=True, receipts=True, people=True)

API = document()
OPERATIONS = {path: item["post"] for path, item in API["paths"].items()}
WRONG = [b"{}", b"[]", b"", b'{"channel":7}', b'{"channel":"","channels":["a"],"data":1}']


def validator(schema: dict[str, Any]) -> Any:  # noqa: ANN401 - it comes without types
    return OAS31Validator(schema | {"components": API["components"]})


def json_of(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["content"]["application/json"]
    return found


def test_it_is_openapi() -> None:
    OpenAPIV31SpecValidator(API).validate()
    assert set(OPERATIONS) == {f"/api/{name}" for name in (*METHODS, "batch")}
    assert set(TAGS) == set(SCOPES)


def test_it_is_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(API)) == API


@pytest.mark.parametrize("path", OPERATIONS)
async def test_examples_fit_their_schema_and_are_taken(path: str) -> None:
    body = json_of(OPERATIONS[path]["requestBody"])
    validator(body["schema"]).validate(body["example"])
    async with site(namespace=CHAT) as place:
        place.floor.hooks.rpc = echo
        await place.place.say("news", "{}")
        response = await place.client.post(path, json=body["example"])
        assert "error" not in response.text
        answers = OPERATIONS[path]["responses"]
        validator(json_of(answers["200"])["schema"]).validate(response.json())


@pytest.mark.parametrize("mode", ["body", "transport"])
@pytest.mark.parametrize("path", OPERATIONS)
async def test_errors_are_as_described(path: str, mode: str) -> None:
    refused = validator(json_of(API["components"]["responses"]["refused"])["schema"])
    envelope = validator(json_of(OPERATIONS[path]["responses"]["200"])["schema"])
    async with site() as place:
        for body in WRONG:
            response = await place.client.post(path, content=body, headers={"X-Error-Mode": mode})
            (envelope if response.status_code == 200 else refused).validate(response.json())


VALUES = st.none() | st.booleans() | st.integers(-2, 2**65) | st.text(max_size=3)
ANYTHING = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner)
)


VALIDATORS = {
    name: validator({"$ref": f"#/components/schemas/{method.request.__name__}"})
    for name, method in METHODS.items()
}


@settings(max_examples=120)
@given(st.sampled_from(list(METHODS)), st.data())
def test_what_the_schema_takes_is_what_is_decoded(name: str, data: st.DataObject) -> None:
    method = METHODS[name]
    fields = [field.encode_name for field in msgspec.structs.fields(method.request)]
    keys = st.sampled_from([*fields, "other"]) if fields else st.just("other")
    needed = {field.encode_name: st.text(max_size=3) for field in needed_of(method.request)}
    request = data.draw(st.fixed_dictionaries(needed)) | data.draw(st.dictionaries(keys, ANYTHING))
    try:
        method.read(msgspec.json.encode(request))
    except msgspec.DecodeError:
        taken = False
    else:
        taken = True
    fits = VALIDATORS[name].is_valid
    assert taken is (fits(request) or fits(without_nulls(request))), request


def without_nulls(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a request as it is taken where it says null for nothing: without those, but for payloads."""
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: each if name in PAYLOADS else without_nulls(each)
        for name, each in value.items()
        if name in PAYLOADS or each is not None
    }


def needed_of(struct: type[msgspec.Struct]) -> list[msgspec.structs.FieldInfo]:
    return [field for field in msgspec.structs.fields(struct) if field.required]
