"""A real Firefox for tests, driven over its own remote protocol (Marionette).

Playwright drives only a Firefox of its own making, which no package registry carries.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.browser import BUILT
from tests.support.waiting import until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of an element's reference (W3C WebDriver)."""
QUIET: dict[str, Any] = {
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.disable_open_during_load": False,
    "extensions.update.enabled": False,
    "intl.accept_languages": "en",
    "marionette.port": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "permissions.default.geo": 2,
    "remote.prefs.recommended": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}
"""Asks nothing and talks to nobody; what tests need on top is given by them."""


class DriverError(Exception):
    """The browser refused a command."""


class Firefox:
    """One running browser."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._number = 0
        self._turn = asyncio.Lock()

    async def command(self, name: str, **parameters: Any) -> Any:
        """One command of WebDriver in Marionette's form. Raises `DriverError`."""
        async with self._turn:
            self._number += 1
            body = json.dumps([0, self._number, name, parameters])
            self._writer.write(f"{len(body.encode())}:{body}".encode())
            await self._writer.drain()
            _, _, error, result = await _packet(self._reader)
        if error is not None:
            raise DriverError(f"{name}: {error['error']}: {error['message']}")
        return result.get("value", result) if isinstance(result, dict) else result

    async def open(self, url: str) -> None:
        await self.command("WebDriver:Navigate", url=url)

    async def run(self, script: str, *arguments: Any) -> Any:
        """What a function body returns in the page; a promise is waited for."""
        whole = (
            "const [args, done] = [[...arguments].slice(0, -1), arguments[arguments.length - 1]];"
            f"(async () => {{ {script} }})()"
            ".then((value) => done({ value }), (error) => done({ error: String(error) }));"
        )
        said = await self.command(
            "WebDriver:ExecuteAsyncScript", script=whole, args=list(arguments), newSandbox=False
        )
        if "error" in said:
            raise DriverError(said["error"])
        return said.get("value")

    async def click(self, css: str) -> None:
        """As a person does it, once it is there: the browser takes it for a gesture."""

        async def clicked() -> bool:
            try:
                found = await self.command("WebDriver:FindElement", using="css selector", value=css)
                await self.command("WebDriver:ElementClick", id=found[ELEMENT])
            except DriverError:
                return False
            return True

        await until(clicked, 0.05)

    async def shows(self, text: str) -> None:
        """Returns once the page shows it."""

        async def shown() -> bool:
            try:
                return bool(
                    await self.run("return document.body.innerText.includes(args[0])", text)
                )
            except DriverError:  # it is being loaded
                return False

        await until(shown, 0.05)

    async def allow(self) -> None:
        """The person says yes to what the browser itself asks."""
        css = "#notification-popup popupnotification:not([hidden])"
        script = "return !!document.querySelector(args[0])?.button"
        await self.command("Marionette:SetContext", value="chrome")
        try:
            await until(lambda: self.run(script, css), 0.05)
            await self.run("document.querySelector(args[0]).button.click()", css)
        finally:
            await self.command("Marionette:SetContext", value="content")

    def kill(self) -> None:
        """`kill -9` to all of its processes."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def ended(self) -> None:
        self.kill()
        await self._process.wait()
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


async def _packet(reader: asyncio.StreamReader) -> Any:
    length = (await reader.readuntil(b":"))[:-1]
    return json.loads(await reader.readexactly(int(length)))


@asynccontextmanager
async def firefox(folder: Path, settings: Mapping[str, Any]) -> AsyncIterator[Firefox]:
    """A browser with no past; `settings` by the names of `about:config`."""
    program = shutil.which("firefox-esr")
    assert program is not None, "Firefox is missing: apt-get install firefox-esr"
    assert BUILT.is_file(), "the console is not built: npm ci && npm run build in api/console"
    profile = folder / "firefox"
    profile.mkdir()
    lines = [
        f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in {**QUIET, **settings}.items()
    ]
    (profile / "user.js").write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        *(program, "--headless", "--marionette", "--remote-allow-system-access"),
        *("--no-remote", "--profile", str(profile)),
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        port = profile / "MarionetteActivePort"
        await until(lambda: process.returncode is not None or _number(port) is not None, 0.05)
        assert process.returncode is None, f"Firefox ended with status {process.returncode}"
        reader, writer = await asyncio.open_connection("127.0.0.1", _number(port))
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    browser = Firefox(process, reader, writer)
    try:
        await _packet(reader)  # it says who it is
        await browser.command("WebDriver:NewSession")
        yield browser
    finally:
        await browser.ended()


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
