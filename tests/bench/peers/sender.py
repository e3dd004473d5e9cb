"""The cameras of the race: one stamped video under many names, each from another place in it.

Run by the system's Python like the product's virtual cameras, whose server this is; configured by
one line of JSON on standard input:

    {"file": "busy.h264", "fps": 25, "starts": [0, 175, 350], "schedule": "schedule.jsonl"}

`starts` gives for each camera `cam-0`, `cam-1` ... the picture it begins with. When a client has
made the server play a camera, a line `{"camera": 0, "base_s": 123.4}` is added to the schedule:
its picture number k (from 0) is due on the wire at `base_s + k / fps` on the monotonic clock.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "api" / "demo"))

import rtsp_server
from rtsp_server import GLib, Gst, GstRtsp, GstRtspServer

AS_CAMERAS = -10
"""Niceness: real cameras do not wait for the processor of whoever watches them."""
CLOCK_WAIT_MS = 100


@functools.cache
def units_of(file: str) -> list[bytes]:
    return rtsp_server.access_units(Path(file).read_bytes(), "h264")


def factory_for(config: dict, camera: int) -> GstRtspServer.RTSPMediaFactory:
    """One camera's pipeline, which notes when it begins to play."""
    units = units_of(config["file"])
    start = config["starts"][camera] % len(units)
    loop = rtsp_server.Loop(units[start:] + units[:start], config["fps"])

    def configure(factory: object, media: GstRtspServer.RTSPMedia) -> None:
        loop.configure(factory, media)
        media.connect("new-state", note)

    def note(media: GstRtspServer.RTSPMedia, state: int) -> None:
        if state == int(Gst.State.PLAYING):
            GLib.timeout_add(CLOCK_WAIT_MS, write, media.get_element())

    def write(element: Gst.Element) -> bool:
        """Whether to look again: the clock is there only a little after the new state."""
        if element.get_clock() is None:
            return True
        base_s = element.get_base_time() / Gst.SECOND
        with open(config["schedule"], "a") as file:
            file.write(json.dumps({"camera": camera, "base_s": base_s}) + "\n")
        return False

    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        "( appsrc name=source format=time caps=video/x-h264,stream-format=byte-stream,"
        "alignment=au ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
    )
    factory.set_shared(True)
    factory.set_latency(0)
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
    factory.connect("media-configure", configure)
    return factory


def main() -> int:
    Gst.init(None)
    config = json.loads(sys.stdin.readline())
    try:
        os.nice(AS_CAMERAS)
    except PermissionError:
        sys.stderr.write("sender: not allowed a higher priority; it may be late under load\n")
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    for camera in range(len(config["starts"])):
        server.get_mount_points().add_factory(f"/cam-{camera}", factory_for(config, camera))
    if server.attach(None) == 0:
        return 1
    loop = GLib.MainLoop()

    def leave(*_: object) -> bool:
        loop.quit()
        return False

    GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGTERM, leave)
    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, leave)
    sys.stdout.write(json.dumps({"port": server.get_bound_port()}) + "\n")
    sys.stdout.flush()
    loop.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
