"""The settings of the port among the others: whom it trusts must be addresses."""

from __future__ import annotations

import ipaddress
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from hubbub.config.checks import bounded, listed, wrong
from hubbub.transports.listening import ListenerSettings


def _spread(listener: object) -> object:
    """Take `a, b` for a list in the setting that is one."""
    if not isinstance(listener, dict) or "trusted_proxies" not in listener:
        return listener
    return listener | {"trusted_proxies": listed(listener["trusted_proxies"])}


def _check(listener: ListenerSettings) -> ListenerSettings:
    for each in listener.trusted_proxies:
        try:
            ipaddress.ip_network(each, strict=False)
        except ValueError:
            raise wrong(
                f"has trusted_proxies with {each!r}, which is no address, and no network like 10.0.0.0/8"
            ) from None
    return bounded(listener)


Listener: TypeAlias = Annotated[ListenerSettings, BeforeValidator(_spread), AfterValidator(_check)]
"""What a worker takes from the network, checked."""
