"""The SockJS client in Chromium, each transport forced in turn, on a page of ours and on a friend's."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.clients.installed import HERE, node_with_clients
from tests.e2e.conftest import PATIENCE_MS, Places

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SETTINGS = """
allowed_origins = ["FRIEND"]

[[endpoints]]
path = "/chat/{channel}"
channel = "{channel}"
transport = "sockjs"
client_url = "FRIEND/sockjs.min.js"
stream_limit = 1000
"""
ANYWHERE = (
    *("websocket", "xhr-streaming", "eventsource", "iframe-eventsource", "iframe-htmlfile"),
    *("xhr-polling", "iframe-xhr-polling"),
)
AT_HOME = ("htmlfile", "jsonp-polling", "xhr-streaming")
"""Those that only work with pages of the same origin, and one more."""

PAGE = """<!DOCTYPE html><html><body><script src="FRIEND/sockjs.min.js"></script></body></html>"""

TALK = """async ([url, transport]) => {
  const texts = ["hello", "100% %41", "</script><!--<script>"];
  const odd = "\\u2028 \\u0000 \\u200d \\uffff \\ud83d\\ude00";
  const all = [...texts, odd, ..."abcdef".split("").map((letter) => letter.repeat(500))];
  const heard = [];
  return await new Promise((resolve) => {
    const socket = new SockJS(url, null, { transports: transport, timeout: 60_000 });
    let used = "";
    socket.onopen = () => {
      used = socket.transport;
      socket.send(all[0]);
    };
    socket.onmessage = ({ data }) => {
      heard.push(data);
      if (heard.length < all.length) socket.send(all[heard.length]);
      else socket.close(1000, "enough");
    };
    socket.onclose = ({ code, reason }) => {
      const whole = JSON.stringify(heard) === JSON.stringify(all);
      resolve({ used, whole, heard: heard.length, code, reason });
    };
  });
}"""


class Friend(SimpleHTTPRequestHandler):
    """Serve a page that has the client."""

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def friend(folder: Path) -> Iterator[str]:
    """Run a friend's server, and give its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Friend, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


async def play(browser: Browser, url: str, server: str, transports: tuple[str, ...]) -> list[Any]:
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.goto(url)
    await page.add_script_tag(path=HERE / "node_modules/sockjs-client/dist/sockjs.min.js")
    seen = []
    for transport in transports:
        address = f"{server}/chat/{transport}-{len(transports)}"
        seen.append(await page.evaluate(TALK, [address, transport]))
    await context.close()
    return seen


@pytest.mark.slow
async def test_every_transport_carries_everything(
    places: Places, browser: Browser, tmp_path: Path
) -> None:
    node_with_clients()
    shutil.copy(HERE / "node_modules/sockjs-client/dist/sockjs.min.js", tmp_path)
    with friend(tmp_path) as origin:
        (tmp_path / "index.html").write_text(PAGE.replace("FRIEND", origin))
        config = tmp_path / "hubbub.toml"
        config.write_text(SETTINGS.replace("FRIEND", origin))
        node = await places.node("--broker", "memory://", "--config", str(config))
        server = f"http://127.0.0.1:{node.port}"
        foreign, own = await asyncio.gather(
            play(browser, origin, server, ANYWHERE),
            play(browser, f"{server}/health/live", server, AT_HOME),
        )
    good = {"whole": True, "heard": 10, "code": 1000, "reason": "enough"}
    assert foreign == [{"used": transport, **good} for transport in ANYWHERE]
    assert own == [{"used": transport, **good} for transport in AT_HOME]
