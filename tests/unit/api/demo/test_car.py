"""A car on the streets while time passes."""

from __future__ import annotations

import pytest

from api.demo.car import Car
from api.demo.streets import SPEED_MPS, Edge, Node, Streets, metres

A: Node = (24.94, 60.17)
B: Node = (24.942, 60.17)
C: Node = (24.944, 60.17)
SPEED = SPEED_MPS[3]


def both_ways(a: Node, b: Node) -> list[tuple[Node, Edge]]:
    length = metres(a, b)
    return [(a, Edge(b, length, SPEED)), (b, Edge(a, length, SPEED))]


@pytest.fixture
def streets() -> Streets:
    edges: dict[Node, list[Edge]] = {}
    for node, edge in [*both_ways(A, B), *both_ways(B, C)]:
        edges.setdefault(node, []).append(edge)
    return Streets(edges)


def test_it_stands_until_it_is_sent_and_at_its_goal(streets: Streets) -> None:
    car = Car(streets, A)
    car.advance(100)
    assert car.stands
    car.drive_to(C)
    car.advance(metres(A, C) / SPEED + 0.01)
    assert car.stands
    assert car.place == C


def test_half_the_time_is_half_the_way(streets: Streets) -> None:
    car = Car(streets, A)
    car.drive_to(B, pace=2.0)
    car.advance(metres(A, B) / SPEED / 4)
    assert car.place[0] == pytest.approx((A[0] + B[0]) / 2)
    assert not car.stands


def test_it_turns_at_the_next_corner_not_between_houses(streets: Streets) -> None:
    car = Car(streets, A)
    car.drive_to(C)
    car.advance(metres(A, B) / SPEED / 2)
    before = car.place
    car.drive_to(A)
    assert car.place == before
    car.advance(metres(A, B) / SPEED / 4)
    assert car.place[0] > before[0]
    car.advance(metres(A, C) / SPEED)
    assert car.place == A


def test_stopping_stands_at_the_next_corner(streets: Streets) -> None:
    car = Car(streets, A)
    car.drive_to(C)
    car.advance(1)
    car.stop()
    car.advance(1000)
    assert car.place == B
