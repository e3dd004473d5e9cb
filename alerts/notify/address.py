"""What an endpoint keeps sealed, and what of it may be shown; the port of whoever can say that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import SplitResult

from alerts.errors import AlertsError


class EndpointUnfit(AlertsError):
    """The address cannot be an endpoint of that channel; says why, and shows no secret."""


class Admits(Protocol):
    """An adapter that knows addresses of its own before anything is sent to them."""

    name: str

    def admit(self, secret: str, options: Mapping[str, Any]) -> str:
        """What may be shown of the address. Raises `EndpointUnfit`."""
        ...


def fields(secret: str) -> dict[str, Any]:
    """The fields of a sealed text. Raises `EndpointUnfit`."""
    try:
        found = json.loads(secret)
    except ValueError as error:
        raise EndpointUnfit("the sealed address is not JSON") from error
    if not isinstance(found, dict):
        raise EndpointUnfit("the sealed address is not an object")
    return found


def text(found: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """One of them that is text. Raises `EndpointUnfit`."""
    value = found.get(name, default)
    if not isinstance(value, str):
        raise EndpointUnfit(f"the sealed address lacks {name}")
    return value


def shown(parts: SplitResult, path: bool = True) -> str:
    """An address without user, password, query and fragment, where secrets use to stand."""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    more = "?..." if parts.query else ""
    return f"{parts.scheme}://{host}{port}{parts.path if path else ''}{more if path else ''}"
