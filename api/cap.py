"""Who says what is exported in the Common Alerting Protocol: settings, and what follows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.cap import CapOrigin

if TYPE_CHECKING:
    from api.settings import Settings


class CapSettings(BaseModel):
    """What stands in every exported message."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: Annotated[str, Field(pattern=r"^[^\s,<&]{1,200}$")] | None = None
    """Unique in the world, e.g. `qalqan@alarm.example.kz`; by default of the first public host."""
    sender_name: Annotated[str, Field(min_length=1, max_length=200)] = "Qalqan"
    status: Literal["Actual", "Exercise", "Test"] = "Actual"
    """`Exercise` and `Test`: receivers must not act on it."""
    radius_m: Annotated[float, Field(gt=0, le=10_000)] = 100
    """How far around its camera's place an incident may be."""


def origin_of(settings: Settings) -> CapOrigin:
    """As the settings have it."""
    host = settings.public_hosts[0].rstrip(".") if settings.public_hosts else ""
    return CapOrigin(
        sender=settings.cap.sender or f"qalqan@{host or 'localhost'}",
        name=settings.cap.sender_name,
        status=settings.cap.status,
        radius_m=settings.cap.radius_m,
        web=f"https://{host}/" if host else "",
    )
