"""Verdicts and the trust in rules over SQL; see `alerts.ports.Transaction`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, insert, select, tuple_

from alerts.alert import AlertId
from alerts.believing.trust import RuleKey, RuleTrust, Standing, TrustChange, Verdict
from alerts.stores import schema
from alerts.stores.codec import decode, encode
from alerts.stores.statements import KEY, body_by, body_of_rule, latest_of_rule, storing
from ingest.camera import CameraId


class SqlTrust:
    """The part of a transaction that knows verdicts."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def put_verdict(self, verdict: Verdict) -> None:
        table, key = schema.verdicts, {"alert": verdict.alert, **_columns(verdict.rule)}
        values = {"at": verdict.at.timestamp(), "body": encode(verdict)}
        self._store(table, key, values)

    def verdicts(self, rule: RuleKey, limit: int) -> list[Verdict]:
        wanted = {**_columns(rule), "most": limit}
        found = self._db.execute(latest_of_rule(schema.verdicts), wanted)
        return [decode(Verdict, body) for body in found.scalars()]

    def verdicts_of(self, alert: AlertId) -> list[Verdict]:
        found = self._db.execute(OF_ALERT, {KEY: alert}).scalars()
        return [decode(Verdict, body) for body in found]

    def put_rule_trust(self, trust: RuleTrust) -> None:
        values = {"standing": trust.standing.value, "body": encode(trust)}
        self._store(schema.trust, _columns(trust.rule), values)

    def rule_trust(self, rule: RuleKey) -> RuleTrust | None:
        body = self._db.execute(body_of_rule(schema.trust), _columns(rule)).scalar()
        return None if body is None else decode(RuleTrust, body)

    def page_trust(
        self,
        limit: int,
        after: RuleKey | None = None,
        camera: CameraId | None = None,
        standings: Sequence[Standing] = (),
    ) -> list[RuleTrust]:
        table = schema.trust
        where: list[Any] = []
        if after is not None:
            where.append(tuple_(*_order(table)) > tuple_(*after.order))
        if camera is not None:
            where.append(table.c.camera == camera)
        if standings:
            where.append(table.c.standing.in_([one.value for one in standings]))
        query = select(table.c.body).where(*where).order_by(*_order(table)).limit(limit)
        return [decode(RuleTrust, body) for body in self._db.execute(query).scalars()]

    def add_trust_change(self, change: TrustChange) -> None:
        own = _columns(change.rule)
        self._db.execute(insert(schema.trust_changes).values(**own, body=encode(change)))

    def trust_changes(self, rule: RuleKey) -> list[TrustChange]:
        table = schema.trust_changes
        where = _is(table, _columns(rule))
        query = select(table.c.body).where(*where).order_by(table.c.seq)
        return [decode(TrustChange, body) for body in self._db.execute(query).scalars()]

    def _store(self, table: Table, key: dict[str, str], values: dict[str, Any]) -> None:
        """Replace the row of that key, or insert it."""
        row = {**key, **values}
        self._db.execute(storing(self._db.dialect.name, table, tuple(row), *key), row)


def _columns(rule: RuleKey) -> dict[str, str]:
    """The columns that name a rule; of the whole frame the zone is empty."""
    return {"camera": rule.camera, "kind": rule.kind, "zone": rule.zone or ""}


def _is(table: Table, key: dict[str, str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in key.items()]


def _order(table: Table) -> tuple[Column[str], Column[str], Column[str]]:
    return table.c.camera, table.c.kind, table.c.zone


OF_ALERT = body_by(schema.verdicts, "alert").order_by(*_order(schema.verdicts))
