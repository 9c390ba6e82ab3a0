"""`hubbub token`: what it makes is good elsewhere, and what it checks was made elsewhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TypeAlias

import jwt
import pytest

from hubbub.cli.main import run
from tests.cli.running import hubbub
from tests.sessions.tokens import issuer
from tests.sessions.tokens.issuer import SECRET, ec_key, jwk, private_pem, public_pem, rsa_key

CHANNEL_SECRET = "the secret of whoever gives out channels"
SETTINGS = f"""
[tokens]
hmac_secret = "{SECRET}"
audience = "chat"
issuer = "us"

[subscription_tokens]
hmac_secret = "{CHANNEL_SECRET}"
user_claim = "user_id"
"""
GOOD = {"sub": "ann", "aud": "chat", "iss": "us"}

Said: TypeAlias = Callable[..., str]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work where the settings are."""
    monkeypatch.chdir(tmp_path)
    Path("hubbub.toml").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def said(*arguments: str, code: int = 0) -> str:
        """Run the command and return what it says, on standard error where it fails."""
        assert run(["token", *arguments]) == code
        out, err = capsys.readouterr()
        assert (out if code else err) == ""
        return (err if code else out).strip()

    return said


def test_a_token_made_here_is_good_elsewhere(said: Said) -> None:
    made = said("--user", "张", "--info", '{"name": "Zhang"}', "--claim", "jti=t1")
    claims = jwt.decode(made, SECRET, ["HS256"], audience="chat", issuer="us")
    assert abs(claims.pop("iat") - time.time()) < 5
    assert abs(claims.pop("exp") - time.time() - 3600) < 5
    assert claims == {
        "sub": "张",
        "aud": "chat",
        "iss": "us",
        "info": {"name": "Zhang"},
        "jti": "t1",
    }
    assert json.loads(said("--check", made))["sub"] == "张"


def test_a_subscription_token_is_signed_by_whoever_gives_out_channels(said: Said) -> None:
    made = said("--user", "ann", "--channel", "$news", "--ttl", "60")
    claims = jwt.decode(made, CHANNEL_SECRET, ["HS256"])
    assert (claims["user_id"], claims["channel"]) == ("ann", "$news")
    assert claims["exp"] == claims["iat"] + 60
    assert json.loads(said("--check", made)) == claims


def test_without_keys_of_their_own_those_of_connections_sign_both(said: Said) -> None:
    Path("hubbub.toml").write_text(f"[tokens]\nhmac_secret = '{SECRET}'")
    made = said("--user", "ann", "--channel", "$news", "--ttl", "0")
    assert set(jwt.decode(made, SECRET, ["HS256"])) == {"sub", "iat", "channel"}


def test_claims_are_json_or_text_and_come_last(said: Said) -> None:
    caps = '[{"channels": ["news:*"], "match": "wildcard", "allow": ["sub"]}]'
    made = said(
        *("--user", "ann", "--claim", f"caps={caps}"),
        *("--claim", "sub=bob", "--claim", "exp=7", "--claim", 'x="1"', "--claim", "y=a=b"),
    )
    claims = jwt.decode(made, SECRET, ["HS256"], {"verify_signature": False})
    assert (claims["sub"], claims["exp"], claims["x"], claims["y"]) == ("bob", 7, "1", "a=b")
    assert claims["caps"] == json.loads(caps)
    assert said("--check", made, code=1) == "hubbub: the token has expired"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        (GOOD | {"exp": 1}, "the token has expired"),
        (GOOD | {"nbf": 2**40}, "it is not valid yet (nbf)"),
        (GOOD | {"aud": "x"}, "it is meant for another audience (aud)"),
        (GOOD | {"iss": "x"}, "another issuer made it (iss)"),
        (GOOD | {"channel": "c"}, "its signature is not that of a key we know"),
    ],
)
def test_a_bad_token_is_told_why(said: Said, claims: dict[str, object], why: str) -> None:
    told = said("--check", issuer.token(claims), code=1)
    assert told.removeprefix("hubbub: the token is not valid: ").removeprefix("hubbub: ") == why


@pytest.mark.parametrize(
    "text",
    ["garbage", "a.b.c", issuer.handmade({"alg": "none"}, GOOD), issuer.handmade({}, []), "-.-.-"],
)
def test_garbage_is_told_too(said: Said, text: str) -> None:
    assert said("--check", text, code=1).startswith("hubbub: the token is not valid: ")


def test_a_token_is_read_from_standard_input_so_that_ps_does_not_show_it(place: Path) -> None:
    ran = hubbub("token", "--check", "-", place=place, text=issuer.token(GOOD) + "\n")
    assert (ran.returncode, ran.stderr, json.loads(ran.stdout)) == (0, "", GOOD)


def test_a_secret_may_come_from_a_file_or_a_variable(place: Path, said: Said) -> None:
    Path("hubbub.toml").unlink()
    Path("secret").write_text("another secret of thirty-two characters\n")
    made = said("--user", "ann", "--secret-file", "secret")
    assert jwt.decode(made, "another secret of thirty-two characters", ["HS256"])["sub"] == "ann"
    ran = hubbub("token", "--user", "ann", place=place, HUBBUB_TOKENS__HMAC_SECRET=SECRET)
    assert jwt.decode(ran.stdout.strip(), SECRET, ["HS256"])["sub"] == "ann"


class KeyHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"keys": [jwk(ec_key(), "k1")]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


def test_keys_sign_and_a_key_server_says_whose_they_are(said: Said) -> None:
    Path("key.pem").write_text(private_pem(ec_key()))
    with HTTPServer(("127.0.0.1", 0), KeyHandler) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        Path("hubbub.toml").write_text(f"[tokens]\njwks_url = '{url}'")
        made = said("--user", "ann", "--key", "key.pem", "--kid", "k1")
        assert jwt.decode(made, public_pem(ec_key()), ["ES256"])["sub"] == "ann"
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert json.loads(said("--check", made))["sub"] == "ann"
        thread.join()
    told = said("--check", made, code=1)
    assert told.startswith("hubbub: nobody can tell who this is: the key server is of no help")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say whom it introduces with --user, or --check a token"),
        (("--user", "ann", "--check", "x"), "--check makes no token"),
        (("--user", "ann", "--info", "{"), "--info '{' is not JSON"),
        (("--user", "ann", "--claim", "x"), "--claim 'x' is not NAME=VALUE"),
        (("--user", "ann", "--claim", "=x"), "--claim '=x' is not NAME=VALUE"),
        (("--user", "ann", "--ttl", "-1"), "invalid value for '--ttl'"),
        (("--user", "a\nb"), "no server would take this token: a user name is printable"),
        (("--user", "ann", "--claim", "channels=a"), "no server would take this token: a claim is"),
        (("--user", "ann", "--claim", "exp=soon"), "no server would take this token: a claim is"),
        (("--user", "ann", "--claim", "x=" + "y" * 9000), "it has more than 8192 bytes"),
        (("--user", "ann", "--key", "none.pem"), "none.pem: cannot be read: No such file"),
        (("--user", "ann", "--key", "a.pem", "--secret-file", "b"), "not with both"),
        (("--user", "ann", "--key", "hubbub.toml"), "hubbub.toml is not a private key in PEM form"),
        (("--user", "ann", "--secret-file", "pub.pem"), "pub.pem is a key of another kind"),
        (("--user", "ann", "--secret-file", "empty"), "empty is empty"),
        (("--user", "ann", "--secret-file", "bytes"), "bytes: is not UTF-8 text"),
        (("--user", "ann", "--config", "none.toml"), "none.toml: cannot be read"),
    ],
)
def test_mistakes_are_told(said: Said, arguments: tuple[str, ...], told: str) -> None:
    Path("pub.pem").write_text(public_pem(rsa_key()))
    Path("empty").write_text("\n")
    Path("bytes").write_bytes(b"\xff")
    assert told in said(*arguments, code=2)


def test_without_a_secret_nothing_can_be_signed_or_checked(said: Said) -> None:
    Path("hubbub.toml").unlink()
    assert "there is nothing to sign with" in said("--user", "ann", code=2)
    told = said("--check", issuer.token(GOOD), code=1)
    assert told == "hubbub: the token is not valid: no token key is configured on this server"


def test_a_mistyped_setting_is_told_beside_the_token(capsys: pytest.CaptureFixture[str]) -> None:
    Path("hubbub.toml").write_text(f"[tokens]\nhmac_secret = '{SECRET}'\nhmac_secrt = 'x'")
    assert run(["token", "--user", "ann"]) == 0
    out, err = capsys.readouterr()
    assert jwt.decode(out.strip(), SECRET, ["HS256"])["sub"] == "ann"
    assert "hmac_secrt is not a setting" in err
