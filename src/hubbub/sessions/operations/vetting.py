"""What can be said against a command before it is done, so that of several none is done or all are."""

from __future__ import annotations

from collections.abc import Sequence

from hubbub.dialects import contract as say
from hubbub.dialects.inbox import Send
from hubbub.errors import NOT_AVAILABLE, Refused
from hubbub.hub.inbox.values import inbox_of
from hubbub.sessions.operations import mailing
from hubbub.sessions.operations.publishing import permitted
from hubbub.sessions.session import Session


def vet(session: Session, commands: Sequence[say.Command]) -> None:
    """Return where none of several commands is sure to be refused: that depends on hooks and the broker only.

    Raises Refused, and tells which of them it is.
    """
    for number, command in enumerate(commands, 1):
        try:
            _vet(session, command)
        except Refused as refused:
            place = f"number {number} of {len(commands)}, and none of them is done"
            said = f"{refused.detail}; " if refused.detail else ""
            raise Refused(refused.error, f"{refused.error.message}: {said}{place}") from None


def _vet(session: Session, command: say.Command) -> None:
    services = session.services
    if isinstance(command, say.Publish):
        permitted(session, command).check_data(command.data, command.kind)
    elif isinstance(command, Send):
        who = mailing.correspondent(session)
        mailing.permit(services.inbox, services.gate, who, inbox_of(command.user))
    elif isinstance(command, say.Rpc) and services.hooks.rpc is None:
        raise Refused(NOT_AVAILABLE, "the application answers no calls")
    elif isinstance(command, say.Unsupported):
        raise Refused(command.error)
