"""Virtual cameras: a real RTSP server process that plays prepared video for ever."""

from __future__ import annotations

import json
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from ingest.camera import StreamUrl

SERVER = Path(__file__).with_name("rtsp_server.py")
SYSTEM_PYTHON = Path("/usr/bin/python3")
"""The interpreter that Debian's GStreamer binding is installed for."""
START_LIMIT_S = 15.0
STOP_LIMIT_S = 3.0


class VirtualCamerasError(RuntimeError):
    """The RTSP server did not start; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class VirtualCamera:
    """One stream of the server."""

    path: str
    """Path in the address, without the leading slash."""
    file: Path
    """Raw Annex-B video, `.h264` or `.h265` (see `ingest.sources.encode`)."""
    fps: float
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class VirtualCameras:
    """The server process: start, stop, kill, freeze. After a stop or a kill it can start again,
    on the same port as before.
    """

    def __init__(self, cameras: Sequence[VirtualCamera], port: int = 0) -> None:
        self._cameras: Mapping[str, VirtualCamera] = {camera.path: camera for camera in cameras}
        self._process: subprocess.Popen[str] | None = None
        self.port = port
        """The port it serves on; 0 until the first start when none was asked for."""

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process is not None and running else None

    def url(self, path: str, *, password: str | None = None) -> StreamUrl:
        """Address of one stream with its credentials (or with another password, for tests)."""
        camera = self._cameras.get(path)
        who = ""
        if camera is not None and camera.user is not None:
            secret = password if password is not None else camera.password or ""
            who = f"{quote(camera.user, safe='')}:{quote(secret, safe='')}@"
        return StreamUrl.parse(f"rtsp://{who}127.0.0.1:{self.port}/{path}")

    def start(self) -> None:
        """Start and return once it serves. Raises `VirtualCamerasError`."""
        if self.pid is not None:
            return
        if not SYSTEM_PYTHON.exists():
            raise VirtualCamerasError(f"{SYSTEM_PYTHON} is missing: run `make setup`")
        process = subprocess.Popen(  # noqa: S603 - fixed program, configuration on stdin
            [str(SYSTEM_PYTHON), str(SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: we end it in our order
        )
        self._process = process
        assert process.stdin is not None  # noqa: S101 - narrows the library's type
        assert process.stdout is not None  # noqa: S101 - narrows the library's type
        try:
            process.stdin.write(self._config() + "\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], START_LIMIT_S)
            line = process.stdout.readline() if ready else ""
        except BrokenPipeError:
            line = ""
        if not line:
            self.kill()
            raise VirtualCamerasError(
                "the virtual cameras' RTSP server did not start: its port is taken or GStreamer's "
                "RTSP server is not installed (run `make setup`)"
            )
        self.port = int(json.loads(line)["port"])

    def stop(self) -> None:
        """End the server in good order; kill it if it does not go."""
        if self._process is None:
            return
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reap()

    def kill(self) -> None:
        """End the server at once, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def freeze(self) -> None:
        """Stop the server's clock: connections stay open and nothing moves."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> VirtualCameras:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _config(self) -> str:
        streams = []
        for camera in self._cameras.values():
            stream: dict[str, object] = {
                "path": camera.path,
                "file": str(camera.file.resolve()),
                "fps": camera.fps,
            }
            if camera.user is not None:
                stream |= {"user": camera.user, "password": camera.password or ""}
            streams.append(stream)
        return json.dumps({"port": self.port, "streams": streams})

    def _reap(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
