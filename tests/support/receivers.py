"""Real servers at which channels arrive: HTTP, SMTP, MQTT, and one that is silent."""

from __future__ import annotations

import contextlib
import getpass
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.net import free_port

LOOPBACK = ("127.0.0.0/8",)
GIVEN_UP_S = 10.0


@dataclass
class HttpReceiver:
    """Keeps what is posted. `/STATUS` answers that status, `/slow` never, anything else 200."""

    port: int = 0
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    """Sent along with every answer."""
    ended: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/ok") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def __post_init__(self) -> None:
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.requests.append((self.path, dict(self.headers), body))
                if self.path == "/slow":
                    kept.ended.wait(30)
                    return
                status = int(self.path[1:]) if self.path[1:].isdecimal() else 200
                self.send_response(status)
                for name, value in kept.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *args: Any) -> None:
                pass  # a client that has hung up

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()


@contextlib.contextmanager
def http_receiver() -> Iterator[HttpReceiver]:
    made = HttpReceiver()
    try:
        yield made
    finally:
        with contextlib.suppress(OSError):
            made.stop()


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


class Mosquitto:
    """A broker of its own, on a port of its own."""

    def __init__(self, folder: Path, *lines: str) -> None:
        found = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        assert found, "Debian's package mosquitto is needed"
        self._binary, self._folder = found, folder
        self.port = free_port()
        who = f"user {getpass.getuser()}"  # else it cannot read what a test has put down
        said = [who, f"listener {self.port} 127.0.0.1", "persistence false", *lines]
        if not any(line.startswith("allow_anonymous") for line in lines):
            said.append("allow_anonymous true")
        (folder / "mosquitto.conf").write_text("\n".join(said) + "\n")
        self.start()

    def start(self) -> None:
        with (self._folder / "mosquitto.log").open("ab") as log:
            command = [self._binary, "-c", str(self._folder / "mosquitto.conf")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + GIVEN_UP_S
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.02)
        self.stop()
        raise AssertionError((self._folder / "mosquitto.log").read_text())

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass
class Mailbox:
    """What an SMTP server has taken."""

    port: int
    mails: list[Mail] = field(default_factory=list)


@contextlib.contextmanager
def smtp_server() -> Iterator[tuple[Mailbox, Any]]:
    """A real SMTP server and what stops it."""
    from aiosmtpd.controller import Controller

    box = Mailbox(free_port())

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            box.mails.append(message_from_bytes(envelope.content))
            return "250 OK"

    controller = Controller(Handler(), hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box, controller.stop
    finally:
        with contextlib.suppress(Exception):
            controller.stop()
