"""Why an alert went, or would go, to whom, over what and when. Nothing is changed. Pure.

What has happened is read from the account and from the notifications; what is to come follows from
the deadlines in force and from whom the rules would choose now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from alerts.alert import Alert, PatrolId, State, Step
from alerts.assign import Decision
from alerts.escalate import SAID
from alerts.notification import Delivery, Event, Notification
from alerts.plans import CITY, Facts, Plan, Plans, planned
from alerts.policy import Policy
from alerts.transitions import TAKEN

ASKED_AFTER = 3
"""So many patrols are named that would be asked, one after the other."""
QUIET_STEPS = frozenset({"update", "end", "join"})
"""Not about who is told."""

Named = Callable[[PatrolId], str]


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened, or will unless somebody acts first."""

    at: datetime
    says: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer."""

    facts: str
    rules: tuple[str, ...]
    """Each rule from the top, whether it applies and why not."""
    numbers: Mapping[str, tuple[Any, str]]
    """What holds and where it is from, for what rules can set."""
    happened: tuple[Line, ...]
    to_come: tuple[Line, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "facts": self.facts,
            "rules": list(self.rules),
            "numbers": {
                name: {"value": _plain(value), "from": origin}
                for name, (value, origin) in self.numbers.items()
            },
            "happened": [_line(one) for one in self.happened],
            "to_come": [_line(one) for one in self.to_come],
        }


def explain(
    alert: Alert,
    steps: Sequence[Step],
    notifications: Sequence[Notification],
    deliveries: Sequence[Delivery],
    policy: Policy,
    now: datetime,
    choice: Decision | None,
    named: Named,
) -> Explanation:
    """Of an alert that there is. `choice`: whom the rules would send now, None: it is closed."""
    plan = planned(policy, Facts(alert.kind, alert.severity, alert.place), now)
    said = [*_account(steps, named), *_told(notifications, deliveries, named)]
    return Explanation(
        facts=_facts(alert, policy.plans or Plans(), now),
        rules=_rules(plan),
        numbers=_numbers(plan),
        happened=tuple(sorted(said, key=lambda one: one.at)),
        to_come=tuple(_to_come(alert, notifications, plan.policy, choice, named)),
    )


def explain_case(facts: Facts, policy: Policy, now: datetime, choice: Decision) -> Explanation:
    """Of an alert that there is not: as if it were raised now."""
    plan = planned(policy, facts, now)
    return Explanation(
        facts=_case_facts(facts, policy.plans or Plans(), now),
        rules=_rules(plan),
        numbers=_numbers(plan),
        happened=(),
        to_come=tuple(_if_raised(facts, plan.policy, now, choice)),
    )


# --- what holds ---


def _facts(alert: Alert, plans: Plans, now: datetime) -> str:
    facts = Facts(alert.kind, alert.severity, alert.place)
    return f"{alert.state.value} {_case_facts(facts, plans, now)}"


def _case_facts(facts: Facts, plans: Plans, now: datetime) -> str:
    local = now.astimezone(plans.timezone or now.tzinfo)
    within = [n for n, one in plans.districts.items() if facts.place and facts.place in one]
    where = facts.place.name if facts.place else "an unknown place"
    district = f" (in {', '.join(within)})" if within else ""
    return f"{facts.kind}, {facts.severity}, at {where}{district}; {local:%a %H:%M} there"


def _rules(plan: Plan) -> tuple[str, ...]:
    found = []
    for one in plan.verdicts:
        if one.mismatch is not None:
            found.append(f"{one.rule.name}: does not apply, {one.mismatch}")
        elif not one.sets:
            found.append(f"{one.rule.name}: applies, but rules above it have set all that it says")
        else:
            found.append(f"{one.rule.name}: applies, sets {', '.join(one.sets)}")
    return tuple(found)


def _numbers(plan: Plan) -> dict[str, tuple[Any, str]]:
    return {
        one.name: (getattr(plan.policy, one.name), plan.because.get(one.name, CITY))
        for one in fields(Policy)
        if one.name != "plans"
    }


# --- what has happened ---


def _account(steps: Iterable[Step], named: Named) -> list[Line]:
    lines = []
    for step in steps:
        if step.action in QUIET_STEPS:
            continue
        patrol = step.detail.get("patrol")
        whom = f" {named(PatrolId(patrol))}" if patrol else ""
        note = f": {step.note}" if step.note else ""
        lines.append(Line(step.at, f"{step.action}{whom} by {step.actor}{note}{_why(step)}"))
    return lines


def _why(step: Step) -> str:
    """The reasons of the first few candidates of a decision."""
    decision = step.detail.get("decision")
    if not decision:
        return ""
    ranked = [f"{one['name']}: {one['reason']}" for one in decision["candidates"][:ASKED_AFTER]]
    more = len(decision["candidates"]) + sum(decision["others"].values()) - len(ranked)
    rest = f"; {more} more" if more > 0 else ""
    return f" [{'; '.join(ranked)}{rest}]" if ranked else ""


def _told(
    notifications: Iterable[Notification], deliveries: Iterable[Delivery], named: Named
) -> list[Line]:
    lines = []
    ways: dict[str, list[Delivery]] = {}
    for way in deliveries:
        ways.setdefault(way.notification, []).append(way)
    for told in notifications:
        whom = named(told.patrol) if told.patrol else told.recipient
        over = ", ".join(_way(one) for one in ways.get(told.id, ())) or "nothing that reaches it"
        heard = [
            f"{word} {_after(told.created_at, at)}"
            for word, at in (
                ("on a device", told.delivered_at),
                ("seen", told.seen_at),
                (f"answered {told.answer}", told.answered_at),
                ("taken back", told.moot_at),
            )
            if at is not None
        ]
        if told.event is Event.OFFER and told.delivered_at is None:
            heard.insert(0, "no device has said that it has it")
        lines.append(
            Line(told.created_at, f"{told.event.value} to {whom} over {over}; {', '.join(heard)}")
        )
    return lines


def _way(one: Delivery) -> str:
    if one.outcome == "accepted":
        return f"{one.channel} (taken {_after(one.created_at, one.accepted_at)})"
    trouble = f": {one.error}" if one.error else ""
    state = one.outcome or ("under way" if not one.tries else f"tried {one.tries} times")
    return f"{one.channel} ({state}{trouble})"


# --- what is to come ---


def _to_come(
    alert: Alert,
    notifications: Sequence[Notification],
    policy: Policy,
    choice: Decision | None,
    named: Named,
) -> list[Line]:
    if alert.state is State.CLOSED or choice is None:
        return []
    lines = []
    offer = next(
        (one for one in reversed(notifications) if one.patrol == alert.patrol and one.patrol), None
    )
    if offer is not None and offer.receipt_by is not None and alert.patrol is not None:
        left = offer.channels[offer.step + 1 :]
        then = ", ".join(left[0]) if left else "nothing else"
        who = named(alert.patrol)
        lines.append(
            Line(offer.receipt_by, f"no device of {who} has it: {then}, if it has such an endpoint")
        )
    if alert.answer_by is not None:
        nobody = "nobody else can be sent now: loud at once"
        order = _order(choice, but=alert.patrol)
        lines.append(Line(alert.answer_by, f"no answer: {order or nobody}"))
    if alert.attention_by is not None:
        lines.append(Line(alert.attention_by, _alarm(alert)))
    if alert.overdue_since is not None or alert.state is State.ESCALATED:
        since = alert.overdue_since or alert.since
        lines.append(Line(since, "it is loud until a person takes it"))
    return sorted(lines, key=lambda one: one.at)


def _alarm(alert: Alert) -> str:
    if alert.review:
        return "in review, and nobody has looked: closed as unclear"
    if alert.state in TAKEN:
        return f"{SAID[alert.state]}: an alarm sounds until a person takes it"
    return f"{SAID[alert.state]}: an alarm sounds in the control room until a person takes it"


def _if_raised(facts: Facts, policy: Policy, now: datetime, choice: Decision) -> list[Line]:
    if facts.severity not in policy.auto_dispatch_severities:
        waits = f"nobody has looked: an alarm sounds (attention_s {policy.attention_s:g})"
        return [
            Line(now, "listed in the control room; no patrol is sent by itself"),
            Line(now + timedelta(seconds=policy.attention_s), waits),
        ]
    order = [one.name for one in choice.candidates if one.cost_s is not None]
    if not order:
        return [Line(now, "nobody can be sent: an alarm sounds at once")]
    lines = []
    for number, name in enumerate(order[:ASKED_AFTER]):
        asked_at = now + timedelta(seconds=number * policy.answer_s)
        why = choice.candidates[0].reason if number == 0 else "no answer before"
        for step, channels in enumerate(policy.channels):
            at_s = step * policy.receipt_s
            if at_s >= policy.answer_s:
                break
            said = f"offered to {name} ({why}) over" if step == 0 else f"{name} has no receipt:"
            lines.append(Line(asked_at + timedelta(seconds=at_s), f"{said} {', '.join(channels)}"))
    alarm = "nobody has accepted: an alarm sounds in the control room until a person takes it"
    lines.append(Line(now + timedelta(seconds=policy.unaccepted_s), alarm))
    return sorted(lines, key=lambda one: one.at)


def _order(choice: Decision, but: PatrolId | None) -> str:
    names = [one.name for one in choice.candidates if one.cost_s is not None and one.patrol != but]
    return f"{', then '.join(names[:ASKED_AFTER])} is asked" if names else ""


def _after(begin: datetime, at: datetime | None) -> str:
    return "" if at is None else f"after {max(0.0, (at - begin).total_seconds()):.1f} s"


def _line(one: Line) -> dict[str, str]:
    return {"at": one.at.isoformat(), "says": one.says}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value
