"""Two services over one PostgreSQL that is restarted: never do both of them write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.errors import StoreUnavailable
from alerts.stores.sql import Database
from tests.support.postgresql import OwnServer, new_database
from tests.support.records import alert, event


@pytest.fixture
def own() -> Iterator[OwnServer]:
    made = OwnServer()
    made.start()
    yield made
    made.remove()


def put(database: Database, number: int) -> None:
    with database.store.begin() as tx:
        tx.put_alert(alert(number))
        tx.publish(event(number))


def stored(database: Database) -> list[str]:
    with database.store.read() as tx:
        return [one.id for one in tx.page_alerts(99)]


def test_whoever_was_first_can_no_longer_write_once_another_has_taken_over(
    own: OwnServer,
) -> None:
    """The server comes back; the second service is quicker than the first one's next look."""
    address = f"{own.address}/postgres"
    one, other = Database.open(address), Database.open(address)
    one.claim()
    worker = Database.open(address).under(one.epoch or 0)
    put(one, 1)
    put(worker, 2)
    own.kill()
    own.start()
    other.claim()
    assert (one.epoch, other.epoch) == (1, 2)
    put(other, 3)
    for late in (one, worker):
        with pytest.raises(StoreUnavailable, match=r"another service has taken .* over \(process"):
            put(late, 4)
    with pytest.raises(StoreUnavailable, match="another service"):
        one.ready()
    with pytest.raises(StoreUnavailable, match="this one must end"):
        one.grants.revoke("any", alert().opened_at)
    other.close()
    with pytest.raises(StoreUnavailable, match="this one must end"):
        one.ready()  # not even when the other has ended
    last = Database.open(address)
    last.claim()
    put(last, 5)
    assert stored(last) == [alert(n).id for n in (5, 3, 2, 1)]
    for each in (one, worker, last):
        each.close()


def test_a_service_that_nobody_took_over_from_goes_on_after_a_restart(
    own: OwnServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.stores.sql.CLAIM_S", 0.3)
    address = f"{own.address}/postgres"
    one, other = Database.open(address), Database.open(address)
    one.claim()
    own.kill()
    own.start()
    put(one, 1)
    one.ready()
    with pytest.raises(StoreUnavailable, match="another service works with this database"):
        other.claim()
    put(one, 2)
    put(other, 3)  # a command beside the service
    assert len(stored(one)) == 3
    for each in (one, other):
        each.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_workers_end_with_the_service_they_were_started_by(
    kind: str, tmp_path: object, request: pytest.FixtureRequest
) -> None:
    if kind == "postgresql":
        made = new_database()
        address = made.__enter__()
        request.addfinalizer(lambda: made.__exit__(None, None, None))
    else:
        address = f"sqlite:///{tmp_path}/qalqan.db"
    first = Database.open(address)
    assert first.epoch is None
    first.claim()
    worker = Database.open(address).under(first.epoch or 0)
    put(worker, 1)
    first.close()  # it was killed, and its worker was not
    second = Database.open(address)
    second.claim()
    with pytest.raises(StoreUnavailable, match="epoch 2 after 1"):
        put(worker, 2)
    with pytest.raises(StoreUnavailable, match="epoch 2 after 1"):
        worker.under(1)
    put(second, 3)
    assert stored(second) == [alert(3).id, alert(1).id]
    for each in (worker, second):
        each.close()
