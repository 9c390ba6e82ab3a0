"""The listening socket: bound once, with a sentence for whoever cannot."""

from __future__ import annotations

import errno
import socket

from hubbub.errors import ConfigurationError

BACKLOG = 2048
"""Connections that may wait to be accepted; a crowd that comes back at once is larger than the usual 100."""

UNHEARD_S = 60
"""Seconds after which the kernel gives up a peer whose network acknowledges nothing (RFC 5482).

Linux waits about 15 minutes by itself. Pings that are answered notice earlier that nobody is there, but who
only reads a stream answers nothing.
"""
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)


def bind(host: str, port: int, *, shared: bool = False, flag: str = "--port") -> socket.socket:
    """Return a bound socket that does not listen yet.

    Args:
        host: an address or a name. port: 0 lets the system choose. shared: whether other processes of ours
            bind the same port (`SO_REUSEPORT`). flag: with which the operator chooses the port.

    Raises ConfigurationError with a sentence for the operator.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as fault:
        raise ConfigurationError([f"--host {host} is not known: {fault.strerror}"]) from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if _USER_TIMEOUT is not None:  # accepted sockets inherit it
            listening.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, UNHEARD_S * 1000)
        listening.bind(address)
    except OSError as fault:
        listening.close()
        raise ConfigurationError([_why(host, port, fault, flag)]) from None
    listening.setblocking(False)
    return listening


def reserve(host: str, port: int, flag: str = "--port") -> socket.socket:
    """Return a shared socket that keeps a port for the workers, after making sure that nobody else has it.

    It never listens, so that no connection is given to it.

    Raises ConfigurationError.
    """
    bind(host, port, flag=flag).close()
    return bind(host, port, shared=True, flag=flag)


def _why(host: str, port: int, fault: OSError, flag: str) -> str:
    if fault.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken by another program: choose another one with {flag}"
    if fault.errno == errno.EACCES:
        return f"port {port} may not be used without privileges: choose one above 1023 with {flag}"
    if fault.errno == errno.EADDRNOTAVAIL:
        return f"--host {host} is not an address of this machine"
    return f"cannot listen on {host} port {port}: {fault.strerror}"
