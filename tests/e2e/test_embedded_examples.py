"""The pages of the examples that are web applications, and the chat page below a path of theirs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import PATIENCE_MS
from tests.embedding.hosts import hosted

pytestmark = [pytest.mark.browser]


async def open_page(browser: Browser, url: str, complaints: list[str]) -> Page:
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(url)
    return page


@pytest.mark.parametrize(
    ("example", "field", "shown"),
    [
        ("fastapi_app", "#status", "hellozhang"),
        pytest.param("starlette_app", "#text", "zhanghello", marks=pytest.mark.slow),
        pytest.param("django_app", "#text", "hellozhang", marks=pytest.mark.slow),
    ],
)
async def test_what_one_page_says_is_on_the_other(
    browser: Browser, tmp_path: Path, example: str, field: str, shown: str
) -> None:
    complaints: list[str] = []
    with hosted(example, "uvicorn", tmp_path) as host:
        pages = [await open_page(browser, f"{host.origin}/", complaints) for _ in range(2)]
        for page, name in zip(pages, ("zhang", "li"), strict=True):
            await page.fill("#name", name)
            await page.press("#name", "Enter")
        speaker, listener = pages
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while not await listener.locator("#log li").count():  # it may not be in the room yet
                await speaker.fill(field, "hello")
                await speaker.press(field, "Enter")
                await asyncio.sleep(0.3)
        await expect(listener.locator("#log li").first).to_have_text(shown)
        chat = await open_page(browser, f"{host.origin}/rt/", complaints)
        await expect(chat.locator("form").first).to_be_visible()
        counts = host.counts()
        for page in (*pages, chat):
            await page.close()

    assert complaints == []
    assert counts["carried"] == 0
    assert counts["taken"] >= 2
