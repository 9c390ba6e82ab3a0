from __future__ import annotations

import socket

import pytest

from hubbub.errors import ConfigurationError
from hubbub.server.sockets import UNHEARD_S, bind, reserve


def test_a_free_port_is_bound_and_does_not_listen() -> None:
    with bind("127.0.0.1", 0) as made:
        port = made.getsockname()[1]
        assert port > 0
        assert not made.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


def test_a_reserved_port_can_be_shared_by_ours_and_taken_by_nobody_else() -> None:
    with reserve("127.0.0.1", 0) as kept:
        port = kept.getsockname()[1]
        with (
            bind("127.0.0.1", port, shared=True) as one,
            bind("127.0.0.1", port, shared=True) as two,
        ):
            one.listen()
            two.listen()
            with pytest.raises(ConfigurationError, match="is taken"):
                bind("127.0.0.1", port)


def test_a_second_server_does_not_slip_in_beside_the_first() -> None:
    with bind("127.0.0.1", 0, shared=True) as first:
        first.listen()
        with pytest.raises(ConfigurationError, match="is taken by another program"):
            reserve("127.0.0.1", first.getsockname()[1])


def test_accepted_connections_are_given_up_when_their_network_is_gone() -> None:
    with bind("127.0.0.1", 0) as made:
        made.setblocking(True)
        made.listen()
        with socket.create_connection(made.getsockname()), made.accept()[0] as accepted:
            patience_ms = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            assert patience_ms == UNHEARD_S * 1000


def test_ipv6() -> None:
    with bind("::1", 0) as made:
        assert made.family == socket.AF_INET6


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("203.0.113.7", "--host 203.0.113.7 is not an address of this machine"),
        ("no.such.host.invalid", "--host no.such.host.invalid is not known"),
    ],
)
def test_a_host_that_is_not_ours_is_told(host: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        bind(host, 0)
