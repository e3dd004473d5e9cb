"""Slows guessing down: how often an address may fail to sign in."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network


class SignInLimiter:
    """Counts failed sign-ins per address in a fixed window; remembers a bounded number of them."""

    def __init__(
        self,
        now: Callable[[], datetime],
        failures: int = 10,
        window: timedelta = timedelta(minutes=1),
        capacity: int = 4096,
    ) -> None:
        self._now = now
        self._failures = failures
        self._window = window
        self._capacity = capacity
        self._counts: OrderedDict[str, tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, address: str) -> int:
        """Whole seconds until `address` may try again; 0 when it may try now."""
        address, now = neighbourhood(address), self._now()
        with self._lock:
            count, since = self._counts.get(address, (0, now))
            left = since + self._window - now
            # More than a window: the clock was set back, which must lock nobody out for hours.
            if count < self._failures or not timedelta(0) < left <= self._window:
                return 0
            return max(1, round(left.total_seconds()))

    def failed(self, address: str) -> None:
        """Count one failure."""
        address, now = neighbourhood(address), self._now()
        with self._lock:
            count, since = self._counts.pop(address, (0, now))
            if not timedelta(0) <= now - since < self._window:
                count, since = 0, now
            self._counts[address] = (count + 1, since)
            while len(self._counts) > self._capacity:
                self._counts.popitem(last=False)

    def __len__(self) -> int:
        return len(self._counts)


def neighbourhood(address: str) -> str:
    """The address, or of IPv6 its /64: one caller has all of them."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ip_network((int(ip) >> 64 << 64, 64)))
    return address
