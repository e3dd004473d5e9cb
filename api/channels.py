"""Which channels this installation has: the one place where their adapters are put together."""

from __future__ import annotations

from alerts.notify.channel import Channel
from api.settings import Settings


def channels_of(settings: Settings) -> dict[str, Channel]:
    """By the name that endpoints call them by."""
    made: list[Channel] = []
    return {one.name: one for one in made}
