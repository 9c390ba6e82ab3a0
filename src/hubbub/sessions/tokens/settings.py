"""Whose tokens are believed."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr


def _no_secret() -> SecretStr:
    return SecretStr("")


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Say whose tokens are believed, and what must stand in them. Without a key, none are.

    Args:
        hmac_secret: the secret of HS256, HS384 and HS512; 32 characters by chance or more.
        hmac_previous_secret: the secret before that one, while clients still have tokens that it signed.
        hmac_previous_until: when the previous secret stops counting, in unix seconds; 0 is never.
        rsa_public_key: the key of RS256, RS384 and RS512, 2048 bits or more: its PEM text, or the file it is
            in.
        ecdsa_public_key: the key of ES256, ES384 or ES512, whichever its curve is for, given likewise.
        eddsa_public_key: the Ed25519 key of EdDSA, given likewise.
        jwks_url: where a key server has its public keys (RFC 7517), which are found by a token's `kid`.
        jwks_cache_s: seconds after which they are fetched anew; if that fails, the old ones go on counting.
        jwks_interval_s: seconds between two fetches, at least, however many unknown keys are asked for.
        jwks_timeout_s: seconds that a fetch may take.
        jwks_limit: bytes of the largest answer that is read.
        audience: what `aud` must be or have among others ("" : not checked).
        issuer: what `iss` must be ("" : not checked).
        leeway_s: seconds by which the clock of whoever made a token may differ from ours.
        user_claim: the claim that has the user's name.
        token_limit: bytes of the largest token.
    """

    hmac_secret: SecretStr = field(default_factory=_no_secret)
    hmac_previous_secret: SecretStr = field(default_factory=_no_secret)
    hmac_previous_until: int = 0
    rsa_public_key: str = field(default="", repr=False)
    ecdsa_public_key: str = field(default="", repr=False)
    eddsa_public_key: str = field(default="", repr=False)
    jwks_url: str = field(default="", repr=False)
    jwks_cache_s: float = 3600.0
    jwks_interval_s: float = 5.0
    jwks_timeout_s: float = 5.0
    jwks_limit: int = 256 * 1024
    audience: str = ""
    issuer: str = ""
    leeway_s: float = 5.0
    user_claim: str = "sub"
    token_limit: int = 8192

    @property
    def configured(self) -> bool:
        """Tell whether there is any key, so that a token can be believed."""
        return bool(
            self.hmac_secret.get_secret_value()
            or self.hmac_previous_secret.get_secret_value()
            or self.rsa_public_key
            or self.ecdsa_public_key
            or self.eddsa_public_key
            or self.jwks_url
        )
