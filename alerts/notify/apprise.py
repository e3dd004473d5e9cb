"""Apprise: SMS gateways, messengers, e-mail; a short text in the language of who reads it.

Of its services those are allowed that were looked at: they talk to one host, which is the service's
own or is checked as every address that others give, and they open no file and no program.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import apprise

from alerts.notification import Endpoint
from alerts.notify.address import EndpointUnfit, fields, text
from alerts.notify.channel import Message, MessageRefused, TryAgain
from alerts.notify.outward import Outward
from alerts.notify.saying import HOUR_S, MINUTE_S
from alerts.notify.words import LANGUAGES, headline, summary

CHANNEL = "apprise"
WITHIN_S = 9.0
CONNECT_S, READ_S = 3.0, 5.0
MOST_ABANDONED = 32
"""Sendings that did not end in time and whose threads are still there; with more, none is begun."""
DEFAULT_LANGUAGE = "kk"

OF_A_SERVICE = frozenset(
    """46elks atalk brevo bulksms clickatell clicksend cm d7sms discord gchat mailersend mailgun
    msg91 msgbird nexmo octopush opsgenie pagerduty plivo postmark pover sendgrid sendpulse sinch
    slack smsc sns sparkpost telesign telnyx tgram threema twilio viber vonage whatsapp
    wxteams""".split()
)
"""Schemes whose service is one company's, spoken to over TLS: the host is not the address's to
choose."""
OF_A_HOST = frozenset(
    """form forms gotify gotifys json jsons mailto mailtos mmost mmosts ntfy ntfys signal signals
    smseagle smseagles xml xmls""".split()
)
"""Schemes whose host the address names."""
PARAMETERS = frozenset(
    """batch bcc cc channel from id key method mode name nick pass priority reply route secret
    sender silent sid smtp source text thread to token topic type user""".split()
)
"""What an address may say behind its question mark. Not: files, keys of files, templates, or that
certificates are not checked."""
HEADERS = (" ", "+", "-", ":")
"""What headers and fields of a body begin with; a plus comes out of an address as a space."""
STATUS = re.compile(r"error=(\d{3})\b")

_preparing = threading.Lock()
_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class _Ear(logging.Handler):
    """Takes nothing but HTTP status codes from what Apprise logs: the rest holds secrets."""

    def emit(self, record: logging.LogRecord) -> None:
        heard = _heard.get()
        if heard is not None:
            heard += STATUS.findall(record.getMessage())


@cache
def _made_ready() -> None:
    """Once, when first needed: its services are loaded, its log goes nowhere but to the ear."""
    log = logging.getLogger("apprise")
    log.propagate = False
    log.setLevel(logging.WARNING)
    log.handlers[:] = [_Ear()]
    for name in ("urllib3", "requests"):  # their lines hold whole addresses
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():  # of what its services import
        warnings.simplefilter("ignore")
        apprise.Apprise.instantiate("json://localhost")


@dataclass(slots=True)
class _Sending:
    """One sending on its own thread, which may outlast our patience."""

    plugin: Any
    title: str
    body: str
    heard: list[str] = field(default_factory=list)
    taken: bool = False
    failed: str = ""
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        _heard.set(self.heard)
        try:
            asked = apprise.Apprise(asset=self.plugin.asset)
            asked.add(self.plugin)
            plain = apprise.NotifyFormat.TEXT
            self.taken = bool(asked.notify(body=self.body, title=self.title, body_format=plain))
        except Exception as error:  # a service's own fault, of any kind; its text may hold secrets
            self.failed = type(error).__name__
        finally:
            self.done.set()


class ByApprise:
    """Implements `alerts.notify.channel.Channel` and `alerts.notify.address.Admits`."""

    name = CHANNEL
    schedule_s: tuple[float, ...] = (
        *(2, 5, 15, 30, MINUTE_S, 2 * MINUTE_S, 5 * MINUTE_S, 10 * MINUTE_S, 20 * MINUTE_S),
        *(HOUR_S, 2 * HOUR_S, 2 * HOUR_S),
    )
    give_up_s: float | None = 6 * HOUR_S
    """A text to a person about a thing of yesterday helps nobody."""

    def __init__(
        self,
        outward: Outward,
        link: Callable[[Message], str] = lambda message: "",
        within_s: float = WITHIN_S,
    ) -> None:
        """`link`: where a message's alert can be looked at; empty when that is not known."""
        self._outward = outward
        self._link = link
        self._within_s = within_s
        self._lock = threading.Lock()
        self._abandoned: set[int] = set()

    def admit(self, secret: str, options: Mapping[str, Any]) -> str:
        """The scheme, and of e-mail and free hosts the host; see `Admits`."""
        url = text(fields(secret), "url")
        if options.get("language", DEFAULT_LANGUAGE) not in LANGUAGES:
            raise EndpointUnfit(f"language must be one of {', '.join(LANGUAGES)}")
        try:
            host = self._checked(_plugin(url))
        except (MessageRefused, TryAgain) as error:
            raise EndpointUnfit(str(error)) from error
        return f"{_scheme(url)}://{host or '...'}"

    def send(self, message: Message, endpoint: Endpoint, secret: str) -> str:
        """Say it in words; see `Channel`."""
        try:
            plugin = _plugin(text(fields(secret), "url"))
            self._checked(plugin)
        except (EndpointUnfit, MessageRefused) as error:  # the address is at fault
            raise TryAgain(str(error)) from error
        language = str(endpoint.options.get("language", DEFAULT_LANGUAGE))
        body = summary(message, language, self._link(message))
        sending = _Sending(plugin, headline(message, language), body)
        self._run(sending)
        if sending.taken:
            return "taken"
        why = f"the service answered {sending.heard[-1]}" if sending.heard else "it was not taken"
        raise TryAgain(sending.failed or why)

    def close(self) -> None:
        """Threads that still wait for a service end with its own time limits."""

    def _run(self, sending: _Sending) -> None:
        with self._lock:
            if len(self._abandoned) >= MOST_ABANDONED:
                raise TryAgain("too many sendings have not ended")
        thread = threading.Thread(target=self._whole, args=(sending,), daemon=True)
        thread.start()
        if not sending.done.wait(self._within_s):
            with self._lock:
                if not sending.done.is_set():
                    self._abandoned.add(id(sending))
            raise TryAgain("no answer in time")

    def _whole(self, sending: _Sending) -> None:
        sending.run()
        with self._lock:
            self._abandoned.discard(id(sending))

    def _checked(self, plugin: Any) -> str:
        """The host that will be dialled, if the address chose it. Raises as `Outward.pin` does."""
        if plugin.schema not in OF_A_HOST:
            return ""
        host, secure = str(plugin.host or ""), bool(plugin.secure)
        if plugin.schema in ("mailto", "mailtos"):
            host, secure = str(plugin.smtp_host), str(plugin.secure_mode) != "insecure"
        elif plugin.schema in ("ntfy", "ntfys") and getattr(plugin, "mode", "") == "cloud":
            return "ntfy.sh"
        self._outward.pin(host, int(plugin.port or 0), secure=secure)
        return host


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()


def _plugin(url: str) -> Any:
    """The service of an address, made ready. Raises `EndpointUnfit`; the address is not shown."""
    scheme = _scheme(url)
    if scheme not in OF_A_SERVICE | OF_A_HOST:
        raise EndpointUnfit(f"the service {scheme[:32]!r} is not among those that are allowed")
    try:
        said = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError as error:
        raise EndpointUnfit("the address cannot be read") from error
    for name, _ in said:
        if name.lower() not in PARAMETERS and not name.startswith(HEADERS):
            raise EndpointUnfit(f"an address may not say {name[:32]!r} behind its question mark")
    with _preparing:
        _made_ready()
    asset = apprise.AppriseAsset(
        app_id="Qalqan",
        app_desc="Qalqan",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        http_redirects=False,
        storage_mode="memory",
        allow_templates=False,
    )
    plugin = apprise.Apprise.instantiate(url, asset=asset)
    if plugin is None or str(plugin.schema) != scheme:
        raise EndpointUnfit(f"this is not an address of the service {scheme}")
    plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECT_S, READ_S
    return plugin
