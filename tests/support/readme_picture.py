"""The README's picture: the demo's console with its camera pictures replaced by drawings.

`python -m tests.support.readme_picture docs/console.png` starts the demo, waits until a patrol is
on its way, and photographs the console. The repository holds no video that we did not make,
so each camera picture is drawn: a park, and a figure in each box of the incident.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Route, async_playwright

from tests.support.browser import FLAGS

WIDTH, HEIGHT = 768, 576
VIEW = {"width": 1440, "height": 860}
LEAST_CARDS = 3
TREES = ((90, 150, 60), (190, 128, 46), (610, 140, 58), (705, 118, 44))

PARK = """<svg xmlns="http://www.w3.org/2000/svg" width="768" height="576">
<rect width="768" height="576" fill="#7d9a63"/><rect width="768" height="150" fill="#b9c6cf"/>
<rect x="250" y="40" width="300" height="125" fill="#8d7a6b"/>
<path d="M270 60h40v40h-40zM330 60h40v40h-40zM390 60h40v40h-40zM450 60h40v40h-40z" fill="#4b5560"/>
<path d="M0 235 C200 190 420 240 768 175 V250 C430 310 260 280 0 330Z" fill="#c9c3b6"/>
<path d="M0 242 C150 250 300 320 460 392 S690 520 691 576 H0Z" fill="#6a8c50"/>{rest}</svg>"""
TREE = """<circle cx="{0}" cy="{1}" r="{2}" fill="#4f6f46"/>
<rect x="{3}" y="{1}" width="8" height="80" fill="#5b4a3c"/>"""
PERSON = """<g transform="translate({x} {y}) scale({sx} {sy})">
<ellipse cx="50" cy="196" rx="44" ry="7" fill="#0004"/>
<circle cx="50" cy="20" r="17" fill="#c99f82"/>
<path d="M25 44q25-14 50 0l6 66H19z" fill="{coat}"/>
<path d="M30 108h18l-2 88H30zM52 108h18v88H54z" fill="#2b3038"/></g>"""
COATS = ("#8c2f39", "#2f4b8c", "#3d3d46")


def drawn(boxes: list[list[float]]) -> str:
    """A park with a figure in each box (fractions of the frame)."""
    rest = "".join(TREE.format(x, y, r, x - 4) for x, y, r in TREES)
    for number, (x1, y1, x2, y2) in enumerate(boxes):
        rest += PERSON.format(
            x=x1 * WIDTH,
            y=y1 * HEIGHT,
            sx=(x2 - x1) * WIDTH / 100,
            sy=(y2 - y1) * HEIGHT / 200,
            coat=COATS[number % len(COATS)],
        )
    return PARK.format(rest=rest)


async def photograph(svg: str, browser: Browser) -> bytes:
    page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    await page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg}")
    picture = await page.screenshot(type="jpeg", quality=85)
    await page.close()
    return picture


def first_boxes(detail: dict[str, Any]) -> list[list[float]]:
    boxes = [box for one in detail["incidents"][:1] for box in one["payload"]["boxes"]]
    return [box["xyxy"] for box in boxes if box["t_s"] == boxes[0]["t_s"]]


async def take(link: str, out: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(FLAGS)
        )
        context = await browser.new_context(viewport=VIEW, locale="en-GB", color_scheme="dark")  # type: ignore[arg-type]
        page = await context.new_page()

        async def draw(route: Route) -> None:
            detail = await context.request.get(route.request.url.split("/snapshot")[0])
            boxes = first_boxes(await detail.json()) if detail.ok else []
            picture = await photograph(drawn(boxes), browser)
            await route.fulfill(body=picture, content_type="image/jpeg")

        await page.route("**/v1/*/*/snapshot*", draw)
        await page.goto(link)
        await on_the_way(page)
        await page.wait_for_timeout(2500)  # the map eases to the alert
        await page.screenshot(path=out)
        await browser.close()


async def on_the_way(page: Page) -> None:
    """Open an alert whose patrol is under way, with others beside it."""
    cards = page.locator("article, li").filter(has=page.locator("img"))
    moving = cards.filter(has_text=re.compile("En route"))
    async with asyncio.timeout(240):
        while await cards.count() < LEAST_CARDS or not await moving.count():
            await page.wait_for_timeout(250)
    await moving.first.click()


async def main(out: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        ".venv/bin/qalqan", "demo", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert demo.stdout is not None
    try:
        async for line in demo.stdout:
            if found := re.search(rb"http://\S+/#code=\S+", line):
                await take(found[0].decode(), out)
                break
    finally:
        demo.terminate()
        await demo.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
