"""The policy file: who is told how, by kind, severity, district and hour. YAML, strictly read.

version: 1
timezone: Asia/Almaty
districts:
old town: {polygon: [[43.26, 76.93], [43.27, 76.96], [43.25, 76.97]]}
station: {centre: [43.34, 76.95], radius_m: 600}
rules:
- name: fights at night
when: {kinds: [fight], severities: [critical, high], districts: [old town],
hours: "22:00-06:00", days: [fri, sat]}
then: {answer_s: 20, channels: [[stream, push, apprise]]}
"""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from alerts.plans import District, Hours, Outlined, Plans, Ring, Rule, When
from alerts.policy import Policy
from api.errors import SettingsError
from api.settings import PolicySettings, Severity

HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]|24):([0-5]\d)")
DISPATCH = {True: ("critical", "high", "medium", "low"), False: ()}
NOT_BY_ALERT = frozenset({"group_within_s", "group_within_m", "review_s"})
"""What is decided before there is an alert to ask about, or for all of them together."""
RULED = sorted(frozenset(PolicySettings.model_fields) - NOT_BY_ALERT)
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Degrees = tuple[
    Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)],
    Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)],
]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DistrictPart(_Part):
    """A polygon or a circle; latitude first."""

    polygon: Annotated[tuple[Degrees, ...], Field(min_length=3, max_length=1000)] | None = None
    centre: Degrees | None = None
    radius_m: Annotated[float, Field(gt=0, le=100_000)] | None = None

    @model_validator(mode="after")
    def _one(self) -> DistrictPart:
        circle = self.centre is not None and self.radius_m is not None
        if circle == (self.polygon is not None) or (self.centre is None) != (self.radius_m is None):
            raise ValueError("give either `polygon` or `centre` and `radius_m`")
        return self

    def made(self) -> District:
        if self.polygon is not None:
            return Outlined(self.polygon)
        assert self.centre is not None and self.radius_m is not None  # noqa: S101, PT018
        return Ring(*self.centre, self.radius_m)


class WhenPart(_Part):
    """To which alerts; what is not said does not matter."""

    kinds: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    districts: tuple[str, ...] = ()
    hours: str | None = None
    days: tuple[Day, ...] = ()

    @field_validator("kinds")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        from detect.rules import KINDS  # only who names kinds waits for all of their code

        for kind in value:
            if kind not in KINDS:
                known = ", ".join(sorted(KINDS))
                raise ValueError(f"{kind[:40]!r} is not a kind of incident (available: {known})")
        return value

    @field_validator("hours")
    @classmethod
    def _clock(cls, value: str | None) -> str | None:
        if value is not None:
            hours_of(value)
        return value

    def made(self) -> When:
        return When(
            kinds=frozenset(self.kinds),
            severities=frozenset(self.severities),
            districts=self.districts,
            hours=hours_of(self.hours) if self.hours else None,
            days=frozenset(self.days),
        )


class RulePart(_Part):
    """Some numbers for some alerts."""

    name: Name
    when: WhenPart = WhenPart()
    then: dict[str, Any]
    """Numbers of the policy by name; `dispatch: true` or `false` for all severities."""

    @field_validator("then")
    @classmethod
    def _numbers(cls, value: dict[str, Any]) -> dict[str, Any]:
        if not value:
            raise ValueError("sets nothing")
        given = dict(value)
        if "dispatch" in given:
            dispatch = given.pop("dispatch")
            if not isinstance(dispatch, bool) or "auto_dispatch_severities" in given:
                raise ValueError("`dispatch` is true or false, instead of the severities")
            given["auto_dispatch_severities"] = DISPATCH[dispatch]
        for name in given:
            if name not in RULED:
                raise ValueError(f"{name!r} cannot be set by a rule (can be: {', '.join(RULED)})")
        return {name: getattr(PolicySettings(**given), name) for name in given}

    def made(self) -> Rule:
        return Rule(self.name, self.when.made(), self.then)


class PolicyFile(_Part):
    """The whole file."""

    version: Literal[1]
    timezone: str = "UTC"
    districts: dict[Name, DistrictPart] = {}
    rules: Annotated[tuple[RulePart, ...], Field(max_length=500)] = ()

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value[:40]!r} is not a time zone such as Asia/Almaty") from error
        return value

    @model_validator(mode="after")
    def _agree(self) -> PolicyFile:
        names = [rule.name for rule in self.rules]
        for rule in self.rules:
            if names.count(rule.name) > 1:
                raise ValueError(f"two rules are named {rule.name!r}")
            for district in rule.when.districts:
                if district not in self.districts:
                    raise ValueError(f"rule {rule.name!r}: there is no district {district!r}")
        return self

    def made(self) -> Plans:
        return Plans(
            rules=tuple(rule.made() for rule in self.rules),
            districts={name: one.made() for name, one in self.districts.items()},
            timezone=ZoneInfo(self.timezone),
        )


def hours_of(text: str) -> Hours:
    """`22:00-06:00`. Raises `ValueError`."""
    found = HOURS.fullmatch(text)
    if found is None or found[3] + found[4] > "2400":
        raise ValueError(f"{text[:40]!r} is not a time of day such as 22:00-06:00")
    begin_h, begin_m, end_h, end_m = map(int, found.groups())
    hours = Hours(time(begin_h, begin_m), time(end_h % 24, end_m))
    if hours.begin == hours.end:
        raise ValueError(f"{text!r} is no time at all: leave `hours` out for the whole day")
    return hours


def read_plans(path: Path) -> Plans:
    """Raises `SettingsError`: one line that names the file and the key."""
    try:
        loaded = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(loaded, dict):
        raise SettingsError(f"{path}: must be a mapping with `version: 1` and `rules`")
    try:
        return PolicyFile.model_validate(loaded).made()
    except ValidationError as error:
        raise SettingsError(f"{path}: {_first(error)}") from error


def policy_of(numbers: PolicySettings, path: Path | None) -> Policy:
    """The policy in force: the city's numbers and its rules. Raises `SettingsError`."""
    return Policy(**numbers.model_dump(), plans=read_plans(path) if path else None)


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        reason = "there is no such key"
    elif "validation error for PolicySettings" in reason:
        reason = " ".join(reason.split())
    return f"{key}: {reason}" if key else reason
