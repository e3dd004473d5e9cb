"""Serve raw H.264 or H.265 files for ever over RTSP, like a row of network cameras.

Run by the system's Python, whose `gi` binding gives GStreamer's RTSP server:

    /usr/bin/python3 rtsp_server.py

Its configuration is one line of JSON on standard input, so that no password is ever in argv:

    {"port": 0, "streams": [{"path": "gate", "file": "gate.h264", "fps": 10,
                             "user": "guard", "password": "secret"}]}

`user` and `password` are optional (digest authentication). A user may have several paths, with one
password. Port 0 picks a free one. When it serves it prints one line of JSON, `{"port": 8554}`. It
ends on SIGTERM, SIGINT or when its standard input closes, so it never outlives the program that
started it.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

START_CODE = b"\x00\x00\x01"
ANYBODY = "anybody"

H264_SLICES = frozenset({1, 5})
H264_OPENERS = frozenset({6, 7, 8, 9})
H265_SLICES = frozenset(range(32))
H265_OPENERS = frozenset({32, 33, 34, 35, 39})


def nal_units(stream: bytes) -> list[bytes]:
    """The NAL units of an Annex-B byte stream, without their start codes."""
    starts = []
    at = stream.find(START_CODE)
    while at >= 0:
        starts.append(at)
        at = stream.find(START_CODE, at + 3)
    ends = [*starts[1:], len(stream)]
    units = (stream[start + 3 : end] for start, end in zip(starts, ends))  # noqa: B905
    return [unit.rstrip(b"\x00") for unit in units if len(unit) > 2]


def access_units(stream: bytes, codec: str) -> list[bytes]:
    """Split an Annex-B byte stream into access units: all NAL units of one picture together."""
    groups: list[list[bytes]] = []
    has_picture = True
    for unit in nal_units(stream):
        if codec == "h264":
            kind, first_slice = unit[0] & 0x1F, bool(unit[1] & 0x80)
            slices, openers = H264_SLICES, H264_OPENERS
        else:
            kind, first_slice = (unit[0] >> 1) & 0x3F, bool(unit[2] & 0x80)
            slices, openers = H265_SLICES, H265_OPENERS
        opens = kind in openers or (kind in slices and first_slice)
        if has_picture and opens:
            groups.append([])
            has_picture = False
        if groups:
            groups[-1].append(unit)
        has_picture = has_picture or kind in slices
    return [b"".join(b"\x00\x00\x00\x01" + unit for unit in group) for group in groups]


class Loop:
    """Feeds one stream's access units to GStreamer, over and over, with continuous timestamps."""

    def __init__(self, units: list[bytes], fps: float) -> None:
        self._units = units
        self._frame_ns = Gst.SECOND / fps

    def configure(self, _factory: object, media: object) -> None:
        """Start feeding a media pipeline that a client made the server build."""
        source = media.get_element().get_child_by_name("source")
        count = 0

        def feed(appsrc: object, _wanted: int) -> None:
            nonlocal count
            buffer = Gst.Buffer.new_wrapped(self._units[count % len(self._units)])
            buffer.pts = buffer.dts = int(count * self._frame_ns)
            buffer.duration = int(self._frame_ns)
            count += 1
            appsrc.emit("push-buffer", buffer)

        source.connect("need-data", feed)


def factory_for(stream: dict) -> GstRtspServer.RTSPMediaFactory:
    """The pipeline behind one path, shared by all its clients."""
    file = Path(stream["file"])
    codec = "h265" if file.suffix == ".h265" else "h264"
    units = access_units(file.read_bytes(), codec)
    if not units:
        raise ValueError(f"{file.name} holds no {codec} pictures")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( appsrc name=source format=time caps=video/x-{codec},stream-format=byte-stream,"
        f"alignment=au ! {codec}parse ! rtp{codec}pay name=pay0 pt=96 config-interval=-1 )"
    )
    factory.set_shared(True)
    factory.set_latency(0)
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
    factory.connect("media-configure", Loop(units, float(stream.get("fps", 25))).configure)
    return factory


def permissions_for(owner: str | None) -> GstRtspServer.RTSPPermissions:
    """Who may use a path: everybody, or `owner` alone (others may look, and are answered 401).

    All roles go in before the factory gets it: a permissions object that is shared is read-only.
    """
    permissions = GstRtspServer.RTSPPermissions()
    roles = {ANYBODY: owner is None} | ({} if owner is None else {owner: True})
    for role, construct in roles.items():
        permissions.add_permission_for_role(role, "media.factory.access", True)
        permissions.add_permission_for_role(role, "media.factory.construct", construct)
    return permissions


def token_for(role: str) -> GstRtspServer.RTSPToken:
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", role)
    return token


def build(config: dict) -> GstRtspServer.RTSPServer:
    """The server with all its paths, not yet listening."""
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(config.get("port", 0)))
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    auth.set_default_token(token_for(ANYBODY))
    mounts = server.get_mount_points()
    passwords: dict[str, str] = {}
    for stream in config["streams"]:
        factory = factory_for(stream)
        user = stream.get("user")
        role = None if user is None else f"user:{user}"
        factory.set_permissions(permissions_for(role))
        if role is not None:
            # The server knows a user once: another password or role would replace the first.
            if passwords.setdefault(user, stream["password"]) != stream["password"]:
                raise ValueError(f"the user {user} has two passwords")
            auth.add_digest(user, stream["password"], token_for(role))
        mounts.add_factory(f"/{stream['path']}", factory)
    server.set_auth(auth)
    return server


def main() -> int:
    Gst.init(None)
    try:
        server = build(json.loads(sys.stdin.readline()))
    except (ValueError, KeyError, OSError) as error:
        sys.stderr.write(f"rtsp server: cannot use its configuration: {error}\n")
        return 1
    if server.attach(None) == 0:
        sys.stderr.write("rtsp server: its port is taken\n")
        return 1
    loop = GLib.MainLoop()

    def leave(*_: object) -> bool:
        loop.quit()
        return False

    for number in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_HIGH, number, leave)
    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, leave)
    sys.stdout.write(json.dumps({"port": server.get_bound_port()}) + "\n")
    sys.stdout.flush()
    loop.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
