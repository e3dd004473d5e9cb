"""Which channels this installation has: the one place where their adapters are put together."""

from __future__ import annotations

from collections.abc import Callable

from alerts.notify.address import Admits
from alerts.notify.apprise import ByApprise
from alerts.notify.channel import Channel, Message
from alerts.notify.mqtt import Mqtt
from alerts.notify.outward import Outward
from alerts.notify.webhook import Webhook
from alerts.notify.webpush import WebPush
from api.push.keys import push_key_at
from api.settings import Settings
from detect.moment import utc_now


def channels_of(settings: Settings) -> dict[str, Channel]:
    """By the name that endpoints call them by."""
    made: list[Channel] = [_web_push(settings), *_given(settings)]
    return {one.name: one for one in made}


def admissions_of(settings: Settings) -> dict[str, Admits]:
    """Those whose addresses people give, to check them."""
    return {one.name: one for one in _given(settings)}


def _web_push(settings: Settings) -> Channel:
    key = push_key_at(settings.push_key_file)
    outward = Outward(settings.outward_networks)
    return WebPush(key, outward, utc_now, settings.push_contact)


def _given(settings: Settings) -> tuple[Webhook, ByApprise, Mqtt]:
    outward = Outward(settings.outward_networks)
    return (
        Webhook(outward, utc_now),
        ByApprise(outward, link_of(settings.public_hosts)),
        Mqtt(outward, utc_now),
    )


def link_of(public_hosts: tuple[str, ...]) -> Callable[[Message], str]:
    """Where people look at a message's alert: the first public name, if there is one."""

    def link(message: Message) -> str:
        if not public_hosts or not message.alert:
            return ""
        page = "patrol" if ".patrol:" in message.id else ""
        return f"https://{public_hosts[0]}/{page}#alert={message.alert}"

    return link
