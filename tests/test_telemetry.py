"""Logs: quiet, readable by machines, and without secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from hubbub import telemetry


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in (None, "uvicorn.error", "httpx")]
    handlers, levels = list(loggers[0].handlers), [logger.level for logger in loggers]
    yield
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    structlog.reset_defaults()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def logged(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_what_is_below_the_level_is_dropped() -> None:
    stream = io.StringIO()
    telemetry.set_up("warning", stream)
    log = structlog.get_logger("x")
    log.info("no")
    log.warning("yes", channel="lobby")
    [line] = logged(stream)
    assert (line["event"], line["channel"], line["level"]) == ("yes", "lobby", "warning")
    assert str(line["timestamp"]).endswith("Z")


def test_libraries_log_to_the_same_place_in_the_same_form() -> None:
    stream = io.StringIO()
    telemetry.set_up("info", stream)
    logging.getLogger("somewhere").warning("the %s broke", "thing")
    [line] = logged(stream)
    assert (line["event"], line["level"]) == ("the thing broke", "warning")


def test_malformed_requests_are_not_logged_unless_asked_for() -> None:
    stream = io.StringIO()
    telemetry.set_up("warning", stream)
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    assert stream.getvalue() == ""


def test_addresses_that_we_ask_are_not_logged() -> None:
    stream = io.StringIO()
    telemetry.set_up("debug", stream)
    logging.getLogger("httpx").info("HTTP Request: GET https://id.example/keys?key=hush")
    assert stream.getvalue() == ""


def test_a_terminal_gets_lines_for_people() -> None:
    stream = Terminal()
    telemetry.set_up("warning", stream)
    structlog.get_logger("x").warning("yes")
    assert "yes" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_an_exception_is_logged_with_its_trace() -> None:
    stream = io.StringIO()
    telemetry.set_up("warning", stream)
    try:
        raise ValueError("what")
    except ValueError:
        structlog.get_logger("x").exception("it failed")
    [line] = logged(stream)
    assert "ValueError: what" in str(line["exception"])


@pytest.mark.parametrize(
    "fields",
    [
        {"api_key": "hunter2"},
        {"token": "hunter2"},
        {"Authorization": "apikey hunter2"},
        {"redis_password": "hunter2"},
        {"url": "redis://:hunter2@localhost/0"},
        {"fault": "cannot reach redis://user:hun/hunter2@localhost:1/0 now"},
    ],
)
def test_secrets_are_hidden(fields: dict[str, str]) -> None:
    stream = io.StringIO()
    telemetry.set_up("warning", stream)
    structlog.get_logger("x").warning("said", **fields)
    assert "hunter2" not in stream.getvalue()
    assert "***" in stream.getvalue()


class BrokenPipe(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("stream", [io.StringIO(), BrokenPipe()], ids=["closed", "broken pipe"])
def test_a_log_that_nobody_reads_stops_nobody(stream: io.StringIO) -> None:
    telemetry.set_up("warning", stream)
    if type(stream) is io.StringIO:
        stream.close()

    structlog.get_logger("x").warning("is anybody there?")


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_a_traceback_shows_no_values(kind: type[io.StringIO]) -> None:
    stream = kind()
    telemetry.set_up("info", stream)
    shown_by_client = "wL3m" + "S9qZ"
    try:
        raise ValueError("a bug")
    except ValueError as fault:
        structlog.get_logger("x").error("it failed", exc_info=fault)
        logging.getLogger("somewhere").error("it failed", exc_info=fault)
    assert stream.getvalue().count("ValueError: a bug") == 2
    assert shown_by_client not in stream.getvalue()


def test_a_host_program_gets_our_events_in_its_own_logs(caplog: pytest.LogCaptureFixture) -> None:
    telemetry.join_host()
    log = structlog.get_logger("hubbub.somewhere")
    log.debug("no")
    log.warning("100% full", url="redis://:hidden@host/0", token="abc")
    try:
        raise OSError("broken")
    except OSError as fault:
        log.error("it failed", exc_info=fault)

    warning, error = caplog.records
    assert warning.name == "hubbub.somewhere"
    assert warning.getMessage() == "100% full url='redis://:***@host/0' token='***'"
    assert error.getMessage() == "it failed"
    assert "OSError: broken" in caplog.text


def test_logs_that_were_set_up_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    telemetry.set_up("warning", stream)
    telemetry.join_host()
    structlog.get_logger("hubbub").warning("here")

    assert [line["event"] for line in logged(stream)] == ["here"]
