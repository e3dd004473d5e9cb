"""An alert as other authorities read it: Common Alerting Protocol 1.2 (OASIS Standard, 2010). Pure.

One message for each version of an alert: `Alert` at first, `Update` after, `Cancel` when it turned
out to be nothing. It refers to the first message and names the alert as its incident, by which a
receiver knows what belongs together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from alerts.alert import Alert, Outcome, State
from alerts.notify.words import LANGUAGES, SEVERITY, STATE, kind_in

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
RESTRICTION = "For the services that answer alerts; not for publication."
CATEGORY: dict[str, str] = {
    "intrusion": "Security",
    "loitering": "Security",
    "line_crossing": "Security",
    "crowd": "Safety",
    "person_down": "Health",
    "fight": "Security",
    "collision": "Transport",
    "stopped_vehicle": "Transport",
    "wrong_way": "Transport",
    "speeding": "Transport",
    "abandoned_object": "Security",
    "fire": "Fire",
    "smoke": "Fire",
    "camera_tamper": "Infra",
    "weapon": "Security",
}
CAP_SEVERITY: dict[str, str] = {
    "critical": "Severe",
    "high": "Moderate",
    "medium": "Minor",
    "low": "Minor",
}
"""`Extreme` is an extraordinary threat: a detector at one camera cannot say so."""
MORE_LIKELY_THAN_NOT = 0.5
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""
UNFIT_IN_NAMES = re.compile(r"[\s,<&]")
NOTHING = (Outcome.FALSE, Outcome.DUPLICATE)


@dataclass(frozen=True, slots=True)
class CapOrigin:
    """Who says it."""

    sender: str
    """Unique in the world, of the form of an address; no space, comma, < or &."""
    name: str = "Qalqan"
    """As people read it."""
    status: str = "Actual"
    """Or `Exercise`, `Test`."""
    radius_m: float = 100.0
    """How far around the camera's place it may be."""
    web: str = ""
    """Where alerts are looked at; empty when that is not known."""


def cap_xml(alert: Alert, origin: CapOrigin) -> bytes:
    """The message about the alert's present version, UTF-8."""
    Xml.register_namespace("", NAMESPACE)
    root = Xml.Element(_tag("alert"))
    _add(root, "identifier", f"{alert.id}.{alert.version}")
    _add(root, "sender", origin.sender)
    _add(root, "sent", cap_time(alert.updated_at))
    _add(root, "status", origin.status)
    kind = message_type(alert)
    _add(root, "msgType", kind)
    _add(root, "scope", "Restricted")
    _add(root, "restriction", RESTRICTION)
    if kind == "Cancel" and alert.outcome is not None:
        _add(root, "note", f"Closed: {alert.outcome.value}.")
    if kind != "Alert":
        first = f"{origin.sender},{alert.id}.1,{cap_time(alert.opened_at)}"
        _add(root, "references", first)
    _add(root, "incidents", alert.id)
    for language in LANGUAGES:
        _info(root, alert, origin, language)
    said: bytes = Xml.tostring(root, "utf-8", xml_declaration=True)
    return said + b"\n"


def message_type(alert: Alert) -> str:
    if alert.state is State.CLOSED and alert.outcome in NOTHING:
        return "Cancel"
    return "Alert" if alert.version == 1 else "Update"


def urgency(alert: Alert) -> str:
    """How soon something must be done: it goes on; it is to be looked at; it is over."""
    if alert.state is State.CLOSED:
        return "Past"
    return "Immediate" if alert.happening else "Expected"


def certainty(alert: Alert) -> str:
    """A person's word is an observation, a detector's a likelihood, as far as it is believed."""
    if alert.outcome is Outcome.REAL:
        return "Observed"
    if alert.outcome in NOTHING:
        return "Unlikely"
    believed = alert.score >= MORE_LIKELY_THAN_NOT and not alert.review
    return "Likely" if believed else "Possible"


def response(alert: Alert) -> str:
    if alert.state is not State.CLOSED:
        return "Assess"
    return "None" if alert.outcome in NOTHING else "AllClear"


def cap_time(moment: datetime) -> str:
    """UTC; CAP writes it `-00:00` and knows no `Z` and no fractions."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def _info(root: Xml.Element, alert: Alert, origin: CapOrigin, language: str) -> None:
    info = _add(root, "info")
    named = kind_in(alert.kind, language)
    place = alert.place.name if alert.place else alert.camera
    _add(info, "language", language)
    _add(info, "category", CATEGORY.get(alert.kind, "Other"))
    _add(info, "event", named)
    _add(info, "responseType", response(alert))
    _add(info, "urgency", urgency(alert))
    _add(info, "severity", CAP_SEVERITY.get(alert.severity, "Unknown"))
    _add(info, "certainty", certainty(alert))
    _pair(info, "eventCode", "qalqan:kind", alert.kind)
    _add(info, "effective", cap_time(alert.updated_at))
    _add(info, "onset", cap_time(alert.began_at))
    _add(info, "senderName", origin.name)
    _add(info, "headline", f"{named}: {place}")
    _add(info, "description", alert.why_in.get(language) or alert.why)
    if origin.web:
        _add(info, "web", f"{origin.web}#alert={alert.id}")
    _pair(info, "parameter", "qalqan:severity", SEVERITY[alert.severity].of(language))
    _pair(info, "parameter", "qalqan:state", STATE[alert.state.value].of(language))
    _pair(info, "parameter", "qalqan:score", f"{alert.score:.2f}")
    area = _add(info, "area")
    _add(area, "areaDesc", place)
    if alert.place is not None:
        at = f"{alert.place.latitude:.6f},{alert.place.longitude:.6f}"
        _add(area, "circle", f"{at} {origin.radius_m / 1000:g}")


def _pair(parent: Xml.Element, name: str, key: str, value: str) -> None:
    made = _add(parent, name)
    _add(made, "valueName", key)
    _add(made, "value", value)


def _add(parent: Xml.Element, name: str, said: str | None = None) -> Xml.Element:
    made = Xml.SubElement(parent, _tag(name))
    if said is not None:
        made.text = UNPRINTABLE.sub("", said)
    return made


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
