from __future__ import annotations

import subprocess

from hubbub.hooks.signature import sign


def test_openssl_makes_the_same_signature() -> None:
    body = b'{"user":"zhang"}'
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", "hush-hush"],
        input=b"1700000000." + body,
        capture_output=True,
        check=True,
    ).stdout.decode()

    assert (
        sign(b"hush-hush", 1_700_000_000, body) == f"t=1700000000,v1={made.split('= ')[1].strip()}"
    )


def test_every_part_counts() -> None:
    signed = sign(b"one secret", 1, b"body")

    assert signed != sign(b"other secret", 1, b"body")
    assert signed[4:] != sign(b"one secret", 2, b"body")[4:]
    assert signed != sign(b"one secret", 1, b"bodY")
