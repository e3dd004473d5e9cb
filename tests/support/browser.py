"""A real Chromium for tests."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import ConsoleMessage, Page, async_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BUILT = Path(__file__).parents[2] / "api" / "console" / "dist" / "index.html"


DESK: dict[str, Any] = {
    "viewport": {"width": 1440, "height": 900},
    "color_scheme": "dark",
    "locale": "en",
    "reduced_motion": "reduce",
}
"""The browser of somebody in the control room."""


@asynccontextmanager
async def chromium(**context: Any) -> AsyncIterator[Page]:
    """A page of a browser with no past; `context` goes to Playwright's `new_context`.

    Fails the test if a script of the page failed.
    """
    program = shutil.which("chromium")
    assert program is not None, "Chromium is missing: apt-get install chromium"
    assert BUILT.is_file(), "the console is not built: npm ci && npm run build in api/console"
    failures: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            failures.append(message.text)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        page = await (await browser.new_context(**context)).new_page()
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", hear)
        try:
            yield page
        finally:
            await browser.close()
    assert not failures, failures
