"""Verdicts and the trust in rules over SQL; see `alerts.ports.Transaction`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select
from sqlalchemy import update as sql_update

from alerts.alert import AlertId
from alerts.stores import schema
from alerts.stores.codec import decode, encode
from alerts.trust import RuleTrust, Standing, TrustChange, Verdict
from ingest.camera import CameraId


class SqlTrust:
    """The part of a transaction that knows verdicts."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def put_verdict(self, verdict: Verdict) -> None:
        table = schema.verdicts
        key = (table.c.alert == verdict.alert, table.c.camera == verdict.camera)
        values: dict[str, Any] = {
            "kind": verdict.kind,
            "at": verdict.at.timestamp(),
            "body": encode(verdict),
        }
        if self._db.execute(sql_update(table).where(*key).values(**values)).rowcount == 0:
            own = {"alert": verdict.alert, "camera": verdict.camera}
            self._db.execute(insert(table).values(**own, **values))

    def verdicts(self, camera: CameraId, kind: str, limit: int) -> list[Verdict]:
        table = schema.verdicts
        query = (
            select(table.c.body)
            .where(table.c.camera == camera, table.c.kind == kind)
            .order_by(table.c.at.desc(), table.c.alert.desc())
            .limit(limit)
        )
        return [decode(Verdict, body) for body in self._db.execute(query).scalars()]

    def verdicts_of(self, alert: AlertId) -> list[Verdict]:
        table = schema.verdicts
        query = select(table.c.body).where(table.c.alert == alert).order_by(table.c.camera)
        return [decode(Verdict, body) for body in self._db.execute(query).scalars()]

    def put_rule_trust(self, trust: RuleTrust) -> None:
        table = schema.trust
        key = (table.c.camera == trust.camera, table.c.kind == trust.kind)
        values: dict[str, Any] = {"standing": trust.standing.value, "body": encode(trust)}
        if self._db.execute(sql_update(table).where(*key).values(**values)).rowcount == 0:
            own = {"camera": trust.camera, "kind": trust.kind}
            self._db.execute(insert(table).values(**own, **values))

    def rule_trust(self, camera: CameraId, kind: str) -> RuleTrust | None:
        table = schema.trust
        query = select(table.c.body).where(table.c.camera == camera, table.c.kind == kind)
        body = self._db.execute(query).scalar()
        return None if body is None else decode(RuleTrust, body)

    def page_trust(
        self,
        limit: int,
        after: tuple[str, str] | None = None,
        camera: CameraId | None = None,
        standings: Sequence[Standing] = (),
    ) -> list[RuleTrust]:
        table = schema.trust
        where: list[Any] = []
        if after is not None:
            one, kind = after
            later = and_(table.c.camera == one, table.c.kind > kind)
            where.append(or_(table.c.camera > one, later))
        if camera is not None:
            where.append(table.c.camera == camera)
        if standings:
            where.append(table.c.standing.in_([one.value for one in standings]))
        order = (table.c.camera, table.c.kind)
        query = select(table.c.body).where(*where).order_by(*order).limit(limit)
        return [decode(RuleTrust, body) for body in self._db.execute(query).scalars()]

    def add_trust_change(self, change: TrustChange) -> None:
        own = {"camera": change.camera, "kind": change.kind}
        self._db.execute(insert(schema.trust_changes).values(**own, body=encode(change)))

    def trust_changes(self, camera: CameraId, kind: str) -> list[TrustChange]:
        table = schema.trust_changes
        query = (
            select(table.c.body)
            .where(table.c.camera == camera, table.c.kind == kind)
            .order_by(table.c.seq)
        )
        return [decode(TrustChange, body) for body in self._db.execute(query).scalars()]
