"""How crews answer, with the dice in hand."""

from __future__ import annotations

from random import Random
from statistics import median

from api.demo.fleet import BUSY, IN_THE_TUNNEL, STEADY
from api.demo.temper import MAX_REACTION_S, MIN_REACTION_S, OUTCOMES, Temper, outcome_of
from detect.rules import KINDS


def test_reactions_are_human() -> None:
    dice = Random(1)
    times = [Temper(reaction_s=4.0).reaction(dice) for _ in range(2000)]
    assert min(times) >= MIN_REACTION_S
    assert max(times) <= MAX_REACTION_S
    assert 3.5 < median(times) < 4.5


def test_some_decline_and_give_a_reason_and_the_steady_never_do() -> None:
    dice = Random(2)
    refusals = [BUSY.refusal(dice) for _ in range(1000)]
    assert 400 < sum(reason is not None for reason in refusals) < 600
    assert all(STEADY.refusal(dice) is None for _ in range(1000))


def test_the_tunnel_outlasts_an_offer() -> None:
    from api.settings import PolicySettings

    assert IN_THE_TUNNEL.tunnel is not None
    assert IN_THE_TUNNEL.tunnel.lasts_s > PolicySettings().answer_s


def test_every_kind_of_alert_has_its_outcomes() -> None:
    assert set(OUTCOMES) == set(KINDS)
    dice = Random(3)
    for kind in [*KINDS, "unheard of"]:
        outcome, note = outcome_of(kind, dice)
        assert outcome in ("real", "false")
        assert note
