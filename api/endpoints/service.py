"""Addresses that people give, checked by their channel and sealed; new secrets for old ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from alerts.notification import CITY, Endpoint, EndpointId, Event
from alerts.notify.address import Admits, EndpointUnfit, fields, text
from alerts.notify.signing import SigningSecret, WebhookAddress, new_secret
from api.endpoints.schemas import ONLY_FOR, EndpointChange, NewEndpoint, Rotation
from api.problem import Problem, bad_value
from api.wiring import Services
from detect.ids import uuid7

OPTIONS = ("language", "topic_prefix", "retain")


def made(new: NewEndpoint, services: Services) -> tuple[Endpoint, str | None]:
    """The endpoint, and the signing secret to show once. Raises a 422 for an unfit address."""
    now = services.now()
    id_ = EndpointId(uuid7(now))
    secret: str | None = None
    if new.channel == "webhook":
        secret = new.signing_secret or new_secret()
        kept = WebhookAddress(new.url, (SigningSecret(secret),)).dump()
    elif new.channel == "mqtt":
        kept = _broker(new.url, new.username, new.password)
    else:
        kept = json.dumps({"url": new.url})
    options = _options(new.channel, new.model_dump(include=set(OPTIONS), exclude_none=True))
    endpoint = Endpoint(
        id=id_,
        channel=new.channel,
        owner=new.owner,
        name=new.name,
        sealed=services.vault.seal_text(kept, id_),
        created_at=now,
        events=tuple(Event(one) for one in new.events),
        severities=tuple(dict.fromkeys(new.severities)),
        shown=_admitted(services.admissions, new.channel, kept, options),
        options=options,
    )
    return endpoint, secret


def changed(
    known: Endpoint, change: EndpointChange, services: Services
) -> Callable[[Endpoint], Endpoint]:
    """What makes it as it is to be. Raises a 422 for what means nothing to its channel.

    Checked beforehand: a look-up of a name must not hold up everybody who writes.
    """
    given = change.model_dump(exclude_unset=True, exclude_none=True)
    _require_meaning(given, known)
    if known.owner != CITY and {"events", "severities"} & set(given):
        raise Problem(422, "events and severities are of the city's endpoints alone")
    options = {**known.options, **{key: given[key] for key in OPTIONS if key in given}}
    if options != known.options:
        kept = services.vault.open_text(known.sealed, known.id)
        _admitted(services.admissions, known.channel, kept, options)

    def change_it(fresh: Endpoint) -> Endpoint:
        wanted = replace(
            fresh,
            name=given.get("name", fresh.name),
            events=tuple(Event(one) for one in given.get("events", fresh.events)),
            severities=tuple(dict.fromkeys(given.get("severities", fresh.severities))),
            options=options,
        )
        if given.get("retired") is False and not fresh.in_use:
            anew = replace(wanted, retired_at=None, retired_why="")
            return replace(anew, failing_since=None, last_error="")
        return wanted

    return change_it


def rotated(
    known: Endpoint, order: Rotation, services: Services
) -> tuple[Callable[[Endpoint], Endpoint], str | None]:
    """What gives it new secrets, and the signing secret to show once. Raises a 422."""
    _require_meaning(order.model_dump(exclude_unset=True, exclude_none=True), known)
    before = services.vault.open_text(known.sealed, known.id)
    secret: str | None = None
    if known.channel == "webhook":
        secret = order.signing_secret or new_secret()
        address = WebhookAddress.parse(before).rotated(secret, services.now(), order.keep_s)
        kept = replace(address, url=order.url or address.url).dump()
    elif known.channel == "mqtt":
        kept = _rotated_broker(fields(before), order)
    elif order.url is None:
        raise bad_value("/url", "this key is needed")
    else:
        kept = json.dumps({"url": order.url})
    shown = _admitted(services.admissions, known.channel, kept, known.options)
    sealed = services.vault.seal_text(kept, known.id)
    return lambda fresh: replace(fresh, sealed=sealed, shown=shown), secret


def _rotated_broker(before: Mapping[str, Any], order: Rotation) -> str:
    if order.password is None:  # a new address must not get to know the password of the old
        raise bad_value("/password", "this key is needed")
    name = order.username if order.username is not None else text(before, "username", "")
    return _broker(order.url or text(before, "url"), name, order.password)


def _require_meaning(given: Mapping[str, Any], known: Endpoint) -> None:
    for key in given:
        if known.channel not in ONLY_FOR.get(key, {known.channel}):
            raise bad_value(f"/{key}", f"means nothing to the channel {known.channel}")


def _options(channel: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if channel in ONLY_FOR[key]}


def _broker(url: str, username: str | None, password: str | None) -> str:
    return json.dumps({"url": url, "username": username or "", "password": password or ""})


def _admitted(
    admissions: Mapping[str, Admits], channel: str, kept: str, options: Mapping[str, Any]
) -> str:
    """What may be shown of it. Raises a 422 that says why it is unfit."""
    try:
        return admissions[channel].admit(kept, options)
    except EndpointUnfit as error:
        raise bad_value("/url", str(error)) from error
