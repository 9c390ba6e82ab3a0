"""Logs: structured, quiet, on standard error; people read lines, machines read JSON."""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_NAMES = re.compile(r"key|secret|token|password|authorization|cookie", re.IGNORECASE)
_SECRET_IN_URL = re.compile(r"(://[^/?#@:\s]*:)\S*@")
_HIDDEN = "***"


def hide_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace what must never be read by others: the last guard, not a licence to log it."""
    for name, value in event.items():
        if _SECRET_NAMES.search(name):
            event[name] = _HIDDEN
        elif isinstance(value, str) and "@" in value:
            event[name] = _SECRET_IN_URL.sub(rf"\1{_HIDDEN}@", value)
    return event


def join_host() -> None:
    """Hand our events to the `logging` of the program that we are part of, unless structlog is set up."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[structlog.stdlib.filter_by_level, hide_secrets, _as_record],
            wrapper_class=structlog.stdlib.BoundLogger,
            logger_factory=structlog.stdlib.LoggerFactory(),
            cache_logger_on_first_use=False,
        )


def _as_record(
    logger: WrappedLogger, method: str, event: EventDict
) -> tuple[tuple[str], dict[str, object]]:
    """Return what a `logging.Logger` is called with: one line, and the exception if there is one."""
    line, fault = event.pop("event"), event.pop("exc_info", None)
    words = [str(line), *(f"{name}={value!r}" for name, value in event.items())]
    return (" ".join(words),), {"exc_info": fault}


class _Lines:
    """Write a line each, and go on where nobody reads any more: a broken pipe must not break a connection."""

    __slots__ = ("_stream",)

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, message: str) -> None:
        """Write a line."""
        with suppress(OSError, ValueError):
            self._stream.write(f"{message}\n")
            self._stream.flush()

    debug = info = warning = error = critical = msg


def set_up(level: str = "warning", stream: TextIO | None = None) -> None:
    """Send the logs of Hubbub and of the libraries below it to one place.

    Args:
        level: debug, info, warning or error; what is below it is dropped.
        stream: where to (None: standard error). A terminal gets coloured lines, anything else JSON.
    """
    stream = sys.stderr if stream is None else stream
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    last: list[Processor] = (
        # Not rich's tracebacks: they show the values of variables, tokens and messages included.
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if stream.isatty()
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Lines(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=max(number, logging.INFO), handlers=[handler], force=True)
    # Anybody can send what is no HTTP; a line for each would let them fill the disk.
    logging.getLogger("uvicorn.error").setLevel(max(number, logging.ERROR))
    # A line for each request, with its whole URL, would show what only the other server may know.
    logging.getLogger("httpx").setLevel(max(number, logging.WARNING))
