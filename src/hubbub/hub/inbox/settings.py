"""What inboxes keep, who may send, and when a message counts as not acknowledged."""

from __future__ import annotations

from dataclasses import dataclass

from hubbub.hub.permissions.namespaces import Audience, Data, Namespace


@dataclass(frozen=True, slots=True)
class InboxSettings:
    """Options of all inboxes: the channels `#` and a user's name.

    Args:
        size: messages kept per user; older ones are dropped, and the reader is told how many. ttl_s: seconds
            after which a message is dropped likewise.
        send: which clients may send to other users: `everyone`, `users` (who have a name) or `nobody`.
            Without a value: `users` on an open server, `nobody` on one that is closed. A token or the connect
            hook may permit more, as publishing to `#zhang`.
        send_hook: whether the publish hook of the application decides about it instead, alone.
        copies: whether what a user sends is also put into the sender's own inbox, for the other devices.
        data: what a message may be made of: `any`, `json`, `object` (of JSON) or `binary`.
        presence: whether it is remembered which sessions follow an inbox.
        join_leave, push_join_leave: whether a user's devices that ask for it, or all of them, are told when
            another one comes or goes (needs `presence`).
        occupancy_hooks: whether the application is told when the first device of a user comes, and the last
            one is gone.
        ack_s: seconds after which the application is told of a message that no device has acknowledged.
        devices: names of devices kept per user; the one that has acknowledged least makes room.
        ahead: messages that a user's devices may acknowledge singly before the older ones; above that the
            device that has acknowledged least may be given such messages again.
        count: unread messages that are counted by sender at most; above it only their number is known.
    """

    size: int = 10_000
    ttl_s: float = 30 * 86400.0
    send: Audience | None = None
    send_hook: bool = False
    copies: bool = True
    data: Data = Data.ANY
    presence: bool = True
    join_leave: bool = False
    push_join_leave: bool = False
    occupancy_hooks: bool = False
    ack_s: float = 30.0
    devices: int = 32
    ahead: int = 1000
    count: int = 1000

    def channel(self) -> Namespace:
        """Return the options that inboxes have as channels, which their names limit to one user."""
        return Namespace(
            history_size=self.size,
            history_ttl_s=self.ttl_s,
            presence=self.presence,
            join_leave=self.join_leave,
            push_join_leave=self.push_join_leave,
            occupancy_hooks=self.occupancy_hooks,
            subscribe=Audience.NOBODY,
            publish=Audience.USERS,
            data=self.data,
        )

    def senders(self, is_open: bool) -> Audience:
        """Return who may send on a server that is open, or closed."""
        if self.send is not None:
            return self.send
        return Audience.USERS if is_open else Audience.NOBODY
