"""Who may use the admin page, and what a browser is told and may not be told."""

from __future__ import annotations

from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest

from hubbub.errors import BrokerUnavailable
from hubbub.http.admin.routes import COOKIE, PASSWORD
from hubbub.http.admin.throttle import ATTEMPTS
from hubbub.http.admin.ticket import read
from hubbub.http.api.methods import METHODS
from hubbub.http.settings import AdminSettings, ApiKey, HttpSettings
from hubbub.hub.journal import Journal
from hubbub.sessions.revoking.revocation import RevocationSettings
from tests.http.site_stage import ORIGIN, Site, site
from tests.hub.stage import shared_world, turn

SECRET = "correct horse battery"
GUARDED = HttpSettings(open=False, admin=AdminSettings(SECRET, session_s=100))
KEYS = (ApiKey("all", "the-first-key"), ApiKey("reader", "the-reading-key", frozenset({"read"})))
KEYED = HttpSettings(KEYS, open=False)


async def log_in(place: Site, secret: str, **headers: str) -> httpx.Response:
    return await place.client.post("/admin/session", json={"secret": secret}, headers=headers)


async def shown(place: Site, cookie: str) -> httpx.Response:
    """Ask something, showing a cookie."""
    place.client.cookies.clear()
    return await info(place, Cookie=f"{COOKIE}={cookie}")


async def state_of(place: Site) -> dict[str, Any]:
    told: dict[str, Any] = (await place.client.get("/admin/session")).json()
    return told


async def info(place: Site, **headers: str) -> httpx.Response:
    return await place.client.post("/admin/api/info", json={}, headers=headers)


async def test_the_password_opens_the_page_and_nothing_else() -> None:
    async with site(GUARDED) as place:
        assert (await state_of(place))["state"] == "out"
        assert (await info(place)).status_code == 401
        wrong = await log_in(place, SECRET[:-1])
        assert wrong.status_code == 401
        assert "set-cookie" not in wrong.headers
        right = await log_in(place, SECRET)
        assert right.json()["name"] == PASSWORD
        assert right.json()["may"] == list(METHODS)
        assert (await state_of(place))["state"] == "in"
        assert (await info(place)).json()["result"]["nodes"]
        for headers in ({"X-API-Key": SECRET}, {"Authorization": f"apikey {SECRET}"}, {}):
            api = await place.client.post("/api/info", json={}, headers=headers)
            assert api.status_code == 401


async def test_the_cookie_is_for_the_page_alone() -> None:
    async with site(GUARDED) as place:
        set_cookie = (await log_in(place, SECRET)).headers["set-cookie"]
        morsel = SimpleCookie(set_cookie)[COOKIE]
        assert morsel["httponly"]
        assert morsel["samesite"] == "strict"
        assert (morsel["path"], morsel["max-age"]) == ("/admin", "100")
        assert not morsel["secure"]
        assert SECRET not in set_cookie
        origin = "https://hubbub.test"
        by_tls = await log_in(place, SECRET, Origin=origin, Host="hubbub.test")
        assert SimpleCookie(by_tls.headers["set-cookie"])[COOKIE]["secure"]


async def test_a_key_opens_what_it_is_good_for() -> None:
    async with site(KEYED) as place:
        told = (await log_in(place, "the-reading-key")).json()
        assert told["name"] == "reader"
        assert "info" in told["may"]
        assert "publish" not in told["may"]
        refused = await place.client.post("/admin/api/publish", json={"channel": "a", "data": 1})
        assert refused.status_code == 403
        assert (await log_in(place, "the-first-key")).json()["may"] == list(METHODS)
        assert (
            "result"
            in (
                await place.client.post("/admin/api/publish", json={"channel": "a", "data": 1})
            ).json()
        )


async def test_whoever_leaves_is_out() -> None:
    async with site(GUARDED) as place:
        await log_in(place, SECRET)
        assert (await place.client.delete("/admin/session")).status_code == 204
        assert (await state_of(place))["state"] == "out"


async def test_whoever_left_is_out_wherever_the_cookie_is_shown_again() -> None:
    world = shared_world()
    async with site(GUARDED, world=world) as place, site(GUARDED, world=world, name="n2") as other:
        here, there = [(await log_in(place, SECRET)).cookies[COOKIE] for _ in range(2)]
        place.client.cookies.set(COOKIE, here)
        assert (await place.client.delete("/admin/session")).status_code == 204
        for node in (place, other):
            await turn(10)
            assert (await shown(node, here)).status_code == 401
            assert (await shown(node, there)).status_code == 200


async def test_all_logins_by_a_key_are_ended_and_no_others() -> None:
    async with site(KEYED) as place:
        first, second = [(await log_in(place, "the-first-key")).cookies[COOKIE] for _ in range(2)]
        reader = (await log_in(place, "the-reading-key")).cookies[COOKIE]
        place.client.cookies.set(COOKIE, first)
        left = await place.client.delete("/admin/session?everywhere=1")
        assert left.status_code == 204
        assert [(await shown(place, each)).status_code for each in (first, second)] == [401, 401]
        assert (await shown(place, reader)).status_code == 200
        again = await log_in(place, "the-first-key")  # within the same second
        assert (await shown(place, again.cookies[COOKIE])).status_code == 200


async def test_a_stranger_ends_nothing() -> None:
    async with site(GUARDED) as place:
        cookie = (await log_in(place, SECRET)).cookies[COOKIE]
        forged = cookie[:-1] + ("0" if cookie[-1] != "0" else "1")
        place.client.cookies.set(COOKIE, forged)
        assert (await place.client.delete("/admin/session?everywhere=1")).status_code == 204
        assert (await shown(place, cookie)).status_code == 200


async def test_what_could_not_be_ended_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with site(GUARDED) as place:
        await log_in(place, SECRET)

        async def cannot(*what: object) -> None:
            raise BrokerUnavailable("it is away")

        monkeypatch.setattr(Journal, "append", cannot)
        left = await place.client.delete("/admin/session")
        assert left.status_code == 503
        assert 'hubbub_admin=""' in left.headers["set-cookie"]


async def test_a_login_ends() -> None:
    async with site(GUARDED) as place:
        await log_in(place, SECRET)
        place.place.clock.jump(99)
        assert (await info(place)).status_code == 200
        place.place.clock.jump(1)
        assert (await info(place)).status_code == 401


async def test_a_login_lasts_no_longer_than_its_end_is_remembered() -> None:
    forever = replace(GUARDED, admin=AdminSettings(SECRET, session_s=30 * 24 * 3600))
    async with site(forever) as place:
        cookie = (await log_in(place, SECRET)).cookies[COOKIE]
        ticket = read(cookie)
        assert ticket is not None
        lasts_s = ticket.login.until - ticket.login.since
        assert lasts_s == place.node.revocations.ttl_s == RevocationSettings().ttl_s


async def test_another_key_ends_what_the_old_one_opened() -> None:
    async with site(KEYED) as place:
        cookie = (await log_in(place, "the-first-key")).cookies[COOKIE]
    renewed = replace(KEYED, keys=(ApiKey("all", "the-second-key"),))
    for settings, status in ((KEYED, 200), (renewed, 401)):
        async with site(settings) as place:
            place.client.cookies.set(COOKIE, cookie)
            assert (await info(place)).status_code == status


async def test_a_server_that_is_open_asks_nobody() -> None:
    async with site() as place:
        told = await state_of(place)
        assert told["state"] == "in"
        assert told["open"]
        assert (await info(place)).status_code == 200


async def test_a_closed_server_without_a_secret_says_so() -> None:
    async with site(HttpSettings(open=False)) as place:
        assert (await state_of(place))["state"] == "closed"
        assert (await info(place)).status_code == 401
        assert (await log_in(place, "")).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["another", "hidden", "without"],
)
async def test_pages_of_other_origins_may_do_nothing(headers: dict[str, str]) -> None:
    for settings in (GUARDED, HttpSettings()):
        async with site(settings) as place:
            if settings is GUARDED:
                assert (await log_in(place, SECRET)).status_code == 200
            assert (await info(place, **headers)).status_code == 403
            assert (await log_in(place, SECRET, **headers)).status_code == 403
            told = await place.client.get("/admin/session", headers=headers)
            assert told.status_code == 403
            left = await place.client.delete("/admin/session", headers=headers)
            assert left.status_code == 403
            assert (await info(place, Origin=ORIGIN)).status_code == 200


async def test_guesses_are_slowed_down() -> None:
    async with site(GUARDED) as place:
        answers = [(await log_in(place, f"guess {number}")).status_code for number in range(12)]
        assert answers == [401] * ATTEMPTS + [429] * 2
        late = await log_in(place, SECRET)
        assert late.status_code == 429
        assert late.headers["retry-after"]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{}", b'{"secret":7}', b'{"secret":"\xff"}', b'{"secret":"' + b"x" * 5000 + b'"}'),
        b'{"x":' + b"[" * 1500 + b"]" * 1500 + b"}",
    ],
)
async def test_what_is_no_login(body: bytes) -> None:
    async with site(GUARDED) as place:
        assert (await place.client.post("/admin/session", content=body)).status_code == 400


async def test_a_cookie_of_somebody_else_is_nothing() -> None:
    async with site(GUARDED) as place:
        for cookie in (
            "x",
            f"v2.616c6c.1.9999999999.{'0' * 24}.{'0' * 64}",
            f"v2..1.9.{'0' * 24}.{'a' * 64}",
        ):
            place.client.cookies.set(COOKIE, cookie)
            assert (await info(place)).status_code == 401
