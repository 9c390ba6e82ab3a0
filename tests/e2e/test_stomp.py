"""The STOMP client in Chromium, over a WebSocket and over SockJS, on a page of ours."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.clients.installed import HERE, node_with_clients
from tests.e2e.conftest import PATIENCE_MS, Places

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

TALK = """async (server) => {
  const sockets = {
    websocket: () => new WebSocket(`${server.replace("http", "ws")}/stomp`, ["v12.stomp"]),
    sockjs: () => new SockJS(`${server}/stomp`, null, { transports: "xhr-streaming", timeout: 60_000 }),
  };
  const join = (webSocketFactory) => new Promise((resolve, reject) => {
    const heard = [];
    const client = new StompJs.Client({ webSocketFactory, reconnectDelay: 0, onStompError: reject });
    client.onConnect = () => {
      client.watchForReceipt("following", () => resolve({ client, heard }));
      client.subscribe("/topic/room", ({ body }) => heard.push(body), { receipt: "following" });
    };
    client.activate();
  });
  const both = await Promise.all(Object.values(sockets).map(join));
  for (let n = 1; n <= 20; n += 1) {
    const body = JSON.stringify({ n, text: "\\u2028 \\ud83d\\ude00" });
    for (const { client } of both) client.publish({ destination: "/topic/room", body });
  }
  while (both.some(({ heard }) => heard.length < 40)) await new Promise((next) => setTimeout(next, 20));
  await Promise.all(both.map(({ client }) => client.deactivate()));
  return both.map(({ heard }) => heard);
}"""


async def test_pages_share_a_topic(places: Places, browser: Browser) -> None:
    node_with_clients()
    node = await places.node("--broker", "memory://")
    server = f"http://127.0.0.1:{node.port}"
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.goto(f"{server}/health/live")
    for script in ("@stomp/stompjs/bundles/stomp.umd.min.js", "sockjs-client/dist/sockjs.min.js"):
        await page.add_script_tag(path=HERE / "node_modules" / script)
    one, other = await page.evaluate(TALK, server)
    await context.close()
    assert one == other
    assert len(set(one)) == 20
