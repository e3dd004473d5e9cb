"""What must hold of the streams: what was committed for somebody came to them, once, in order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.evidence import Evidence, Row
from tests.chaos.history import Entry


def _seen(evidence: Evidence, role: str) -> dict[str, list[Entry]]:
    """Events by reader, in the order in which they were read."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in evidence.history:
        if entry["what"] == "event" and entry["who"].startswith(f"{role} "):
            found[entry["who"]].append(entry)
    return found


def _same(entry: Entry, row: Row | None) -> bool:
    return row is not None and (entry["type"], entry["alert"]) == (row["type"], row["alert"])


def offers(evidence: Evidence) -> Iterator[str | None]:
    """One offer a dispatch: in the database, and on each patrol's screen."""
    meant = Counter(
        (step["detail"]["patrol"], alert)
        for alert, steps in evidence.steps.items()
        for step in steps
        if step["action"] == "dispatch"
    )
    made = Counter(
        (event["patrol"], event["alert"]) for event in evidence.events if event["type"] == "offer"
    )
    for pair in meant | made:
        right = meant[pair] == made[pair]
        said = f"{pair[0]} was sent to {pair[1]} {meant[pair]} times, offered {made[pair]}"
        yield None if right else said
    for reader, entries in _seen(evidence, "patrol").items():
        patrol = reader.partition(" ")[2]
        rang = Counter(one["alert"] for one in entries if one["type"] == "offer")
        for alert, times in rang.items():
            right = times <= meant[patrol, alert]
            said = f"{reader} saw {alert} offered {times} times, meant {meant[patrol, alert]}"
            yield None if right else said


def operators(evidence: Evidence) -> Iterator[str | None]:
    """From the first event to the last that it has read: all of them, as they are numbered."""
    feed = {event["seq"]: event for event in evidence.events if event["patrol"] is None}
    for reader, entries in _seen(evidence, "operator").items():
        yield from _in_order(reader, entries, feed)
        seen = {entry["id"] for entry in entries}
        first, last = entries[0]["id"], entries[-1]["id"]
        for seq in feed:
            if first <= seq <= last and seq not in seen:
                yield f"{reader} missed event {seq}"


def patrols(evidence: Evidence) -> Iterator[str | None]:
    """What was withdrawn meanwhile may be left out; what is shown is theirs, once, in order."""
    feeds: dict[str, dict[int, Row]] = defaultdict(dict)
    for event in evidence.events:
        if event["patrol"] is not None:
            feeds[event["patrol"]][event["seq"]] = event
    for reader, entries in _seen(evidence, "patrol").items():
        yield from _in_order(reader, entries, feeds[reader.partition(" ")[2]])


def _in_order(reader: str, entries: list[Entry], feed: dict[int, Row]) -> Iterator[str | None]:
    for before, entry in pairwise([None, *entries]):
        assert entry is not None
        if before is not None and entry["id"] <= before["id"]:
            yield f"{reader} read event {entry['id']} after {before['id']}"
        elif not _same(entry, feed.get(entry["id"])):
            yield f"{reader} read event {entry['id']}, which is not in the database as it was read"
        else:
            yield None


def versions(evidence: Evidence) -> Iterator[str | None]:
    """An alert is told of in the operators' feed once a version, in order."""
    known: dict[str, int] = {}
    for event in evidence.events:
        if event["patrol"] is None and event["type"] == "alert":
            alert, version = event["alert"], event["data"]["version"]
            right = known.get(alert, 0) < version
            yield None if right else f"{alert}: version {version} after {known[alert]}"
            known[alert] = version
