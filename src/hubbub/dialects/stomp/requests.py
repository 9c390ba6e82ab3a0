"""What the frames of a client ask, as commands; what a frame says wrong is refused with a sentence."""

from __future__ import annotations

from hubbub.dialects.contract import Publish, Respond, Rpc
from hubbub.dialects.filters import TagFilter
from hubbub.dialects.inbox import Send
from hubbub.dialects.operations import PREFIX, operation
from hubbub.dialects.stomp import cursor, values
from hubbub.dialects.stomp.cursor import Acked
from hubbub.dialects.stomp.destinations import REPLY, TEMPORARY, Place, Realm, place_of
from hubbub.dialects.stomp.frames import Frame
from hubbub.dialects.stomp.selector import parse_selector
from hubbub.dialects.stomp.subscriptions import Subscription
from hubbub.dialects.stomp.transactions import Numbered
from hubbub.dialects.stomp.versions import Version
from hubbub.errors import BAD_REQUEST_ERROR, NOT_AVAILABLE, PERMISSION_DENIED, Refused
from hubbub.model import Kind, UserId

RECEIPT_LIMIT = 256
"""Characters of what a client calls a receipt."""
RECENT_LIMIT = 2**31 - 1

INBOX = "#"
"""What stands before a user in the name of the inbox."""
AUTO = "auto"
CUMULATIVE = "client"
PREFETCH = 32
"""Messages of a queue that a consumer may have without an acknowledgement, where it does not say."""
PREFETCH_LIMIT = 1000
_ACK_MODES = {
    Version.V1_0: (AUTO, CUMULATIVE),
    Version.V1_1: (AUTO, CUMULATIVE, "client-individual"),
    Version.V1_2: (AUTO, CUMULATIVE, "client-individual"),
}


def required(frame: Frame, name: str) -> str:
    """Return a header that a frame must have. Raises Refused (107)."""
    value = frame.headers.get(name, "")
    if not value:
        raise bad(f"{frame.command} has the header {name!r}")
    return value


def receipt(frame: Frame) -> str:
    """Return what the client calls the receipt that it wants, "" for none. Raises Refused (107)."""
    wanted = frame.headers.get("receipt", "")
    if len(wanted) > RECEIPT_LIMIT:
        raise bad(f"a receipt is called by at most {RECEIPT_LIMIT} characters")
    return wanted


def place(written: str, application: str) -> Place:
    """Return what a destination means. Raises Refused (107)."""
    found = place_of(written, application)
    if found is None:
        raise bad(
            f"no such destination: {written[:80]!r}; "
            f"it begins with /topic/, /channel/, /queue/, /user/, {application}/ or /temp-queue/"
        )
    return found


def subscription(frame: Frame, application: str, version: Version, user: UserId) -> Subscription:
    """Return what a SUBSCRIBE is to.

    Args:
        user: who the client is ("": that is not known, or nobody with a name).

    Raises Refused (107), or (103) for somebody who has no inbox.
    """
    where = place(required(frame, "destination"), application)
    id = frame.headers.get("id", "") if version is Version.V1_0 else required(frame, "id")
    if where.realm is Realm.REPLY:
        raise bad(f"who subscribes to answers does so at {TEMPORARY}")
    if where.realm is Realm.EVENT and id != where.destination:
        raise bad("a subscription to an event is called like its destination")
    mode = frame.headers.get("ack", AUTO)
    if mode not in _ACK_MODES[version]:
        raise bad(f"ack is one of {', '.join(_ACK_MODES[version])}")
    if where.realm is Realm.USER and not user:
        raise Refused(PERMISSION_DENIED, "whoever has an inbox has a name, and is connected")
    follows = {Realm.CHANNEL: where.name, Realm.USER: f"{INBOX}{user}"}
    channel, wanted = follows.get(where.realm, ""), _selected(frame, where)
    return Subscription(id, where, channel, mode != AUTO, mode == CUMULATIVE, wanted)


def _selected(frame: Frame, where: Place) -> TagFilter | None:
    """Return what the messages of a topic must have, where a SUBSCRIBE says it. Raises Refused (107)."""
    written = frame.headers.get("selector", "")
    if written and where.realm is not Realm.CHANNEL:
        raise bad("a selector chooses among the messages of a topic, and of nothing else")
    return parse_selector(written, values.OURS)


def recent(frame: Frame) -> int:
    """Return how many of the last messages a SUBSCRIBE asks for. Raises Refused (107)."""
    return min(_number(frame, "x-recent", 0), RECENT_LIMIT)


def prefetch(frame: Frame) -> int:
    """Return how many messages a consumer may have without an acknowledgement. Raises Refused (107)."""
    return min(max(_number(frame, "prefetch-count", PREFETCH), 1), PREFETCH_LIMIT)


def _number(frame: Frame, name: str, default: int) -> int:
    written = frame.headers.get(name, str(default))
    if not (written.isascii() and written.isdecimal() and len(written) <= 10):
        raise bad(f"{name} is a number of messages")
    return int(written)


def send(frame: Frame, where: Place, id: int) -> Numbered:
    """Return what a SEND asks. Raises Refused (107, 108)."""
    data, kind = values.payload(frame)
    if where.realm is Realm.USER:
        return Send(where.user, data, kind, id, frame.headers.get("x-key", ""))
    if where.realm in {Realm.CHANNEL, Realm.QUEUE}:
        return Publish(where.channel, data, kind, id, tags=values.tags(frame.headers, kind))
    if where.realm is Realm.REPLY:
        address, _, name = where.name.partition("/")
        return Respond(address, name, data, kind, id, values.tags(frame.headers, kind))
    if where.realm is not Realm.CALL:
        raise Refused(NOT_AVAILABLE, f"nobody can send to {where.prefix}")
    if not data and values.CONTENT_TYPE not in frame.headers:
        data, kind = b"null", Kind.JSON
    if where.name.startswith(PREFIX):
        return operation(where.name, data, id)
    return Rpc(where.name, id, data, kind)


def answerable(frame: Frame, address: str) -> Frame:
    """Return a frame whose `reply-to` others can send to, where it names a place of the client's own.

    Args:
        address: where the client can be answered.
    """
    written = frame.headers.get("reply-to", "")
    if not address or not written.startswith(TEMPORARY):
        return frame
    place = f"{REPLY}{address}/{written.removeprefix(TEMPORARY)}"
    return frame._replace(headers={**frame.headers, "reply-to": place})


def answers(frame: Frame, application: str) -> Place | None:
    """Return where a SEND wants the result of a function; None where it wants none. Raises Refused (107)."""
    written = frame.headers.get("reply-to", "")
    if not written:
        return None
    where = place_of(written, application)
    if where is None or where.realm is not Realm.ANSWERS:
        raise bad("reply-to is a destination that begins with /temp-queue/")
    return where


def acked(frame: Frame, version: Version) -> tuple[str, Acked]:
    """Return the subscription that an ACK or NACK is about, and which message. Raises Refused (107).

    The subscription is "" where a client of 1.0 does not say it.
    """
    if version is Version.V1_2:
        word, at, key = required(frame, "id").partition("@")
    else:
        _, at, word = required(frame, "message-id").rpartition("@")
        named = frame.headers.get("subscription", "")
        key = named if version is Version.V1_0 else required(frame, "subscription")
    found = cursor.read(word) if at else None
    if found is None:
        raise bad(f"{frame.command} is about no message that was sent")
    return key, found


def bad(sentence: str) -> Refused:
    """Return the refusal of what cannot be understood."""
    return Refused(BAD_REQUEST_ERROR, sentence)
