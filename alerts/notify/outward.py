"""One HTTP POST to an address that somebody else has given: bounded in time and size, sent nowhere
but to the public internet or to networks that the operator has named.

The name is resolved once and that very address is dialled: a name that changes its mind between
the check and the call gains nothing. Redirects are not followed.
"""

from __future__ import annotations

import contextlib
import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as Headers
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from alerts.notify.channel import MessageRefused, TryAgain

WITHIN_S = 9.0
LOOK_UP_S = 5.0
MOST_BYTES = 4096
"""So much of a reply's body is read."""
MAX_URL = 2048
LONGEST_WAIT_S = 3600.0
EMBEDDING = (ip_network("64:ff9b::/96"), ip_network("2002::/16"), ip_network("2001::/32"))
"""Addresses behind which another stands."""

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""The numeric addresses of a host. Raises `OSError`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int
    headers: Headers
    body: bytes
    """Its beginning."""

    @property
    def line(self) -> str:
        """One line for a log."""
        said = " ".join(self.body[:200].decode("utf-8", "replace").split())
        shown = "".join(one for one in said if one.isprintable())
        return f"{self.status} {shown}".strip()


class Outward:
    """Thread-safe; every call is a connection of its own."""

    def __init__(
        self,
        networks: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        """`networks`: not public, and allowed all the same; in them plain http is allowed, too."""
        self._networks = tuple(ip_network(one) for one in networks)
        self._tls = tls or ssl.create_default_context()
        self._resolve = resolve or _resolve

    def check(self, url: str) -> SplitResult:
        """What can be said without a look-up. Raises `MessageRefused` in one line."""
        parts = split(url)
        with contextlib.suppress(ValueError):
            self._admit([ip_address(parts.hostname or "")], parts.scheme == "https")
        return parts

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, within_s: float = WITHIN_S
    ) -> Answer:
        """Raises `MessageRefused` where it may not go, `TryAgain` where it does not get through."""
        until = time.monotonic() + within_s
        parts = self.check(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        address = self.pin(host, port, secure=parts.scheme == "https")
        tls = self._tls if parts.scheme == "https" else None
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = _Pinned(host, port, address, tls, until)
        try:
            with connection.ended_in_time():
                connection.request("POST", path, body, dict(headers))
                reply = connection.getresponse()
                return Answer(reply.status, reply.msg, reply.read(MOST_BYTES))
        except (OSError, http.client.HTTPException) as error:
            why = "no answer in time" if time.monotonic() >= until else _why(error)
            raise TryAgain(f"{host}: {why}") from error
        finally:
            connection.close()

    def pin(self, host: str, port: int, *, secure: bool) -> str:
        """The numeric address to dial for a host, now. Raises `MessageRefused`, `TryAgain`."""
        with contextlib.suppress(ValueError):
            return str(self._admit([ip_address(host.partition("%")[0])], secure))
        found = [ip_address(one.partition("%")[0]) for one in self._looked_up(host, port)]
        return str(self._admit(found, secure))

    def _looked_up(self, host: str, port: int) -> Sequence[str]:
        """On a thread of its own: the system's look-up knows no time limit."""
        answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=look_up, name="look-up", daemon=True).start()
        try:
            answer = answers.get(timeout=LOOK_UP_S)
        except queue.Empty as error:
            raise TryAgain(f"{host} was not found in time") from error
        if isinstance(answer, Exception):
            raise TryAgain(f"{host} is not found ({_why(answer)})") from answer
        return answer

    def _admit(self, found: Sequence[Address], secure: bool) -> Address:
        """The first address, if it may be dialled; one that may not spoils all."""
        if not found:
            raise TryAgain("the host has no address")
        for address in found:
            named = any(address in network for network in self._networks)
            if not named and not is_public(address):
                raise MessageRefused(f"{address} is not a public address, and not in the settings")
            if not named and not secure:
                raise MessageRefused("over the internet only TLS (https) is spoken")
        return found[0]


def split(url: str) -> SplitResult:
    """An absolute http(s) address without a user in it. Raises `MessageRefused`."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise MessageRefused("the address is too long or has characters that none has")
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise MessageRefused("the address cannot be read") from error
    if parts.scheme not in ("https", "http") or not usable or parts.username is not None:
        raise MessageRefused("the address must be https://HOST/..., without a user")
    return parts


def is_public(address: Address) -> bool:
    """Whether it lies on the open internet."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in EMBEDDING):
            return False
    return address.is_global and not address.is_multicast


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked, whatever the name says by now."""

    def __init__(
        self, host: str, port: int, address: str, tls: ssl.SSLContext | None, until: float
    ) -> None:
        super().__init__(host, port)
        self._address = address
        self._secure = tls
        self._until = until
        if tls is not None:  # what the Host header leaves out
            self.default_port = 443

    def connect(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock = socket.create_connection((self._address, self.port), left)
        if self._secure is not None:
            self.sock = safe = self._secure.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            safe.do_handshake()  # only now: what is cut at its time is `self.sock`

    @contextlib.contextmanager
    def ended_in_time(self) -> Iterator[None]:
        """Cuts the connection at its time: one that drips a byte a second would never end."""
        timer = threading.Timer(max(0.0, self._until - time.monotonic()), self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        if (taken := self.sock) is not None:
            with contextlib.suppress(OSError):  # it has ended meanwhile
                # Of the plain socket: that of TLS would take the cipher from under its reader.
                socket.socket.shutdown(taken, socket.SHUT_RDWR)


def _resolve(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def _why(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(said).split())[:200]


def retry_after(said: str | None, now: datetime) -> float | None:
    """Seconds, from either form of the header (RFC 9110, 10.2.3); None when it says nothing."""
    if said is None:
        return None
    text = said.strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return min(float(text), LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), LONGEST_WAIT_S)
