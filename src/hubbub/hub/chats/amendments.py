"""What is said about a message that is there: that it reads otherwise now, that it is gone, or a reaction.

An amendment is an entry of the same log, behind the message, which stays as it is: whoever shows messages
applies their amendments in the order of their offsets. A deletion is final; what comes after it is void.

Who may: edit, the author; delete, the author and moderators; react, who may publish. A program that shows a
key may all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import msgspec

from hubbub.brokers.contract import Broker, Stored
from hubbub.dialects.chat import Amend
from hubbub.dialects.kinds import Act, tags_of
from hubbub.errors import BAD_REQUEST_ERROR, NOT_AVAILABLE, PERMISSION_DENIED, Barred, Refused
from hubbub.hub.envelope import Published
from hubbub.hub.hub import Hub
from hubbub.hub.permissions.namespaces import Namespace
from hubbub.hub.redaction import Redaction, bar_of
from hubbub.model import ClientInfo, Kind, Position, Publication

_STRING = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True)
class Amender:
    """Who amends.

    Args:
        info: the client; for a program, whom it speaks for (None: nobody).
        moderates: whether it may delete what others published. program: whether it may do all.
    """

    info: ClientInfo | None
    moderates: bool = False
    program: bool = False


def require_act(namespace: Namespace, act: Act) -> None:
    """Return when these channels have such amendments. Raises Refused (108)."""
    if not (namespace.reactions if act is Act.REACTION else namespace.edits):
        what = "takes no reactions" if act is Act.REACTION else "has nothing edited or deleted"
        raise Refused(NOT_AVAILABLE, f"this channel {what}")


def judge(act: Act, message: Publication, amender: Amender) -> None:
    """Return when somebody may say that about a message. Raises Refused: 107 or 103."""
    if message.made:
        raise Refused(BAD_REQUEST_ERROR, "only messages can be edited, deleted or reacted to")
    if act is Act.REACTION or amender.program or is_by(message, amender.info):
        return
    if act is Act.DELETE and amender.moderates:
        return
    raise Refused(PERMISSION_DENIED, f"only who published a message may {act.value} it")


def is_by(message: Publication, info: ClientInfo | None) -> bool:
    """Tell whether somebody published a message: the same user, or the same session of one without a name."""
    sender = message.sender
    if sender is None or info is None:
        return False
    if sender.user or info.user:
        return sender.user == info.user
    return sender.session == info.session


def reading(amend: Amend, message: Publication) -> tuple[bytes, Kind]:
    """Return the data of an amendment, and of what kind it is: a text stays one where JSON has a string."""
    if amend.act is not Act.EDIT or amend.kind is not Kind.JSON or message.kind is not Kind.TEXT:
        return amend.data, amend.kind
    try:
        return _STRING.decode(amend.data).encode(), Kind.TEXT
    except msgspec.DecodeError:
        return amend.data, Kind.JSON


class Amendments:
    """Amend messages.

    Args:
        hub: the channels. broker: whose records know what was deleted.
    """

    __slots__ = ("_hub", "_redaction")

    def __init__(self, hub: Hub, broker: Broker) -> None:
        self._hub = hub
        self._redaction = Redaction(broker)

    async def amend(self, amend: Amend, amender: Amender) -> tuple[Stored, Publication]:
        """Amend a message; done when the broker has it. Return where, and the message as it was published.

        Raises Refused (103, 107, 108) and BrokerUnavailable.
        """
        hub, channel, about = self._hub, amend.channel, amend.about
        namespace = hub.namespaces.of_one(channel)
        require_act(namespace, amend.act)
        message, top = await hub.past.entry(channel, about)
        if message is None:
            raise Refused(NOT_AVAILABLE, f"there is no message at offset {about} any more, or yet")
        judge(amend.act, message, amender)
        data, kind = reading(amend, message)
        if amend.act is Act.EDIT:
            namespace.check_data(data, kind)
        at, bar = Position(top.epoch, about), None
        if amend.act is Act.DELETE:
            await self._redaction.note(channel, at, top, namespace.history_size)
        else:  # judged where it is stored: whatever is said about a message is said before its deletion
            bar = bar_of(channel, at)
        hub.statistics.published += 1
        said = Published(data, kind, amender.info, tags_of(amend.act, about), made=True)
        try:
            return await hub.append(channel, said, _key(amend, amender, top.epoch), bar), message
        except Barred:
            raise Refused(NOT_AVAILABLE, "the message was deleted") from None


def _key(amend: Amend, amender: Amender, epoch: str) -> str:
    """Return what makes a retry harmless, or "": a deletion is one whoever says it."""
    if amend.act is Act.DELETE:
        said = f"delete\n{epoch}\n{amend.about}"
    elif amend.key:
        user = amender.info.user if amender.info is not None else ""
        said = f"{amend.act}\n{epoch}\n{amend.about}\n{user}\n{amend.key}"
    else:
        return ""
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
