"""An alert becomes quiet, and calls again: each a step of its account, in its transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alerts.alert import SYSTEM, Actor, Alert, LinkedIncident, Outcome, Place, State
from alerts.calm.silence import (
    GRAVEST,
    Seen,
    Silence,
    SilenceId,
    shelved,
    silence_for,
    silenced,
)
from alerts.case import Case
from alerts.escalate import awake
from alerts.ports import Reading
from detect.incident import SEVERITIES, Incident
from ingest.camera import CameraId

SHELF_OVER = "its shelving has ended"
SILENCE_OVER = "its silence has ended"
SEEN_ELSEWHERE = "seen by what is not silenced"
GRAVER = "it has become graver"
OVER_IN_SILENCE = "it ended while it was silenced"


def seen_in(incident: Incident, place: Place | None) -> Seen:
    return Seen(incident.camera, incident.kind, incident.zone, incident.severity, place)


def hush(case: Case, silence: Silence, actor: Actor) -> None:
    """Under a silence from now on."""
    case.alert = silenced(case.alert, silence)
    facts = {"silence": silence.id, "until": silence.ends.isoformat()}
    case.record("silence", actor, silence.reason, case.alert.state, facts)


def shelve(case: Case, actor: Actor, until: datetime, reason: str) -> None:
    """Put off by a person."""
    case.alert = shelved(case.alert, str(actor), until, reason)
    facts = {"until": until.isoformat()}
    case.record("shelve", actor, reason, case.alert.state, facts)


def wake(case: Case, actor: Actor, note: str) -> None:
    """An alert like any other again, to be looked at from now on."""
    case.alert = awake(case.alert, case.now, case.policy)
    case.record("wake", actor, note, case.alert.state, {})


def stands_apart(incident: Incident, alert: Alert, *, hushed: bool) -> bool:
    """Whether a word that calls nobody would make an alert graver that does: it may not.

    Else a rule in review could send a patrol by way of another rule's alert.
    """
    calls = not alert.review and alert.silenced_by is None
    return hushed and calls and is_graver(incident.severity, alert.severity)


def is_graver(one: str, other: str) -> bool:
    return SEVERITIES.index(one) < SEVERITIES.index(other)


def after_join(case: Case, before: Alert, *, hushed: bool) -> None:
    """What a further incident means for an alert that is quiet."""
    if case.alert.silenced_by is not None and not hushed:
        wake(case, SYSTEM, SEEN_ELSEWHERE)
    elif case.alert.shelved_by is not None and is_graver(case.alert.severity, before.severity):
        wake(case, SYSTEM, GRAVER)


def after_update(tx: Reading, case: Case, before: Alert) -> None:
    """Likewise when one of its incidents has become graver."""
    alert = case.alert
    if not alert.is_quiet or not is_graver(alert.severity, before.severity):
        return
    silence = tx.silence(SilenceId(alert.silenced_by)) if alert.silenced_by else None
    if alert.shelved_by is not None or (alert.severity == GRAVEST and not _of_critical(silence)):
        wake(case, SYSTEM, GRAVER)


def _of_critical(silence: Silence | None) -> bool:
    return silence is not None and silence.critical


def over(tx: Reading, case: Case) -> None:
    """Its time is over: what goes on calls, what is past is on record."""
    alert = case.alert
    if alert.shelved_by is not None:
        wake(case, SYSTEM, SHELF_OVER)
        case.move("escalate", SYSTEM, SHELF_OVER)
        return
    next_one = silence_of(alert, tx.incidents(alert.id), tx.silences(case.now))
    if next_one is not None:
        hush(case, next_one, SYSTEM)
    elif alert.happening or alert.state is not State.NEW:
        wake(case, SYSTEM, SILENCE_OVER)
    else:
        case.move("expire", SYSTEM, OVER_IN_SILENCE, outcome=Outcome.UNCLEAR.value)
        case.alert = replace(case.alert, outcome=Outcome.UNCLEAR)


def silence_of(
    alert: Alert, incidents: Iterable[LinkedIncident], silences: Iterable[Silence]
) -> Silence | None:
    """The silence that covers every incident of an alert. They are where the alert is."""
    seen = []
    for one in incidents:
        told, zone = one.payload, one.payload.get("zone")
        camera, kind, severity = (str(told[key]) for key in ("camera", "kind", "severity"))
        seen.append(Seen(CameraId(camera), kind, zone, severity, alert.place))
    return silence_for(seen, silences)
