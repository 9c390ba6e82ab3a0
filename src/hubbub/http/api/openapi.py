"""The API's description in OpenAPI 3.1, made from what decodes the requests, so that it says what is true."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from hubbub.http.api.methods import METHODS, Method
from hubbub.http.api.requests import BatchRequest
from hubbub.http.api.results import Complaint
from hubbub.http.settings import SCOPES, scope_of

Schema: TypeAlias = dict[str, Any]

TAGS: Mapping[str, str] = {
    "publish": "Say something in channels.",
    "read": "Look at channels and nodes.",
    "inbox": "What users have received and read.",
    "manage": "Act on sessions, and forget history.",
    "rpc": "Call the application.",
}
"""What the methods of each scope are about."""

_BATCH = {
    "commands": [
        {"publish": {"channel": "news", "data": 1}},
        {"presence_stats": {"channel": "news"}},
    ]
}


def document() -> Schema:
    """Return the description of all methods and of batches."""
    paths = {f"/api/{name}": {"post": _operation(name, METHODS[name])} for name in METHODS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hubbub's HTTP API",
            "summary": "Methods for programs on the server's side.",
            "version": version("hubbub"),
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {"authorization": []}, {}],
        "tags": [{"name": scope, "description": TAGS[scope]} for scope in SCOPES],
        "paths": paths | {"/api/batch": {"post": _batch()}},
        "components": {
            "schemas": _schemas(),
            "parameters": {"error_mode": _ERROR_MODE},
            "responses": {
                "refused": _content("It was refused.", {"anyOf": [_error(), _ref(Complaint)]})
            },
            "securitySchemes": _KEYS,
        },
    }


_ERROR_MODE = {
    "name": "X-Error-Mode",
    "in": "header",
    "description": "`transport` answers errors with an HTTP status and the bare error, `body` with 200.",
    "schema": {"enum": ["body", "transport"]},
}

_KEYS = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "authorization": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "The word `apikey`, a space, and a key.",
    },
}


def _schemas() -> Schema:
    """Return the schemas of all requests and results, and of what they are made of."""
    structs = [each for method in METHODS.values() for each in (method.request, method.result)]
    _, schemas = msgspec.json.schema_components(
        dict.fromkeys((*structs, BatchRequest, Complaint)),
        ref_template="#/components/schemas/{name}",
    )
    # A decoder takes any method here, so that an unknown one is a failure of its command alone.
    schemas["BatchRequest"]["properties"]["commands"]["items"] = {
        "type": "object",
        "properties": {name: _ref(method.request) for name, method in METHODS.items()},
        "minProperties": 1,
        "maxProperties": 1,
    }
    return schemas


def _operation(name: str, method: Method) -> Schema:
    envelope = {"anyOf": [_one_member("result", _ref(method.result)), _error()]}
    return {
        "operationId": name,
        "tags": [scope_of(name)],
        "summary": method.summary,
        "description": method.description,
        "parameters": [{"$ref": "#/components/parameters/error_mode"}],
        "requestBody": _body(method.request, method.example),
        "responses": _responses("The result, or an error.", envelope),
    }


def _batch() -> Schema:
    each = [_one_member(name, _ref(method.result)) for name, method in METHODS.items()]
    replies = {
        "description": "Objects of one member: the method's name with its result, or `error`.",
        "type": "array",
        "items": {"anyOf": [*each, _error()]},
    }
    return {
        "operationId": "batch",
        "summary": "Run several methods; each has its own reply, in the order of the commands.",
        "description": "",
        "requestBody": _body(BatchRequest, _BATCH),
        "responses": _responses("What came of each command.", _one_member("replies", replies)),
    }


def _ref(struct: type[Struct]) -> Schema:
    return {"$ref": f"#/components/schemas/{struct.__name__}"}


def _one_member(name: str, schema: Schema) -> Schema:
    return {"type": "object", "properties": {name: schema}, "required": [name]}


def _error() -> Schema:
    return _one_member("error", _ref(Complaint))


def _content(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _body(struct: type[Struct], example: Mapping[str, object]) -> Schema:
    content = {"schema": _ref(struct), "example": example}
    return {"required": True, "content": {"application/json": content}}


def _responses(description: str, schema: Schema) -> Schema:
    return {
        "200": _content(description, schema),
        "default": {"$ref": "#/components/responses/refused"},
    }
