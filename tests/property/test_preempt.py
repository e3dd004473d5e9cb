"""Whatever happens: a patrol is taken for something graver alone, once, and without a chain."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from alerts.alert import SYSTEM, AlertId, Outcome, State, Step
from alerts.dispatch.replay import replay
from alerts.errors import AlertsError
from alerts.policy import Policy
from alerts.service import Answer
from detect.incident import SEVERITIES
from tests.support.patrols import OPERATOR, Desk, by

POLICY = Policy(
    auto_dispatch_severities=SEVERITIES,
    group_within_s=0,
    refusal_s=100,
    answer_s=30,
    preempt_gain_s=20,
    required_capabilities={"critical": ("armed",)},
)
KINDS = ("intrusion", "loitering", "fire", "person_down")
WHAT = st.one_of(
    st.tuples(
        st.just("raise"),
        st.sampled_from(["critical", "critical", "high", "medium", "low"]),
        st.sampled_from(["north-gate", "next-door", "far-away"]),
        st.sampled_from(KINDS),
    ),
    st.tuples(st.just("answer"), st.integers(0, 3), st.sampled_from(list(Answer))),
    st.tuples(st.just("close"), st.integers(0, 3)),
    st.tuples(st.just("drive"), st.integers(0, 3), st.integers(-9000, 9000)),
    st.tuples(st.just("wait"), st.sampled_from([1, 10, 31, 130])),
    st.tuples(st.just("arm"), st.integers(0, 3), st.booleans()),
)


class City:
    """A desk with four patrols, and what may happen to it."""

    def __init__(self) -> None:
        self.desk = Desk(policy=POLICY)
        self.units = [self.desk.unit(f"Unit {n}", 700.0 * n) for n in range(4)]
        for unit in self.units:
            self.desk.service.set_capabilities(unit, ["armed"])
        self.count = 0
        for severity in ("medium", "high", "low", "medium"):
            self.raise_(severity, "north-gate", "loitering")

    def raise_(self, severity: str, camera: str, kind: str) -> None:
        self.count += 1
        self.desk.now += timedelta(seconds=2)  # the one before has ended: this is another
        now = self.desk.now
        self.desk.receive(
            self.count, severity=severity, camera=camera, kind=kind, ended_at=now, end_s=60.0
        )

    def answer(self, number: int, answer: Answer) -> None:
        unit = self.units[number]
        busy = self.desk.service.patrol(unit).busy_with
        if busy is not None:
            self.desk.service.answer(busy, unit, answer, by(unit))

    def close(self, number: int) -> None:
        busy = self.desk.service.patrol(self.units[number]).busy_with
        if busy is not None:
            self.desk.service.close(busy, OPERATOR, Outcome.REAL)

    def drive(self, number: int, north_m: float) -> None:
        self.desk.stand(self.units[number], north_m)

    def wait(self, seconds: float) -> None:
        self.desk.wait(seconds, *self.units)

    def arm(self, number: int, armed: bool) -> None:
        self.desk.service.set_capabilities(self.units[number], ["armed"] if armed else [])


@given(st.lists(WHAT, min_size=5, max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_taken_for_something_graver_alone_once_and_without_a_chain(
    happenings: list[tuple[str, object]],
) -> None:
    city = City()
    for name, *given_ in happenings:
        before = {one.id: len(account(city, one.id)) for one in city.desk.service.page(1000)}
        try:
            getattr(city, "raise_" if name == "raise" else name)(*given_)
        except AlertsError:
            pass
        if name != "wait":  # a round is many commits, whatever else is one
            a_commit_takes_one_at_most(city, before)
        a_patrol_has_one_alert_that_names_it(city)
    accounts = {one.id: account(city, one.id) for one in city.desk.service.page(1000)}
    taken = [step for steps in accounts.values() for step in steps if step.action == "preempt"]
    event(f"taken: {len(taken)}")
    event(f"alerts: {len(accounts) // 5 * 5}")
    for alert, steps in accounts.items():
        left_at = [at for at, step in enumerate(steps) if step.action == "preempt"]
        assert len(left_at) <= 1, "left twice"
        for at in left_at:
            it_was_right(city, alert, steps, at, accounts)
        for step in steps:
            every_decision_is_sound(step, accounts)


def account(city: City, alert: AlertId) -> list[Step]:
    return city.desk.service.alert(alert).steps


def a_commit_takes_one_at_most(city: City, before: dict[AlertId, int]) -> None:
    fresh = [
        step.action
        for one in city.desk.service.page(1000)
        for step in account(city, one.id)[before.get(one.id, 0) :]
    ]
    assert Counter(fresh)["preempt"] <= 1, "a chain"


def a_patrol_has_one_alert_that_names_it(city: City) -> None:
    named = [
        (one.patrol, one.id)
        for one in city.desk.service.page(1000)
        if one.patrol is not None and one.state is not State.CLOSED
    ]
    has = [(one.id, one.busy_with) for one in city.desk.service.patrols() if one.busy_with]
    assert sorted(named) == sorted(has)


def it_was_right(
    city: City, alert: AlertId, steps: list[Step], at: int, accounts: dict[AlertId, list[Step]]
) -> None:
    step = steps[at]
    graver = AlertId(step.detail["graver"])
    assert city.desk.alert(graver).severity == "critical"
    assert city.desk.alert(alert).severity != "critical"
    assert step.before in (State.DISPATCHED, State.ACCEPTED, State.EN_ROUTE)
    assert steps[at + 1].action in ("dispatch", "escalate"), "it goes on in the same commit"
    assert not any(one.action == "preempt" for one in accounts[graver]), "a chain"
    for later in steps[at + 1 :]:
        returned = later.action == "dispatch" and later.detail["patrol"] == step.detail["patrol"]
        if returned and later.actor == str(SYSTEM):
            assert (later.at - step.at).total_seconds() >= POLICY.refusal_s, "to and fro"


def every_decision_is_sound(step: Step, accounts: dict[AlertId, list[Step]]) -> None:
    """Explained, the chosen one first, nobody who cannot go; and the same when made again."""
    decision = step.detail.get("decision")
    if decision is None:
        return
    candidates = decision["candidates"]
    assert all(one["reason"] for one in candidates)
    chosen = [at for at, one in enumerate(candidates) if one["chosen"]]
    assert chosen == ([] if decision["chosen"] is None else [0])
    if chosen:
        units = {row[0]: row for row in decision["inputs"]["units"]}
        _, _, on_duty, busy, _, _, old_s, *more = units[decision["chosen"]]
        taken_from = decision["inputs"].get("takeable", {}).get(decision["chosen"])
        assert on_duty
        assert old_s <= POLICY.exclude_s
        assert busy is None or taken_from in SEVERITIES[1:]
        able = more[0] if more else []
        assert set(decision["inputs"].get("required", [])) <= set(able)
        assert decision["chosen"] not in decision["inputs"]["excluded"]
    again = replay(step, None, lambda alert: accounts[alert])
    assert again is not None
    assert again.same, again.says
