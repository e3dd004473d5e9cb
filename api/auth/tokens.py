"""Tokens, sign-in codes and sessions: 256 random bits each, of which only the digest is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from alerts.access import Grant, GrantStore, Role
from alerts.alert import PatrolId
from detect.ids import uuid7

TOKEN = "qk_"  # noqa: S105 - a prefix, not a secret
"""Begins a bearer token, valid until it is revoked or expires."""
CODE = "qc_"
"""Begins a one-time sign-in code."""
SESSION = "qs_"
"""Begins a session, held by a browser's cookie."""

CODE_LIFE = timedelta(minutes=10)
SESSION_LIFE = timedelta(hours=12)
MAX_SECRET_LENGTH = 64


def digest(secret: str) -> str:
    """SHA-256, hex. A plain hash suffices: the secret is 256 random bits, not a password.

    Grants are looked up by it, so timing tells at most how far a *digest* matched.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_grant(
    prefix: str,
    role: Role,
    name: str,
    now: datetime,
    patrol: PatrolId | None = None,
    life: timedelta | None = None,
    parent: str | None = None,
) -> tuple[str, Grant]:
    """A secret, which exists nowhere else, and what is to be stored of it."""
    secret = prefix + secrets.token_urlsafe(32)
    grant = Grant(
        id=uuid7(now),
        digest=digest(secret),
        role=role,
        name=name,
        patrol=patrol,
        one_time=prefix == CODE,
        created_at=now,
        expires_at=None if life is None else now + life,
        parent=parent,
    )
    return secret, grant


def issue_token(
    grants: GrantStore,
    role: Role,
    name: str,
    now: datetime,
    patrol: PatrolId | None = None,
    life: timedelta | None = None,
) -> str:
    """A new bearer token."""
    secret, grant = new_grant(TOKEN, role, name, now, patrol, life)
    grants.add(grant)
    return secret


def issue_sign_in_path(
    grants: GrantStore,
    role: Role,
    name: str,
    now: datetime,
    patrol: PatrolId | None = None,
    parent: str | None = None,
) -> str:
    """The path of a sign-in link that works once within `CODE_LIFE`; put the origin before it.

    `parent`: the token that it was made with, and with which it and its session end. The code is in
    the fragment: browsers send it to no server, so no log can hold it.
    """
    code, grant = new_grant(CODE, role, name, now, patrol, CODE_LIFE, parent)
    grants.add(grant)
    return f"{'/patrol' if role is Role.PATROL else '/'}#code={code}"


def open_session(grants: GrantStore, signed_in: Grant, now: datetime) -> str:
    """A session for who signed in with a code, a token or a session, with which it ends."""
    life = SESSION_LIFE
    if signed_in.expires_at is not None and not signed_in.one_time:
        life = min(life, signed_in.expires_at - now)
    role, name, patrol = signed_in.role, signed_in.name, signed_in.patrol
    secret, grant = new_grant(SESSION, role, name, now, patrol, life, parent=signed_in.id)
    grants.add(grant)
    return secret


def revoke(grants: GrantStore, grant_id: str, now: datetime) -> bool:
    """End a grant and all that came of it: codes, sessions, sessions of those.

    False if there is no such grant.
    """
    known = grants.list()
    if not any(grant.id == grant_id for grant in known):
        return False
    ending = [grant_id]
    for one in ending:  # grows as it goes
        grants.revoke(one, now)
        ending += [child.id for child in known if child.parent == one]
    return True


def is_valid(grant: Grant, now: datetime) -> bool:
    """Whether a grant that is not a one-time code may be used now."""
    if grant.one_time or grant.revoked_at is not None:
        return False
    return grant.expires_at is None or now < grant.expires_at


def has_admin(grants: GrantStore, now: datetime) -> bool:
    """Whether somebody can administer this installation at present."""
    return any(one.role is Role.ADMIN and is_valid(one, now) for one in grants.list())
