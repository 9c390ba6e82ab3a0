"""The page that describes the API, in a real browser: it shows every method, and lets a reader try it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hubbub.http.api.methods import METHODS
from tests.e2e.conftest import AXE
from tests.server.running import serving

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
async def test_a_method_is_read_about_and_tried(
    tmp_path: Path, browser: Browser, scheme: str
) -> None:
    dark = scheme == "dark"
    settings = 'open = true\n[[api_keys]]\nname = "me"\nkey = "correct-horse"\n'
    (tmp_path / "hubbub.toml").write_text(settings)
    with serving(tmp_path, "--broker", "memory://") as server:
        context = await browser.new_context(
            color_scheme="dark" if dark else "light", bypass_csp=False
        )
        page = await context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("requestfailed", lambda request: faults.append(request.url))
        page.on(
            "console",
            lambda said: faults.append(said.text) if "Content Security" in said.text else None,
        )
        await page.goto(f"{server.url}/api/docs")
        names = page.locator("section h2").filter(has=page.locator("code"))
        await expect(names).to_have_count(len(METHODS) + 1)

        method = page.locator("#publish")
        await method.get_by_role("button", name="Send").click()
        await expect(method.get_by_role("status")).to_contain_text("401")
        await page.get_by_label("Key").fill("correct-horse")
        await method.get_by_role("button", name="Send").click()
        await expect(method.get_by_role("status")).to_contain_text("200")
        await expect(method.locator("pre")).to_contain_text('"offset": 1')

        assert faults == []
        await page.evaluate(AXE.read_text())
        found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"]] == []
        await context.close()
