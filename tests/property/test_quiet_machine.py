"""The life of alerts again, in a city where people silence and shelve: nothing grave is hidden."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, rule

from alerts.alert import Actor, State
from alerts.calm import silence_desk
from alerts.calm.quiet import silence_of
from alerts.calm.silence import GRAVEST, Circle, SilenceId
from alerts.calm.silence_desk import SilenceOrder
from alerts.errors import AlertsError
from ingest.camera import CameraId
from tests.property.test_case_machine import CAMERAS, KINDS, AlertLife
from tests.support.patrols import OPERATOR

ADMIN = Actor("admin", "dana")
ABOUT = st.sampled_from([None, Circle(60.17, 24.94, 60)])


class QuietLife(AlertLife):
    """Everything that `AlertLife` does and demands, and silences beside it."""

    made = Bundle("made")

    @initialize()
    def name_silences_in_order(self) -> None:
        self.patches = pytest.MonkeyPatch()
        self.patches.setattr(silence_desk, "uuid7", lambda _now: self.next_id(_now))

    def teardown(self) -> None:
        if hasattr(self, "patches"):
            self.patches.undo()
        super().teardown()

    @rule(
        target=made,
        camera=st.one_of(st.none(), CAMERAS),
        kind=KINDS,
        within=ABOUT,
        minutes=st.sampled_from([1, 5, 60]),
        critical=st.booleans(),
    )
    def silences(
        self, camera: str | None, kind: str, within: Circle | None, minutes: int, critical: bool
    ) -> SilenceId:
        of = CameraId(camera) if camera else None
        lasts = timedelta(minutes=minutes)
        order = SilenceOrder("works", lasts, of, kind, None, within, critical)
        return self.desk.silences.make(order, ADMIN if critical else OPERATOR).id

    @rule(silence=made)
    def takes_a_silence_back(self, silence: SilenceId) -> None:
        self.desk.silences.end(silence, OPERATOR)
        assert all(one.silenced_by != silence for one in self.open())

    @rule(number=st.integers(0, 9), minutes=st.sampled_from([1, 15, 60]), admin=st.booleans())
    def shelves(self, number: int, minutes: int, admin: bool) -> None:
        alerts = self.desk.service.page(1000)
        if not alerts:
            return
        alert = alerts[number % len(alerts)]
        try:
            self.desk.silences.shelve(
                alert.id, ADMIN if admin else OPERATOR, timedelta(minutes=minutes), "not now"
            )
        except AlertsError:
            assert self.desk.alert(alert.id) == alert

    @rule(number=st.integers(0, 9))
    def takes_a_shelving_back(self, number: int) -> None:
        alerts = self.open()
        if alerts:
            alert = alerts[number % len(alerts)]
            assert self.desk.silences.unshelve(alert.id, OPERATOR).shelved_by is None

    def open(self) -> list:  # type: ignore[type-arg]
        return [one for one in self.desk.service.page(1000) if one.state is not State.CLOSED]

    @invariant()
    def what_is_quiet_is_nobodys_and_ends(self) -> None:
        for alert in self.open():
            if not alert.is_quiet:
                assert (alert.quiet_until, alert.quiet_why) == (None, "")
                continue
            assert alert.patrol is None
            assert alert.attention_by is not None
            assert not alert.waits_for_patrol
            assert not alert.review
            steps = [one.action for one in self.desk.service.alert(alert.id).steps]
            last = max(i for i, one in enumerate(steps) if one in ("silence", "shelve"))
            assert "wake" not in steps[last:]

    @invariant()
    def nothing_critical_is_quiet_unless_an_administrator_says_so(self) -> None:
        for alert in self.open():
            if alert.severity != GRAVEST or not alert.is_quiet:
                continue
            if alert.shelved_by is not None:
                assert alert.shelved_by == str(ADMIN)
            else:
                made = self.desk.silences.silence(SilenceId(str(alert.silenced_by)))
                assert made.critical
                assert made.by == str(ADMIN)

    @invariant()
    def a_silence_quiets_only_what_it_covers(self) -> None:
        for alert in self.open():
            if alert.silenced_by is None:
                continue
            made = self.desk.silences.silence(SilenceId(alert.silenced_by))
            linked = self.desk.service.alert(alert.id).incidents
            cameras = {str(one.payload["camera"]) for one in linked}
            assert made.camera in (None, *cameras)
            assert made.kind in (None, *alert.all_kinds)
            if made.within is None and made.camera is None:
                # Its incidents may lie under several: each must lie under one.
                made_all = self.desk.silences.page(1000)
                assert all(silence_of(alert, [one], made_all) for one in linked)


TestQuietLife = QuietLife.TestCase
TestQuietLife.settings = AlertLife.TestCase.settings
