from __future__ import annotations

import json

import msgspec
import pytest
from starlette.requests import Request

from hubbub.errors import (
    BAD_REQUEST_ERROR,
    INTERNAL,
    NOT_AVAILABLE,
    UNKNOWN_CHANNEL,
    UNRECOVERABLE_POSITION,
    BrokerUnavailable,
    ErrorCode,
    HookUnavailable,
    Refused,
)
from hubbub.http.api.envelope import Failure, complain, failure_of, mode_of, succeed
from hubbub.http.api.results import PresenceStatsResult
from hubbub.http.settings import ErrorMode


def test_a_result_stands_in_its_envelope() -> None:
    response = succeed(PresenceStatsResult(2, 1))
    assert response.status_code == 200
    assert json.loads(bytes(response.body)) == {"result": {"num_clients": 2, "num_users": 1}}


def test_an_error_stands_in_its_envelope() -> None:
    response = complain(Failure.of(BAD_REQUEST_ERROR, "no such thing", 400), ErrorMode.BODY)
    assert response.status_code == 400
    expected = {"error": {"code": 107, "message": "bad request: no such thing"}}
    assert json.loads(bytes(response.body)) == expected
    assert complain(Failure.of(BAD_REQUEST_ERROR), ErrorMode.BODY).status_code == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (INTERNAL, 500),
        (UNKNOWN_CHANNEL, 404),
        (BAD_REQUEST_ERROR, 400),
        (NOT_AVAILABLE, 400),
        (UNRECOVERABLE_POSITION, 416),
        (ErrorCode(113, "conflict"), 409),
        (ErrorCode(1999, "of the application's own"), 500),
    ],
)
def test_a_program_may_want_statuses(error: ErrorCode, status: int) -> None:
    response = complain(Failure.of(error), ErrorMode.TRANSPORT)
    assert response.status_code == status
    assert json.loads(bytes(response.body)) == {"code": error.code, "message": error.message}


@pytest.mark.parametrize(
    ("fault", "code", "message"),
    [
        (Refused(NOT_AVAILABLE, "why"), 108, "not available: why"),
        (Refused(NOT_AVAILABLE), 108, "not available"),
        (msgspec.DecodeError("what is that"), 107, "bad request: what is that"),
        (BrokerUnavailable("it is away", 2), 100, "internal server error: the broker is not"),
        (HookUnavailable("it is slow"), 100, "internal server error: the application did not"),
    ],
)
def test_what_a_method_raises_is_told(fault: Exception, code: int, message: str) -> None:
    failure = failure_of(fault)
    assert (failure.code, failure.status) == (code, 200)
    assert failure.message.startswith(message)


@pytest.mark.parametrize(
    ("headers", "usual", "mode"),
    [
        ({}, ErrorMode.BODY, ErrorMode.BODY),
        ({}, ErrorMode.TRANSPORT, ErrorMode.TRANSPORT),
        ({"x-error-mode": "transport"}, ErrorMode.BODY, ErrorMode.TRANSPORT),
        ({"x-error-mode": "body"}, ErrorMode.TRANSPORT, ErrorMode.BODY),
        ({"x-centrifugo-error-mode": "Transport"}, ErrorMode.BODY, ErrorMode.TRANSPORT),
        ({"x-centrifugo-error-mode": "any"}, ErrorMode.BODY, ErrorMode.BODY),
        ({"x-error-mode": ""}, ErrorMode.TRANSPORT, ErrorMode.TRANSPORT),
    ],
)
def test_a_request_chooses_how_it_is_told(
    headers: dict[str, str], usual: ErrorMode, mode: ErrorMode
) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert mode_of(Request({"type": "http", "headers": raw}), usual) is mode
