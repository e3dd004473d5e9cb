"""A real PostgreSQL: the one that answers on its standard port, or one of our own."""

from __future__ import annotations

import atexit
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import psycopg

from tests.support.rtsp import wait_until

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
"""Of Debian's packages; `make test` installs one."""
START_S = 60.0
_numbers = count(1)


@cache
def server() -> str:
    """An address of a server where we may make databases, without a database's name."""
    for address in ("postgresql://postgres@127.0.0.1:5432", "postgresql://127.0.0.1:5432"):
        try:
            with psycopg.connect(f"{address}/postgres", connect_timeout=3, autocommit=True) as db:
                row = db.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.OperationalError:
            continue
        if row and row[0]:
            return address
    own = OwnServer()
    atexit.register(own.remove)
    own.start()
    return own.address


@contextmanager
def new_database() -> Iterator[str]:
    """The address of an empty database, dropped afterwards."""
    name = f"qalqan_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(f"{server()}/postgres", autocommit=True) as db:
        db.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING "UTF8"')
    try:
        yield f"{server()}/{name}"
    finally:
        with psycopg.connect(f"{server()}/postgres", autocommit=True) as db:
            db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@cache
def _kept_database(_kind: str) -> str:
    one = new_database()
    address = one.__enter__()
    atexit.register(one.__exit__, None, None, None)
    return address


def emptied_database(kind: str = "") -> str:
    """The address of a database that is the same in every test of a kind, without any row.

    To make and drop one takes a second, to empty one some milliseconds.
    """
    with psycopg.connect(_kept_database(kind), autocommit=True) as db:
        names = db.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public'"
            " AND tablename NOT IN ('alembic_version', 'spatial_ref_sys')"
        ).fetchone()
        if names and names[0]:
            db.execute(f"TRUNCATE {names[0]} RESTART IDENTITY")
    return _kept_database(kind)


class OwnServer:
    """A server of Debian's packages, that the tests may also kill. Its files are in one folder."""

    def __init__(self, inside: str = "/tmp") -> None:  # noqa: S108 - made by mkdtemp
        if not BINARIES:
            raise RuntimeError("no PostgreSQL answers and none is installed: run `make setup`")
        # The path of a socket may have 107 characters only: not in pytest's folders.
        self._folder = folder = Path(tempfile.mkdtemp(prefix="qalqan-pg-", dir=inside))
        self._data = folder / "data"
        self.port = _free_port()
        self.address = f"postgresql://qalqan@127.0.0.1:{self.port}"
        # The server refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        self._run("initdb", "-D", self._data, "-U", "qalqan", "-A", "trust", "-E", "UTF8", "-N")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder}"
        log = self._folder / "log"
        self._run("pg_ctl", "-D", self._data, "-l", log, "-o", options, "-w", "start")

    def stop(self) -> None:
        """In an orderly way, without waiting for clients."""
        self._run("pg_ctl", "-D", self._data, "-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """As a power cut does it: no chance to write anything."""
        pid = self._pid()
        for one in (pid, *_children(pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), START_S)

    def is_up(self) -> bool:
        """Whether its first process lives."""
        try:
            pid = self._pid()
            return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return False

    def backends(self) -> list[int]:
        """The processes that each serve one connection."""
        try:
            children = _children(self._pid())
            lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
        except (OSError, ValueError, IndexError):
            return []
        return [pid for pid, line in lines.items() if b"127.0.0.1(" in line]

    def _pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def remove(self) -> None:
        subprocess.run(
            self._command("pg_ctl", "-D", self._data, "-m", "immediate", "stop"),
            check=False,
            capture_output=True,
        )
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, *words: str | Path) -> None:
        subprocess.run(
            self._command(*words),
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=START_S,
            cwd="/",
        )

    def _command(self, name: str | Path, *words: str | Path) -> list[str]:
        command = [str(BINARIES[-1] / name), *map(str, words)]
        return ["runuser", "-u", self._user, "--", *command] if self._user else command


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(one) for one in listed.split()]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
