"""What must hold of incidents, alerts and their accounts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from alerts.alert import State
from alerts.transitions import TABLE
from tests.chaos.evidence import Evidence, Row, is_loud

TAKEN_IN = ("raise", "join")
"""The steps by which an incident comes to an alert."""
BESIDE = frozenset({action for _, action in TABLE})
"""Actions that the table knows; every other one leaves the state as it is."""


def ids(evidence: Evidence, what: str) -> list[str]:
    """Incidents of the node's journal, each once, in order."""
    return list(dict.fromkeys(one["id"] for one in evidence.journal if one["what"] == what))


def kept(evidence: Evidence) -> Iterator[str | None]:
    """Acknowledged: its row, its alert, and one step that took it in, in that alert."""
    homes: dict[str, list[str]] = defaultdict(list)
    for alert, steps in evidence.steps.items():
        for step in steps:
            if step["action"] in TAKEN_IN:
                homes[step["detail"]["incident"]].append(alert)
    for one in ids(evidence, "acked"):
        stored = evidence.incidents.get(one)
        if stored is None:
            yield f"{one} was acknowledged and is not there"
        elif stored["alert"] not in evidence.alerts:
            yield f"{one} is of alert {stored['alert']}, which is not there"
        elif homes[one] != [stored["alert"]]:
            yield f"{one} is of alert {stored['alert']}, but was taken in by {homes[one]}"
        else:
            yield None


def delivered(evidence: Evidence) -> Iterator[str | None]:
    waiting, aside = set(evidence.spooled_still), set(evidence.rejected)
    for one in ids(evidence, "spooled"):
        if one in waiting:
            yield f"{one} still waits at the node"
        elif one in aside:
            yield f"{one} was laid aside"
        elif one not in evidence.incidents:
            yield f"{one} was spooled and is not there"
        else:
            yield None


def invented(evidence: Evidence) -> Iterator[str | None]:
    meant = set(ids(evidence, "intend"))
    for one in evidence.incidents:
        yield None if one in meant else f"{one} was never seen by a node"


def whole(evidence: Evidence) -> Iterator[str | None]:
    counted = Counter(one["alert"] for one in evidence.incidents.values())
    for alert, body in evidence.alerts.items():
        if counted[alert] != body["incident_count"]:
            yield f"{alert} counts {body['incident_count']} incidents, there are {counted[alert]}"
        elif not counted[alert]:
            yield f"{alert} has no incident"
        else:
            yield None


def over(evidence: Evidence) -> Iterator[str | None]:
    """Somebody ends what a killed node had open."""
    for one in ids(evidence, "acked"):
        stored = evidence.incidents.get(one)
        if stored is not None:
            yield None if stored["payload"]["ended_at"] else f"{one} goes on for ever"


def ended(evidence: Evidence) -> Iterator[str | None]:
    """Answered and closed by somebody; or loud, since nobody did; or on the review list."""
    for alert, body in evidence.alerts.items():
        over = body["state"] == State.CLOSED.value or is_loud(body) or body["review"]
        yield None if over else f"{alert} rests in {body['state']} and is not loud"


def moves(evidence: Evidence) -> Iterator[str | None]:
    """Every step is a move of the table, or leaves the state alone."""
    for alert, body in evidence.alerts.items():
        steps = evidence.steps.get(alert, [])
        if not steps or steps[-1]["after"] != body["state"]:
            last = steps[-1]["after"] if steps else "no step"
            yield f"{alert} is {body['state']}, its account ends with {last}"
        state = None
        for step in steps:
            before, action, after = step["before"], step["action"], step["after"]
            if before != state and action != "raise":
                yield f"{alert}: {action} begins in {before}, the last step ended in {state}"
            elif action in BESIDE:
                to = TABLE.get((State(before), action))
                right = to is not None and to.value == after
                yield (
                    None if right else f"{alert}: {before} -{action}-> {after} is not in the table"
                )
            elif action == "raise":
                yield None if (state, after) == (None, "new") else f"{alert} was raised again"
            else:
                same = before == after
                yield None if same else f"{alert}: {action} made {after} of {before}"
            state = after


def one_at_a_time(evidence: Evidence) -> Iterator[str | None]:
    """Between an offer and its withdrawal, which every release writes, no other offer."""
    lines: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for event in evidence.events:
        if event["patrol"] is not None and event["type"] in ("offer", "withdrawn"):
            lines[event["patrol"]].append((event["type"], event["alert"]))
    for patrol, line in lines.items():
        has: str | None = None
        for (kind, alert), after in zip(line, [*line[1:], ("", "")], strict=True):
            if kind == "withdrawn":
                has = None if has == alert else has
                continue
            free = has in (None, alert) or after == ("withdrawn", has)
            yield None if free else f"{patrol} was offered {alert} while it had {has}"
            has = alert


STEPS_OF = {
    "accept": {"accept"},
    "decline": {"decline"},
    "en_route": {"depart"},
    "on_scene": {"arrive"},
    "acknowledge": {"acknowledge"},
    "dispatch": {"dispatch", "escalate"},
}
"""What a person asked for -> the steps of which it leaves one. A close leaves the state."""
BY_ANYBODY = frozenset({"dispatch"})
"""Asked for what is so already, nothing is done again: then it was another who did it."""


def durable(evidence: Evidence) -> Iterator[str | None]:
    """What was answered with 200 is in the account.

    A no that comes after the offer has lapsed changes nothing, and nobody is told otherwise.
    """
    lapsed = {
        (alert, step["detail"].get("patrol"))
        for alert, steps in evidence.steps.items()
        for step in steps
        if step["action"] == "lapse"
    }
    done = {
        alert: {(step["action"], step["actor"].partition(":")[0]) for step in steps}
        for alert, steps in evidence.steps.items()
    }
    for call in evidence.history:
        if call["what"] != "call" or call["status"] != 200:
            continue
        name, alert, (role, _, unit) = call["call"], call["alert"], call["who"].partition(" ")
        if name == "close":
            state = evidence.alerts.get(alert, {}).get("state")
            yield None if state == "closed" else f"{call['who']} closed {alert}, it is {state}"
        elif name in STEPS_OF:
            found = any(
                action in STEPS_OF[name] and (actor == role or name in BY_ANYBODY)
                for action, actor in done.get(alert, ())
            )
            found = found or (name == "decline" and (alert, unit) in lapsed)
            yield None if found else f"{call['who']} said {name} to {alert}: no such step"


def account_times(evidence: Evidence) -> Iterator[str | None]:
    """By the machine's own count: a clock that is set may turn the wall's times, not the way."""
    for alert, steps in evidence.steps.items():
        for before, after in pairwise(steps):
            gap_s = counted_s(before, after)
            if gap_s is None:
                continue
            said = f"{alert}: {after['action']} {-gap_s:.3f} s before {before['action']}"
            yield None if gap_s >= 0 else said


def counted_s(before: Row, after: Row) -> float | None:
    """Seconds between two steps, whatever the wall clock did; None: they were not counted."""
    machine, _, one = before.get("tick", "").partition("/")
    other, _, later = after.get("tick", "").partition("/")
    return float(later) - float(one) if machine and machine == other else None


def stage_times(evidence: Evidence) -> Iterator[str | None]:
    """As people are shown them; where the clock was set in between, nothing may be said."""
    for alert, took in evidence.stages.items():
        for stage, took_s in took.items():
            yield None if took_s >= 0 else f"{alert}: {stage} took {took_s} s"


def one_service(evidence: Evidence) -> Iterator[str | None]:
    """A second service that was started beside the first refused to serve."""
    for one in evidence.history:
        if one["who"] == "rival" and one["what"] == "end":
            yield "a second service was let in" if one["served"] else None


def seconds(one: str, other: str) -> float:
    return (datetime.fromisoformat(other) - datetime.fromisoformat(one)).total_seconds()
