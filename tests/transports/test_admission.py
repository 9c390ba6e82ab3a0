from __future__ import annotations

import pytest

from hubbub.transports.admission import host_served, origin_allowed

SAME = [
    ("", "chat.example.com", True),
    ("https://chat.example.com", "chat.example.com", True),
    ("https://chat.example.com", "chat.example.com:443", True),
    ("https://chat.example.com:443", "chat.example.com", True),
    ("HTTPS://Chat.Example.COM", "chat.example.com", True),
    ("http://localhost:8000", "localhost:8000", True),
    ("http://[::1]:8000", "[::1]:8000", True),
    ("http://127.0.0.1:8000", "localhost:8000", False),
    ("http://localhost:8000", "localhost:8001", False),
    ("http://localhost:8000", "localhost", False),
    ("https://chat.example.com", "chat.example.com:8443", False),
    ("https://chat.example.com.evil.org", "chat.example.com", False),
    ("https://evilchat.example.com", "chat.example.com", False),
    ("https://chat.example.com", "", False),
    ("null", "chat.example.com", False),
    ("null", "null", False),
    ("chat.example.com", "chat.example.com", False),
    ("https://", "chat.example.com", False),
    ("https://chat.example.com/", "chat.example.com", False),
    ("https://chat.example.com/page", "chat.example.com", False),
    ("https://user@chat.example.com", "chat.example.com", False),
    ("https://evil.org#chat.example.com", "chat.example.com", False),
    ("https://evil.org\\@chat.example.com", "chat.example.com", False),
    ("https://a.org https://chat.example.com", "chat.example.com", False),
    ("https://a.org, https://chat.example.com", "chat.example.com", False),
    ("https://chat.example.com:", "chat.example.com", False),
    ("https://chat.example.com:0x50", "chat.example.com", False),
    ("file://", "chat.example.com", False),
    ("chrome-extension://chat.example.com", "chat.example.com", False),
]


@pytest.mark.parametrize(("origin", "host", "allowed"), SAME)
def test_without_a_list_only_the_servers_own_pages_may_connect(
    origin: str, host: str, allowed: bool
) -> None:
    assert origin_allowed(origin, host, []) is allowed


LISTED = [
    ("https://app.example.com", ["https://app.example.com"], True),
    ("https://app.example.com", ["https://other.org", "HTTPS://APP.example.com/"], True),
    ("https://app.example.com:443", ["https://app.example.com"], True),
    ("http://app.example.com", ["https://app.example.com"], False),
    ("https://app.example.com:8443", ["https://app.example.com"], False),
    ("https://app.example.com:8443", ["https://app.example.com:8443"], True),
    ("https://a.example.com", ["https://*.example.com"], True),
    ("https://a.b.example.com", ["https://*.example.com"], True),
    ("https://example.com", ["https://*.example.com"], False),
    ("https://.example.com", ["https://*.example.com"], False),
    ("https://badexample.com", ["https://*.example.com"], False),
    ("https://a.example.com.evil.org", ["https://*.example.com"], False),
    ("http://a.example.com", ["https://*.example.com"], False),
    ("https://a.example.com:8443", ["https://*.example.com"], False),
    ("capacitor://localhost", ["capacitor://localhost"], True),
    ("https://a.example.com", ["https://a.*.com", "https://*", "example.com", ""], False),
    ("https://anything.org", ["*"], True),
    ("null", ["*"], True),
    ("null", ["null", "https://*.example.com"], False),
    ("not an origin", ["*"], True),
]


@pytest.mark.parametrize(("origin", "patterns", "allowed"), LISTED)
def test_listed_origins_may_connect(origin: str, patterns: list[str], allowed: bool) -> None:
    assert origin_allowed(origin, "hubbub.test", patterns) is allowed


HOSTS = [
    ("", [], True),
    ("localhost", [], True),
    ("LOCALHOST:8000", [], True),
    ("app.localhost:8000", [], True),
    ("127.0.0.1:8000", [], True),
    ("192.168.1.7", [], True),
    ("[::1]:8000", [], True),
    ("evil.example:8000", [], False),
    ("localhost.evil.example", [], False),
    ("evillocalhost", [], False),
    ("127.0.0.1.evil.example", [], False),
    ("localhost, evil.example", [], False),
    ("user@localhost", [], False),
    ("chat.example:8000", ["https://chat.example"], True),
    ("a.chat.example", ["https://*.chat.example"], True),
    ("chat.example", ["https://*.chat.example"], False),
    ("evil.example", ["https://chat.example"], False),
    ("evil.example", ["*"], True),
]


@pytest.mark.parametrize(("host", "allowed", "served"), HOSTS)
def test_an_open_server_of_this_machine_answers_to_names_that_cannot_be_made_to_lead_here(
    host: str, allowed: list[str], served: bool
) -> None:
    assert host_served(host, allowed) is served
