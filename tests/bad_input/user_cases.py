"""Mistakes of whoever asks about inboxes over HTTP, pushes to sessions, or has the admin page open."""

from __future__ import annotations

from tests.bad_input.http_cases import KEY
from tests.bad_input.http_cases import post as api
from tests.bad_input.mistakes import Case, Http
from tests.bad_input.stream_cases import EVIL, get, post, request


def inbox(name: str, body: str, user: str = "ann", **headers: str) -> tuple[bytes, ...]:
    return post(f"/inbox/{name}?user={user}", body, **headers)


INBOX_CASES = [
    Case("whose it is is not said", inbox("pull", "{}", ""), Http(403, "has a name")),
    Case(
        "a token that is none",
        inbox("pull", "{}", "", authorization="Bearer x.y.z"),
        Http(401, "invalid token"),
    ),
    Case("a page of another origin", inbox("pull", "{}", **EVIL), Http(403, "allowed_origins")),
    Case("a method that it does not take", get(None, "/inbox/pull"), Http(405, "GET")),
    Case("an operation that is none", inbox("dance", "{}"), Http(404, "/inbox/dance")),
    Case("a body that is not JSON", inbox("pull", "hello"), Http(400, '"code":107')),
    Case("a body above the limit", inbox("pull", "x" * 65537), Http(413, "65536 bytes")),
    Case("a field of the wrong type", inbox("pull", '{"limit":"all"}'), Http(400, "$.limit")),
    Case("a message to nobody", inbox("send", '{"data":1}'), Http(400, "`user`")),
    Case(
        "a user who can have no inbox",
        inbox("send", '{"user":"a,b","data":1}'),
        Http(400, "1 to 128 characters"),
    ),
    Case("a message without data", inbox("send", '{"user":"bob"}'), Http(400, "`data`")),
    Case(
        "an acknowledgement of what was not sent",
        inbox("ack", '{"upto":5}', "nobody"),
        Http(400, "the inbox ends at offset 0"),
    ),
    Case("a place before the beginning", inbox("read", '{"upto":-1}'), Http(400, "`int` >= 0")),
]

PUSH_CASES = [
    Case("a push to nobody", api("push", '{"data":1}'), Http(200, "name one of these")),
    Case(
        "a push to two at once",
        api("push", '{"user":"a","group":"g","data":1}'),
        Http(200, "name one of these"),
    ),
    Case("a push without data", api("push", '{"user":"a"}'), Http(200, "data is missing")),
    Case(
        "bytes that are not base64", api("push", '{"user":"a","b64data":"?"}'), Http(200, "base64")
    ),
    Case(
        "more patience than there is",
        api("push", '{"user":"a","data":1,"timeout":1000}'),
        Http(200, "<= 60.0"),
    ),
    Case(
        "a session that is gone",
        api("push", '{"client":"nobody","data":1}'),
        Http(200, '"status":"gone"'),
    ),
    Case(
        "a user who is not there",
        api("push", '{"user":"nobody","data":1}'),
        Http(200, '"status":"offline"'),
    ),
    Case("a kick of nobody", api("kick", "{}"), Http(200, "name one of these")),
    Case(
        "a kick with a code that is none",
        api("kick", '{"user":"a","disconnect":{"code":7}}'),
        Http(200, "from 3000 to 4999"),
    ),
    Case("tags that are no list", api("tag", '{"user":"a","add":"b"}'), Http(200, "$.add")),
    Case(
        "a tag that is too long",
        api("tag", '{"user":"a","add":["%s"]}' % ("t" * 65)),
        Http(200, "<= 64"),
    ),
]

ADMIN = "/admin/session"
ADMIN_CASES = [
    Case("a login that is not JSON", post(ADMIN, "hello"), Http(400, "JSON with a secret")),
    Case(
        "a secret that opens nothing", post(ADMIN, '{"secret":"no"}'), Http(401, "this is no key")
    ),
    Case(
        "a page of another origin",
        post(ADMIN, '{"secret":"no"}', **EVIL),
        Http(403, "pages of other origins"),
    ),
    Case(
        "a page of another site that hides its origin",
        post("/admin/api/info", "{}", sec_fetch_site="cross-site"),
        Http(403, "pages of other origins"),
    ),
    Case("no login", post("/admin/api/info", "{}"), Http(401, "log in first")),
    Case(
        "a cookie that is no login",
        post("/admin/api/info", "{}", cookie="hubbub_admin=x"),
        Http(401, "log in first"),
    ),
    Case(
        "a key where a login is asked for",
        post("/admin/api/info", "{}", x_api_key=KEY),
        Http(401, "log in first"),
    ),
    Case(
        "a method that it does not take",
        (request("PUT", ADMIN, b"", {}),),
        Http(405, "PUT"),
    ),
]
