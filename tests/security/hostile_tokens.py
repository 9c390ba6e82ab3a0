"""Tokens that must not be believed, by what is wrong with them."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import HMACAlgorithm, RSAAlgorithm

SECRET = "the secret of the tests, which is long enough"
OTHER_SECRET = "the secret of somebody else, which is long as well"
AUDIENCE = "chat"
ISSUER = "https://id.example"

Claims = dict[str, Any]


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """Return the half of a key that everybody may have."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True)
class Forger:
    """Make tokens for one purpose.

    Args:
        purpose: claims that a token for it has besides those that all have.
        rsa_key: the key whose public half the server believes.
    """

    purpose: Claims
    rsa_key: rsa.RSAPrivateKey

    @cached_property
    def stranger(self) -> rsa.RSAPrivateKey:
        """Return a key that the server has never heard of."""
        return rsa_key()

    def claims(self, **changes: object) -> Claims:
        """Return what a good token says, with changes; None leaves a claim out."""
        expiry = int(time.time()) + 600
        good = {"sub": "zhang", "aud": AUDIENCE, "iss": ISSUER, "exp": expiry, **self.purpose}
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def good(self, **changes: object) -> str:
        """Return a token with the right signature."""
        return signed(self.claims(**changes))

    def all(self) -> dict[str, str]:
        """Return all tokens that must not be believed."""
        return {**self._of_others(), **self._swapped(), **self._of_us(), **self._no_tokens()}

    def _of_others(self) -> dict[str, str]:
        said = self.claims()
        jwk = {"jwk": json.loads(RSAAlgorithm.to_jwk(self.stranger.public_key()))}
        urls = {"jku": "http://127.0.0.1:9/keys", "x5u": "file:///etc/passwd"}
        path = {"kid": "../../../../dev/null"}
        head, body, signature = self.good().split(".")
        return {
            "another secret": jwt.encode(said, OTHER_SECRET, "HS256"),
            "an empty secret": signed(said, b""),
            "an empty secret, by a key id that is a path": signed(said, b"", path),
            "another RSA key": jwt.encode(said, self.stranger, "RS256"),
            "another RSA key, brought along": jwt.encode(said, self.stranger, "RS256", jwk),
            "another RSA key, to be fetched": jwt.encode(said, self.stranger, "RS256", urls),
            "another user under our signature": f"{head}.{part({**said, 'sub': 'root'})}.{signature}",
            "no signature": f"{head}.{body}.",
            "a part of our signature": f"{head}.{body}.{signature[:-4]}",
            "more than our signature": f"{head}.{body}.{signature}AAAA",
        }

    def _swapped(self) -> dict[str, str]:
        said = self.claims()
        signature = self.good().rpartition(".")[2]
        return {
            "alg: none": headed({"alg": "none"}, said),
            "alg: None": headed({"alg": "None"}, said),
            "alg: nOnE": headed({"alg": "nOnE"}, said),
            "alg: none, with our signature": headed({"alg": "none"}, said, signature),
            "no algorithm": headed({"typ": "JWT"}, said, signature),
            "a list of algorithms": headed({"alg": ["HS256"]}, said, signature),
            "HS256 by the public RSA key (CVE-2016-10555)": signed(said, pem(self.rsa_key)),
            "RS256 with an HS256 signature": headed({"alg": "RS256"}, said, signature),
            "HS512 with an HS256 signature": headed({"alg": "HS512"}, said, signature),
            "ES256 by zeros (CVE-2022-21449)": headed({"alg": "ES256"}, said, encoded(bytes(64))),
            "a critical header that nobody knows": signed(said, header={"crit": ["exp"]}),
        }

    def _of_us(self) -> dict[str, str]:
        return {
            "another audience": self.good(aud="billing"),
            "other audiences": self.good(aud=["billing", "CHAT"]),
            "no audience": self.good(aud=None),
            "another issuer": self.good(iss="https://evil.example"),
            "no issuer": self.good(iss=None),
            "not valid yet": self.good(nbf=int(time.time()) + 600),
            "an expiry that is a word": self.good(exp="tomorrow"),
            "an expiry that is no number": self.good(exp=float("nan")),
            "an expiry that never comes": self.good(exp=float("inf")),
            "a user that is a number": self.good(sub=7),
            "a user with a line break": self.good(sub="zhang\nroot"),
            "too long": self.good(info="x" * 20_000),
        }

    def _no_tokens(self) -> dict[str, str]:
        good = self.good()
        return {
            "a name": "zhang",
            "dots": "..",
            "no base64": "!.!.!",
            "padding": good + "=",
            "a space before it": " " + good,
            "a line break after it": good + "\n",
            "two tokens": f"{good}.{good}",
            "not JSON": f"{encoded(b'{')}.{encoded(b'{')}.{good.rpartition('.')[2]}",
        }


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value: object) -> str:
    return encoded(json.dumps(value).encode())


def headed(header: Claims, said: Claims, signature: str = "") -> str:
    """Return a token with any header and any signature."""
    return f"{part(header)}.{part(said)}.{signature}"


def signed(said: Claims, secret: bytes = SECRET.encode(), header: Claims | None = None) -> str:
    """Return a token with an HS256 signature by any secret, which a library would rather not make."""
    body = f"{part({'alg': 'HS256', 'typ': 'JWT', **(header or {})})}.{part(said)}"
    return f"{body}.{encoded(HMACAlgorithm(HMACAlgorithm.SHA256).sign(body.encode(), secret))}"
