"""Every way a thing can go wrong, who is at fault, and what the other side should do next.

    HubbubError
    ├── ProtocolViolation     the peer broke its protocol: the connection is closed with `close`
    ├── Refused               a request cannot be granted: an error reply, the connection goes on
    ├── Reject                the application does not want this client: its connection ends with `close`
    ├── InvalidToken          a token proves nothing: whoever shows it is turned away
    ├── ExpiredToken          a token was good once: a new one is asked for
    ├── IdentityUnavailable   who could tell us about a client is away: try again after `retry_after_s`
    ├── BrokerUnavailable     our broker is away: try again after `retry_after_s`
    ├── Barred                a record says that this must not be published
    ├── HookUnavailable       the application did not answer: a temporary error reply
    ├── Unanswered            a client did not acknowledge what the application said to it
    ├── LifecycleError        the host program starts us where or when it cannot
    └── ConfigurationError    the operator's settings are wrong: all mistakes at once, with place

The numbers are those of the Centrifuge protocol, which is the richest of the protocols spoken
here; the other dialects map them to their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REASON_BYTES = 123
"""What a close frame has room for beside its code (RFC 6455 section 5.5)."""


@dataclass(frozen=True, slots=True)
class Close:
    """Why a connection ends: a WebSocket close code (RFC 6455 section 7.4) and a short reason."""

    code: int
    reason: str

    @property
    def reconnect(self) -> bool:
        """Tell whether the client may come back by itself."""
        return not (3500 <= self.code < 4000 or 4500 <= self.code < 5000)


NORMAL = Close(1000, "")
PROTOCOL_ERROR = Close(1002, "protocol error")
LOST = Close(1006, "connection lost")
ABORTED = Close(1006, "connection aborted")
INVALID_TEXT = Close(1007, "invalid UTF-8 or compressed data")
TOO_BIG = Close(1009, "message too big")
SHUTDOWN = Close(3001, "shutdown")
INTERNAL_ERROR = Close(3004, "internal server error")
EXPIRED = Close(3005, "connection expired")
SUBSCRIPTION_EXPIRED = Close(3006, "subscription expired")
SLOW = Close(3008, "slow")
INSUFFICIENT_STATE = Close(3010, "insufficient state")
FORCE_RECONNECT = Close(3011, "force reconnect")
NO_PONG = Close(3012, "no pong")
TOO_MANY_REQUESTS = Close(3013, "too many requests")
INVALID_TOKEN = Close(3500, "invalid token")
BAD_REQUEST = Close(3501, "bad request")
STALE = Close(3502, "stale")
FORCE_DISCONNECT = Close(3503, "force disconnect")
CONNECTION_LIMIT = Close(3504, "connection limit")
CHANNEL_LIMIT = Close(3505, "channel limit")
INAPPROPRIATE_PROTOCOL = Close(3506, "inappropriate protocol")
PERMISSION_DENIED_CLOSE = Close(3507, "permission denied")
NOT_AVAILABLE_CLOSE = Close(3508, "not available")


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Why the server ends a subscription; from `RESUBSCRIBE` on the client may subscribe again."""

    code: int
    reason: str


CLIENT_UNSUBSCRIBED = Unsubscription(0, "client unsubscribed")
DISCONNECTED = Unsubscription(1, "client disconnected")
NODE_DIED = Unsubscription(2, "node died")
RESUBSCRIBE = 2500
SERVER_UNSUBSCRIBED = Unsubscription(2000, "server unsubscribe")
SUBSCRIPTION_INSUFFICIENT = Unsubscription(2500, "insufficient state")
SUBSCRIPTION_ENDED = Unsubscription(2501, "subscription expired")


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """What an error reply says: a number, a sentence, and whether asking again can help."""

    code: int
    message: str
    temporary: bool = False


INTERNAL = ErrorCode(100, "internal server error", temporary=True)
UNAUTHORIZED = ErrorCode(101, "unauthorized")
UNKNOWN_CHANNEL = ErrorCode(102, "unknown channel")
PERMISSION_DENIED = ErrorCode(103, "permission denied")
METHOD_NOT_FOUND = ErrorCode(104, "method not found")
ALREADY_SUBSCRIBED = ErrorCode(105, "already subscribed")
LIMIT_EXCEEDED = ErrorCode(106, "limit exceeded")
BAD_REQUEST_ERROR = ErrorCode(107, "bad request")
NOT_AVAILABLE = ErrorCode(108, "not available")
TOKEN_EXPIRED = ErrorCode(109, "token expired")
EXPIRED_ERROR = ErrorCode(110, "expired")
TOO_MANY_REQUESTS_ERROR = ErrorCode(111, "too many requests", temporary=True)
UNRECOVERABLE_POSITION = ErrorCode(112, "unrecoverable position")


class HubbubError(Exception):
    """Be the root of all errors that Hubbub raises on purpose."""


class ProtocolViolation(HubbubError):
    """Report that the peer broke its protocol; its connection must be closed with `close`."""

    def __init__(self, close: Close, detail: str = "") -> None:
        super().__init__(close, detail)
        self.close = close
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.close.reason} ({self.close.code}): {self.detail or 'no detail'}"


class Elsewhere(ProtocolViolation):
    """Report that a connection is for a session of another node, and must not be here."""

    def __init__(self, node: str, close: Close, detail: str) -> None:
        super().__init__(close, detail)
        self.node = node


class Refused(HubbubError):
    """Report that a request cannot be granted; the connection goes on."""

    def __init__(self, error: ErrorCode, detail: str = "") -> None:
        super().__init__(error, detail)
        self.error = error
        self.detail = detail

    def __str__(self) -> str:
        return self.detail or self.error.message


REJECTIONS = range(3000, 5000)
"""Close codes that an application may give: its own are 4000-4999, those below are the protocol's."""


class Reject(HubbubError):
    """Report that the application ends a connection.

    Args:
        code: 4000-4499 lets the client come back by itself, 4500-4999 does not; 3000-3999 are the protocol's.
        reason: 123 bytes at most.

    Raises ValueError for what no close frame can say.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        if code not in REJECTIONS:
            raise ValueError(f"a close code is from 3000 to 4999, not {code}")
        if len(reason.encode()) > REASON_BYTES:
            raise ValueError(f"the reason of a close has at most {REASON_BYTES} bytes")
        self.close = Close(code, reason)

    def __str__(self) -> str:
        return f"{self.close.reason or 'no reason'} ({self.close.code})"


class HookUnavailable(HubbubError):
    """Report that the application did not answer, or nothing that means anything."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the application did not answer: {self.detail}"


class Unanswered(HubbubError):
    """Report that a client did not acknowledge what it was asked to."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the client did not answer: {self.detail}"


class InvalidToken(HubbubError):
    """Report that a token proves nothing; `detail` says why, and never what the token was."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the token is not valid: {self.detail}"


class ExpiredToken(HubbubError):
    """Report that a token is good but for its age: its owner should get a new one."""

    def __str__(self) -> str:
        return "the token has expired"


class IdentityUnavailable(HubbubError):
    """Report that somebody we must ask about a client does not answer; nothing is known against it."""

    def __init__(self, detail: str, retry_after_s: float = 1.0) -> None:
        super().__init__(detail, retry_after_s)
        self.detail = detail
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return f"nobody can tell who this is: {self.detail}; try again in {self.retry_after_s:g} s"


class BrokerUnavailable(HubbubError):
    """Report that the broker did not take or answer a request in time; nothing is known lost."""

    def __init__(self, detail: str, retry_after_s: float = 1.0) -> None:
        super().__init__(detail, retry_after_s)
        self.detail = detail
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return f"the broker is not available: {self.detail}; try again in {self.retry_after_s:g} s"


class Barred(HubbubError):
    """Report that something was not published, because a record has the field that bars it."""


class LifecycleError(HubbubError):
    """Report that a host program started an app twice, or in two event loops; says what to do instead."""


class ConfigurationError(HubbubError):
    """Report every mistake of the operator's settings at once, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


def redacted(url: str) -> str:
    """Return a URL that may be shown: a password in it becomes `***`."""
    shown = re.sub(r"(://[^/?#@:]*:).*@", r"\1***@", url)
    return re.sub(r"((?:password|secret|token)=)[^&]*", r"\1***", shown, flags=re.IGNORECASE)
