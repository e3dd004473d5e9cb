"""`qalqan demo`: the whole system on this machine, in a city of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from api.cli.serve import until_signal
from api.demo.city import City, DemoFailed, city, clean_state
from api.demo.fleet import PATROLS, YOURS
from api.demo.footage import Footage, FootageMissing
from api.demo.quiet import logs_to
from api.demo.streets import MapError, Streets
from api.demo.ticker import tell, warn_if_not_ready
from api.demo.views import VIEWS
from api.demo.virtual_cameras import VirtualCamerasError
from api.errors import BadInput
from api.home import home

HOST = "127.0.0.1"
DEFAULT_PORT = 8080

CARD = """
  Qalqan is watching Helsinki.

    Control room   {control_room}
    {yours:<14} {patrol}

  Each link signs in once, within ten minutes{again}.
  {cameras} cameras send real video over RTSP; {patrols} simulated patrols drive and answer.
  The first alert comes within half a minute. Go on duty on your unit's page to be sent yourself.

  Map: Helsinki, © OpenStreetMap contributors, ODbL. Video: vtest.avi of Debian's opencv-doc.
  Logs: {log}
  Ctrl-C stops everything.
"""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What this demo was asked for and what it found prepared."""

    state: Path
    files: list[Path]
    streets: Streets
    port: int
    speed: float
    log: Path
    say: Say


def demo(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the console; 0 takes a free one.")
    ] = DEFAULT_PORT,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the demo's state, begun anew each time.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0.1, max=100, help="How fast patrols live; 1 is life-like.")
    ] = 1.0,
) -> None:
    """Show the whole system: virtual cameras, detection, console and patrols in Helsinki."""
    installed = home()
    map_file = installed / "map" / "streets.geojson"
    clip = installed / "clips" / "vtest.avi"
    try:
        streets = Streets.read(map_file)
        files = Footage(clip, clip.with_name("demo"), _progress).of(VIEWS)
        with clean_state(data or installed / "demo", map_file) as state:
            log = state / "demo.log"
            usable = _usable(port)
            with logs_to(log) as people:
                logging.basicConfig(
                    level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
                )
                logging.getLogger("httpx").setLevel(logging.WARNING)
                say = lambda line: print(line, file=people)  # noqa: E731
                asyncio.run(_run(Plan(state, files, streets, usable, speed, log, say)))
    except (MapError, FootageMissing, DemoFailed, VirtualCamerasError) as error:
        raise BadInput(str(error)) from error


async def _run(plan: Plan) -> None:
    """Show the city until a signal. Raises what stops it before that."""
    plan.say("Starting cameras, service and patrols")
    ended = asyncio.create_task(until_signal())
    showing = asyncio.create_task(_show(plan))
    await asyncio.wait({ended, showing}, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    if not showing.done():
        plan.say("Stopping")
        showing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await showing


async def _show(plan: Plan) -> None:
    async with city(plan.state, plan.files, plan.streets, plan.port, plan.speed) as running:
        with _on_enter(lambda: _card(running, plan, True)) as again:
            _card(running, plan, again)
            await asyncio.gather(
                tell(running.admin, plan.say), warn_if_not_ready(running.admin, plan.say)
            )


def _card(running: City, plan: Plan, again: bool) -> None:
    control_room, patrol = running.sign_in()
    text = CARD.format(
        control_room=control_room,
        yours=YOURS,
        patrol=patrol,
        again="; press Enter for new ones" if again else "",
        cameras=len(VIEWS),
        patrols=PATROLS,
        log=plan.log,
    )
    print(text, flush=True)


@contextlib.contextmanager
def _on_enter(act: Callable[[], None]) -> Iterator[bool]:
    """Act whenever the person presses Enter; gives whether there is a keyboard."""
    if not sys.stdin.isatty():
        yield False
        return
    loop = asyncio.get_running_loop()

    def pressed() -> None:
        if sys.stdin.readline():
            act()
        else:
            loop.remove_reader(sys.stdin)

    loop.add_reader(sys.stdin, pressed)
    try:
        yield True
    finally:
        loop.remove_reader(sys.stdin)


def _usable(port: int) -> int:
    """The port if it is free, else 0 (any), and says so."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            _progress(f"Port {port} is taken or not allowed; taking a free one")
            return 0
    return port


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
