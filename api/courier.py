"""The courier's process: sends what the outbox holds. `python -m api.courier`, started by `serve`.

A process of its own: a gateway's library that hangs or crashes takes no alert along. Its first line
of input says what to work with (an address may hold a password: it stands in no command line); each
further line, that something was committed. It ends when its input ends. On its output a full stop
a second says that it lives, an exclamation mark that it has committed something.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from alerts.errors import StoreUnavailable
from alerts.notification import Endpoint
from alerts.notify.courier import Courier
from alerts.stores.engine import Connections
from alerts.stores.sql import Database
from api.auth.vault import Vault
from api.channels import channels_of
from api.errors import VaultError
from api.log import to_stderr as log_to_stderr
from api.settings import Settings
from detect.moment import utc_now

log = logging.getLogger("qalqan.courier")

EVERY_S = 0.5
"""How often it looks, if nobody wakes it: what was put off falls due."""
BEAT_S = 1.0
RETRY_S = 0.5
COMMITTED, ALIVE = "!", "."


@dataclass(frozen=True, slots=True)
class Orders:
    """What a courier is told at its start."""

    settings: Settings
    worker: int
    workers: int
    epoch: int | None = None
    """Of the service that it works for; None: of a database that has none."""

    def to_line(self) -> str:
        told = {"worker": self.worker, "workers": self.workers, "epoch": self.epoch}
        return json.dumps({**told, "settings": self.settings.model_dump(mode="json")}) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Orders:
        told: Any = json.loads(line)
        settings = Settings.model_validate(told.pop("settings"))
        return cls(settings=settings, **told)


def revealing(vault: Vault) -> Callable[[Endpoint], str]:
    """Opens endpoints with this installation's key."""

    def reveal(endpoint: Endpoint) -> str:
        try:
            return vault.open_text(endpoint.sealed, endpoint.id)
        except VaultError as error:
            raise ValueError(str(error)) from error

    return reveal


def _database(orders: Orders) -> Database:
    """The service's, under its claim: when another has taken over, nothing can be noted any more.

    Raises `StoreUnavailable`.
    """
    if orders.epoch is None:
        return Database.open(orders.settings.database)
    database = Database(Connections(orders.settings.database))
    try:
        return database.under(orders.epoch)
    except StoreUnavailable:
        database.close()
        raise


def work(courier: Courier, stop: threading.Event, wake: threading.Event) -> None:
    """Round after round until told to stop."""
    courier.wake = wake.set
    while not stop.is_set():
        wake.clear()
        try:
            dealt = courier.round()
        except StoreUnavailable as error:
            log.warning("deliveries wait: %s", error)
            stop.wait(RETRY_S)
            continue
        except Exception:
            log.exception("a round has failed and is made again")
            stop.wait(RETRY_S)
            continue
        if not dealt:
            wake.wait(EVERY_S)


def _listen(source: IO[str], stop: threading.Event, wake: threading.Event) -> None:
    for _ in source:
        wake.set()
    stop.set()
    wake.set()


def _beat(say: Callable[[str], None], stop: threading.Event) -> None:
    while not stop.wait(BEAT_S):
        say(ALIVE)


def _say(word: str) -> None:
    try:
        sys.stdout.write(word + "\n")
        sys.stdout.flush()
    except OSError:  # the service is gone: the end of our input says so, too
        return


def main() -> int:
    """Until the input ends. Exit status: 0 told to stop, 2 it cannot start."""
    log_to_stderr()
    line = sys.stdin.readline()
    if not line:
        return 0
    orders = Orders.from_line(line)
    settings = orders.settings
    try:
        database = _database(orders)
    except StoreUnavailable as error:
        log.error("the courier cannot start: %s", error)
        return 2
    stop, wake = threading.Event(), threading.Event()
    courier = Courier(
        database.store,
        channels_of(settings),
        revealing(Vault.at(settings.key_file)),
        utc_now,
        ring=lambda: _say(COMMITTED),
        worker=orders.worker,
        workers=orders.workers,
    )
    for job in (_listen, (sys.stdin, stop, wake)), (_beat, (_say, stop)):
        threading.Thread(target=job[0], args=job[1], daemon=True).start()
    _say(ALIVE)
    try:
        work(courier, stop, wake)
    finally:
        courier.close()
        database.close()
    return 0


if __name__ == "__main__":
    status = main()
    # Threads that wait for a gateway hold up no end: what they carry is sent again.
    os._exit(status)
