"""Which channels this installation has: the one place where their adapters are put together."""

from __future__ import annotations

from alerts.notify.channel import Channel
from alerts.notify.outward import Outward
from alerts.notify.webpush import WebPush
from api.push.keys import push_key_at
from api.settings import Settings
from detect.moment import utc_now


def channels_of(settings: Settings) -> dict[str, Channel]:
    """By the name that endpoints call them by."""
    made: list[Channel] = [_web_push(settings)]
    return {one.name: one for one in made}


def _web_push(settings: Settings) -> Channel:
    key = push_key_at(settings.push_key_file)
    outward = Outward(settings.outward_networks)
    return WebPush(key, outward, utc_now, settings.push_contact)
