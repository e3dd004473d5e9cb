from __future__ import annotations

import pytest

from alerts.alert import AlertId, FeedEvent, PatrolId
from alerts.notify.feed import Feed, current
from tests.support.incidents import NOON

UNIT = PatrolId("unit-1")


def events(line: str) -> list[FeedEvent]:
    """`offer:a update:a` as events of one patrol, numbered from 1."""
    pairs = (word.split(":") for word in line.split())
    return [
        FeedEvent(seq, NOON, kind, AlertId(alert), UNIT, {})
        for seq, (kind, alert) in enumerate(pairs, 1)
    ]


@pytest.mark.parametrize(
    ("away", "told"),
    [
        ("", ""),
        ("offer:a", "offer:a"),
        ("offer:a withdrawn:a", "withdrawn:a"),
        ("offer:a update:a update:a", "offer:a update:a"),
        ("offer:a update:a withdrawn:a offer:b", "withdrawn:a offer:b"),
        ("offer:a withdrawn:a offer:a", "offer:a"),
        ("update:a offer:b withdrawn:b update:a", "withdrawn:b update:a"),
    ],
)
def test_who_was_away_hears_what_still_matters(away: str, told: str) -> None:
    kept = current(events(away))
    assert " ".join(f"{one.type}:{one.alert}" for one in kept) == told
    assert [one.seq for one in kept] == sorted(one.seq for one in kept)
    assert not away or kept[-1] == events(away)[-1], "the place in the feed would be lost"


def test_the_bell_rings_who_listens() -> None:
    feed, heard = Feed(), []
    stop = feed.listen(lambda: heard.append("one"))
    feed.listen(lambda: heard.append("two"))
    feed.ring()
    stop()
    stop()
    feed.ring()
    assert heard == ["one", "two", "two"]
