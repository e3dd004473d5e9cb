"""Who may do what: grants behind bearer tokens, hashed at rest, and the port to keep them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from alerts.alert import PatrolId


class Role(StrEnum):
    OPERATOR = "operator"
    PATROL = "patrol"
    INTEGRATOR = "integrator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Grant:
    """A token's meaning. The token itself is shown once and never stored."""

    id: str
    digest: str
    """SHA-256 of the token's 256 random bits, hex."""
    role: Role
    name: str
    """Who it was given to, for the account of steps."""
    patrol: PatrolId | None
    """For role `patrol`: which unit it speaks for."""
    one_time: bool
    """A sign-in code: works once, then it is spent."""
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    parent: str | None = None
    """Of a session or a code: the grant that it came of, with which it ends."""


class GrantStore(Protocol):
    """Where grants are kept. Each call is one transaction; raises `StoreUnavailable`."""

    def add(self, grant: Grant) -> None: ...

    def by_digest(self, digest: str) -> Grant | None: ...

    def spend(self, digest: str, at: datetime) -> Grant | None:
        """Take a one-time grant: returned exactly once over all callers, None afterwards."""
        ...

    def revoke(self, grant_id: str, at: datetime) -> bool: ...

    def ended_count(self) -> int:
        """How many grants were revoked or spent, ever: unchanged, nobody was since."""
        ...

    def ended(self) -> frozenset[str]:
        """The ids of those."""
        ...

    def list(self) -> list[Grant]: ...
