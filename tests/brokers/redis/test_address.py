"""Broker URLs, right and wrong, and that no password is repeated."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from hubbub.brokers.redis.address import parse_address
from hubbub.errors import ConfigurationError
from tests.servers import make_certificate


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost", "redis://localhost:6379/0"),
        ("redis://", "redis://127.0.0.1:6379/0"),
        ("redis://:secret@10.0.0.1:7000/2", "redis://10.0.0.1:7000/2"),
        ("redis://ann:secret@[::1]:7000", "redis://[::1]:7000/0"),
        ("rediss://ann:secret@cache.example/1", "rediss://cache.example:6379/1"),
        ("redis://host/3/", "redis://host:6379/3"),
        ("redis://host/1?db=5", "redis://host:6379/5"),
        ("unix:///run/a%20redis.sock", "unix:///run/a redis.sock?db=0"),
        ("unix:///run/redis.sock?username=ann&password=secret", "unix:///run/redis.sock?db=0"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock?db=0"),
        ("unix://:secret@/run/redis.sock?db=4", "unix:///run/redis.sock?db=4"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    address = parse_address(url)

    assert str(address) == shown
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    "url",
    ["redis://an%6e:p%40ss%3A@host", "unix:///run/redis.sock?username=an%6e&password=p%40ss%3A"],
)
def test_credentials_are_decoded(url: str) -> None:
    address = parse_address(url)

    assert (address.username, address.password) == ("ann", "p@ss:")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://localhost", "redis://, rediss:// or unix://"),
        ("localhost:6379", "redis://, rediss:// or unix://"),
        ("", "redis://, rediss:// or unix://"),
        ("redis://:secret@host:port", "not of the form"),
        ("redis://:secret@[::1", "not of the form"),
        ("redis://:secret@host/seven", "names the database 'seven', not a number"),
        ("redis://:secret@host?db=-1", "names the database '-1', not a number"),
        ("redis://host/0?colour=blue&shape=round", "unknown option 'colour'"),
        ("unix://", "names no socket"),
        ("rediss://host?ssl_cert_reqs=perhaps", "none, optional or required"),
        ("rediss://host?ssl_ca_certs=/no/such/file", "cannot be read"),
        ("rediss://host?ssl_certfile=/no/such/file", "cannot be read"),
    ],
)
def test_a_wrong_url_is_explained(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_address(url)

    assert words in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None or "secret" not in str(caught.value.__cause__)


def test_all_unknown_options_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_address("redis://host/0?colour=blue&shape=round")

    assert len(caught.value.problems) == 2


def test_tls_is_strict_unless_told_otherwise(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    strict = parse_address(f"rediss://host?ssl_ca_certs={made.certificate}").tls
    loose = parse_address("rediss://host?ssl_cert_reqs=none").tls
    nameless = parse_address("rediss://host?ssl_check_hostname=false").tls
    client = parse_address(
        f"rediss://host?ssl_certfile={made.certificate}&ssl_keyfile={made.key}"
    ).tls

    assert strict is not None
    assert loose is not None
    assert nameless is not None
    assert client is not None
    assert (strict.verify_mode, strict.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (loose.verify_mode, loose.check_hostname) == (ssl.CERT_NONE, False)
    assert (nameless.verify_mode, nameless.check_hostname) == (ssl.CERT_REQUIRED, False)
