from __future__ import annotations

import pytest

from alerts.dispatch.needs import MOST, Needs, capabilities, lacking, needs_of
from alerts.policy import Policy

POLICY = Policy(
    required_capabilities={"weapon": ("armed",), "critical": ("vehicle",)},
    preferred_capabilities={
        "person_down": ("medical",),
        "person_down/critical": ("defibrillator", "vehicle"),
    },
)


@pytest.mark.parametrize(
    ("kind", "severity", "needs"),
    [
        ("loitering", "low", Needs()),
        ("weapon", "high", Needs(("armed",))),
        ("weapon", "critical", Needs(("armed", "vehicle"))),
        ("person_down", "high", Needs((), ("medical",))),
        ("person_down", "critical", Needs(("vehicle",), ("defibrillator", "medical"))),
    ],
)
def test_what_stands_under_the_kind_and_the_severity(
    kind: str, severity: str, needs: Needs
) -> None:
    assert needs_of(kind, severity, POLICY) == needs


def test_a_city_that_says_nothing_requires_nothing() -> None:
    assert needs_of("person_down", "critical", Policy()) == Needs((), ("medical",))


def test_what_is_lacking() -> None:
    assert lacking(("a", "b"), ("b", "c", "d")) == ("c", "d")


def test_capabilities_are_words() -> None:
    assert capabilities(["vehicle", "k9", "vehicle"]) == ("k9", "vehicle")
    assert capabilities([]) == ()


@pytest.mark.parametrize("word", ["", "K9", "дети", "a b", "-a", "a" * 33, "a,b"])
def test_what_is_no_word(word: str) -> None:
    with pytest.raises(ValueError, match="a capability is a word"):
        capabilities([word])


def test_there_are_not_too_many() -> None:
    with pytest.raises(ValueError, match="at most 16"):
        capabilities(f"w{n}" for n in range(MOST + 1))
