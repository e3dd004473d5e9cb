"""Apprise: the words people get, the addresses that are refused, and logs without secrets."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import State
from alerts.notification import Endpoint, EndpointId, Event, NotificationId
from alerts.notify.address import EndpointUnfit
from alerts.notify.apprise import OF_A_HOST, OF_A_SERVICE, ByApprise
from alerts.notify.channel import Message, TryAgain
from alerts.notify.outward import Outward
from alerts.notify.words import EVENT, KIND, LANGUAGES, SEVERITY, STATE, headline, summary
from api.alerts.schemas import EXAMPLE_ALERT
from api.channels import link_of
from detect.incident import SEVERITIES
from detect.rules import KINDS
from tests.support.receivers import LOOPBACK, http_receiver

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
LOCALES = Path("api/console/src/locales")


def message(event: Event = Event.ALERT, **data: Any) -> Message:
    id_ = NotificationId("a1.2.endpoint:e1")
    return Message(id_, event, "a1", 2, NOW, None, {**EXAMPLE_ALERT, **data})


def endpoint(language: str) -> Endpoint:
    options = {"language": language}
    return Endpoint(EndpointId("e1"), "apprise", "city", "Desk", b"", NOW, options=options)


def test_there_is_a_word_for_everything() -> None:
    assert set(KIND) >= set(KINDS)
    assert set(SEVERITY) == set(SEVERITIES)
    assert set(STATE) == {one.value for one in State}
    assert set(EVENT) == set(Event)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_the_consoles(language: str) -> None:
    for name, table in (("kind", KIND), ("severity", SEVERITY), ("state", STATE)):
        text = (LOCALES / language / f"{name}.ts").read_text("utf-8")
        for key, words in table.items():
            assert f'"{name}.{key}": "{words.of(language)}"' in text


def test_what_is_said_in_each_language() -> None:
    link = "https://alarm.example.kz/#alert=a1"
    one = message(Event.OFFER)
    assert headline(one, "kk") == "Шақыру: Рұқсатсыз кіру (жоғары)"
    assert headline(one, "ru") == "Вызов: Проникновение (высокая)"
    assert headline(one, "en") == "Call: Intrusion (high)"
    assert summary(one, "ru", link).split("\n") == [
        "Lawn, east side",
        "Человек в зоне «lawn»: 1.0 с.",
        link,
    ]
    alarm = message(Event.ALARM, state="escalated", place=None)
    assert summary(alarm, "en", "").split("\n") == [
        "lawn-east (place unknown)",
        'A person in "lawn" for 1.0 s.',
        "Needs an operator",
    ]
    assert headline(message(kind="of the future"), "en") == "Alert: Incident (high)"
    assert summary(message(Event.TEST), "kk", "").startswith("Qalqan")


def test_a_long_story_is_cut_but_its_link_is_not() -> None:
    link = "https://alarm.example.kz/#alert=a1"
    said = summary(message(why="x" * 5000, why_in={}), "en", link)
    assert len(said) < 400
    assert said.endswith(link)


def test_where_people_look() -> None:
    link = link_of(("alarm.example.kz",))
    assert link(message()) == "https://alarm.example.kz/#alert=a1"
    to_patrol = replace(message(), id=NotificationId("a1.1.patrol:p7"))
    assert link(to_patrol) == "https://alarm.example.kz/patrol#alert=a1"
    assert link_of(())(message()) == ""


def test_a_failing_service_says_its_status_and_no_secret(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    channel = ByApprise(Outward(LOOPBACK))
    with http_receiver() as server:
        url = f"json://user:s3cret@127.0.0.1:{server.port}/503?+X-Token=s3cret"
        with pytest.raises(TryAgain, match="answered 503") as error:
            channel.send(message(), endpoint("en"), json.dumps({"url": url}))
        assert server.requests[0][1]["X-Token"] == "s3cret"
    assert "s3cret" not in str(error.value)
    assert "s3cret" not in caplog.text
    assert "s3cret" not in "".join(capfd.readouterr())


def test_redirects_are_not_followed() -> None:
    channel = ByApprise(Outward(LOOPBACK))
    with http_receiver() as server:
        server.headers = {"Location": server.url("/ok")}
        secret = json.dumps({"url": f"json://127.0.0.1:{server.port}/302"})
        with pytest.raises(TryAgain):
            channel.send(message(), endpoint("en"), secret)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "tgram://123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/12345678",
        "twilio://AC" + "a" * 32 + ":" + "b" * 32 + "@+77010000000/+77010000001",
        "clicksend://city:t0ken@77010000001",
        "mailtos://qalqan:s3cret@127.0.0.1?from=a@example.kz&to=b@example.kz",
    ],
)
def test_what_a_city_uses_is_admitted_and_hidden(url: str) -> None:
    shown = ByApprise(Outward(LOOPBACK)).admit(json.dumps({"url": url}), {"language": "kk"})
    assert re.fullmatch(r"[a-z]+://(\.\.\.|127\.0\.0\.1)", shown)


def test_only_services_that_exist_are_allowed() -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from apprise.manager_plugins import NotificationManager

        known = NotificationManager()
        assert {one for one in OF_A_SERVICE | OF_A_HOST if one not in known} == set()


@pytest.mark.parametrize(
    ("url", "language", "says"),
    [
        ("apprise://127.0.0.1/token", "kk", "allowed"),
        ("mqtt://127.0.0.1/topic", "kk", "allowed"),
        ("json://127.0.0.1/?cto=100", "kk", "cto"),
        ("mailto://127.0.0.1?pgpkey=/etc/passwd", "kk", "pgpkey"),
        ("json://127.0.0.1", "fr", "language"),
        ("json://[::1", "kk", "address"),
    ],
)
def test_unfit(url: str, language: str, says: str) -> None:
    with pytest.raises(EndpointUnfit, match=says):
        ByApprise(Outward(LOOPBACK)).admit(json.dumps({"url": url}), {"language": language})
