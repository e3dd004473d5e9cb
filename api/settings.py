"""Settings of the service: a YAML file, over it the environment, over it the command line.

Nothing here is read at import: `Settings.load` is called once where the program starts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from alerts.believing.trust import TrustPolicy
from alerts.dispatch.needs import capabilities
from alerts.policy import FAMILIES, PREFERRED, ZONE_FAMILIES, Policy
from api.cap import CapSettings
from api.errors import SettingsError
from api.road_settings import RoadSettings
from detect.incident import SEVERITIES
from detect.mode import Economy

DEFAULT_HOME = Path("var")
PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Where cameras are expected unless the operator declares networks of their own."""

FROM_ENVIRONMENT = {
    "QALQAN_HOME": "home",
    "QALQAN_HOST": "host",
    "QALQAN_PORT": "port",
    "QALQAN_DATABASE_URL": "database_url",
    "QALQAN_CAMERA_NETWORKS": "camera_networks",
    "QALQAN_PUBLIC_HOSTS": "public_hosts",
}
LISTS = frozenset({"camera_networks", "public_hosts"})


Severity = Literal["critical", "high", "medium", "low"]
ChannelName = Literal["stream", "push", "apprise", "webhook", "mqtt"]
Needed = dict[str, tuple[str, ...]]
"""What is asked of a patrol, by what the alert is."""
Family = tuple[str, ...]
HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*\.?")
DATABASE = re.compile(r"(sqlite|postgresql)(\+[a-z0-9]+)?://")


class PolicySettings(BaseModel):
    """The numbers of `alerts.service.Policy` that a city may change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer_s: Annotated[float, Field(gt=0, le=3600)] = 30
    """How long a patrol has to accept an offer."""
    receipt_s: Annotated[float, Field(gt=0, le=3600)] = 10
    """How long a patrol's devices have to say that they have it, before the next channel."""
    channels: tuple[tuple[ChannelName, ...], ...] = Policy().channels  # type: ignore[assignment]
    """Over what a patrol is told: all of the first, then all of the next, and so on."""
    attention_s: Annotated[float, Field(gt=0, le=86400)] = 60
    """How long a new alert may wait for an operator before it becomes loud."""
    unsent_s: Annotated[float, Field(gt=0, le=86400)] = 300
    """How long an acknowledged alert may stay without a patrol before it is loud again."""
    unaccepted_s: Annotated[float, Field(gt=0, le=86400)] = 60
    """How long patrols may be asked in turn before it is loud that none has accepted."""
    depart_s: Annotated[float, Field(gt=0, le=86400)] = 120
    """How long a patrol that accepted may take to set out."""
    arrive_s: Annotated[float, Field(gt=0, le=86400)] = 900
    """How long a patrol may be on its way."""
    contact_s: Annotated[float, Field(gt=0, le=86400)] = 120
    """While a patrol is on its way: how often it is checked that it says where it is."""
    outcome_s: Annotated[float, Field(gt=0, le=86400)] = 3600
    """How long a patrol may be on the scene without an outcome."""
    refusal_s: Annotated[float, Field(gt=0, le=86400)] = 600
    """A patrol that said no, or nothing, is not asked about the same alert for this long."""
    late_s: Annotated[float, Field(gt=0, le=86400)] = 900
    """What was last seen longer ago, when it is first heard of, waits for an operator."""
    review_s: Annotated[float, Field(gt=0, le=2_592_000)] = 86_400
    """How long an alert in review may wait to be looked at before it is closed as unclear."""
    auto_dispatch_severities: tuple[Severity, ...] = ("critical", "high")
    """Severities offered to a patrol at once, without waiting for an operator."""
    group_within_s: Annotated[float, Field(ge=0, le=3600)] = 60
    group_within_m: Annotated[float, Field(ge=0, le=10_000)] = 100
    group_families: tuple[Family, ...] = FAMILIES
    """Kinds that are one happening when they are near each other."""
    group_zone_families: tuple[Family, ...] = ZONE_FAMILIES
    """Likewise, but only in one zone of one camera."""
    stale_s: Annotated[float, Field(gt=0, le=86400)] = 60
    """A position older than this counts against its patrol."""
    exclude_s: Annotated[float, Field(gt=0, le=86400)] = 300
    """A position older than this excludes its patrol."""
    assumed_speed_mps: Annotated[float, Field(gt=0, le=100)] = 8
    """How fast a patrol covers the way where streets do not say it."""
    detour_factor: Annotated[float, Field(ge=1, le=10)] = 1.4
    """How much longer the way is than the straight line, where streets do not say it."""
    off_street_m: Annotated[float, Field(ge=0, le=10_000)] = 300
    """A patrol or a place farther than this from any street is measured by the straight line."""
    required_capabilities: Needed = {}
    """By kind, severity or KIND/SEVERITY: who lacks one of these is not sent."""
    preferred_capabilities: Needed = dict(PREFERRED)
    """Likewise: who lacks one of these counts as `preferred_s` later for each."""
    preferred_s: Annotated[float, Field(ge=0, le=3600)] = 60
    load_s: Annotated[float, Field(ge=0, le=600)] = 2
    """A patrol counts as so much later for each alert of its shift, ten at most."""
    preempt_severities: tuple[Literal["critical"], ...] = ("critical",)
    """Alerts that may take a patrol on its way to a less severe one; [] for none."""
    preempt_gain_s: Annotated[float, Field(ge=0, le=86400)] = 180
    """A patrol is taken from another alert only if that brings it so much sooner."""

    @field_validator("required_capabilities", "preferred_capabilities")
    @classmethod
    def _known(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        from detect.rules import KINDS  # only who names kinds waits for all of their code

        for key, words in value.items():
            capabilities(words)
            kind, _, severity = key.partition("/")
            known = kind in KINDS and (not severity or severity in SEVERITIES)
            if not known and key not in SEVERITIES:
                raise ValueError(f"{key[:60]!r} is no kind, severity or KIND/SEVERITY")
        return value

    @field_validator("group_families", "group_zone_families")
    @classmethod
    def _kinds(cls, value: tuple[Family, ...]) -> tuple[Family, ...]:
        from detect.rules import KINDS  # as above

        for family in value:
            if unknown := [kind for kind in family if kind not in KINDS]:
                raise ValueError(f"{unknown[0][:40]!r} is not a kind of incident")
            if len(set(family)) < 2:
                raise ValueError("a family has two kinds or more")
        return value


Share = Annotated[float, Field(ge=0, le=1, strict=True)]


class TrustSettings(BaseModel):
    """The numbers of `alerts.believing.trust.TrustPolicy` that a city may change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: Annotated[int, Field(ge=5, le=1000)] = 100
    """The most recent verdicts of a camera and a kind that count."""
    half_life_days: Annotated[float, Field(gt=0, le=3650)] = 30
    """A verdict this old counts half."""
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.99
    """Of the interval; a rule is demoted when its upper bound is under the budget."""
    min_verdicts: Annotated[int, Field(ge=3, le=1000)] = 12
    """Verdicts, real or false, without which nothing is decided."""
    hold_verdicts: Annotated[int, Field(ge=3, le=1000)] = 12
    """New verdicts after a person restored a rule before it may be demoted again."""
    demote: Annotated[bool, Field(strict=True)] = True
    """Rules demote themselves; otherwise they are only flagged."""
    demote_critical: Annotated[bool, Field(strict=True)] = False
    """Critical kinds demote themselves too; otherwise they are only flagged."""
    budget: dict[Severity, Share] = TrustPolicy().budget  # type: ignore[assignment]
    """The least precision by severity; what is not named keeps its default."""
    kinds: dict[str, Share] = {}
    """The least precision by kind of incident, where it differs."""

    @field_validator("budget", mode="after")
    @classmethod
    def _all(cls, value: dict[Severity, float]) -> dict[Severity, float]:
        return {**TrustPolicy().budget, **value}  # type: ignore[dict-item]

    @field_validator("kinds")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        from detect.rules import KINDS  # only who names kinds waits for all of their code

        for kind in value:
            if kind not in KINDS:
                known = ", ".join(sorted(KINDS))
                raise ValueError(f"{kind[:40]!r} is not a kind of incident (available: {known})")
        return value

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if max(self.min_verdicts, self.hold_verdicts) > self.window:
            raise ValueError("`window` must hold `min_verdicts` and `hold_verdicts`")
        return self


class FloodSettings(BaseModel):
    """The numbers of `alerts.calm.flood.FloodPolicy` that a city may change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    begins_above: Annotated[float, Field(gt=0, le=10_000)] = 10
    """New alerts in ten minutes for each operator: more is a flood."""
    ends_below: Annotated[float, Field(gt=0, le=10_000)] = 5
    """And fewer is none any more."""
    operators: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    """How many people look at alerts; by default as many as have a console open."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.ends_below > self.begins_above:
            raise ValueError("`ends_below` must not be above `begins_above`")
        return self


class DetectionSettings(BaseModel):
    """How the node looks at cameras; the defaults are what a city wants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exact: Annotated[bool, Field(strict=True)] = False
    """Look at every scheduled frame whole: no gating, no packing, no shedding."""
    economy: Economy = "when_needed"
    """When idle cameras are decoded by key frames alone."""
    engine: Literal["auto", "onnxruntime", "openvino"] = "auto"
    """What runs the model; `auto` measures."""
    precision: Literal["auto", "fp32", "bf16", "int8"] = "auto"
    threads: Annotated[int, Field(ge=1, le=1024, strict=True)] | None = None
    """That compute at a time, decoding and inference together; by default one a core."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.exact and self.economy == "always":
            raise ValueError("`exact` decodes every frame, `economy: always` does not: choose one")
        if self.engine == "onnxruntime" and self.precision == "bf16":
            raise ValueError("`engine: onnxruntime` does not offer `precision: bf16`: choose one")
        return self

    def options(self) -> list[str]:
        """As options of a node's command line; a default is not passed."""
        options = ["--exact"] if self.exact else []
        for name in ("economy", "engine", "precision", "threads"):
            value = getattr(self, name)
            if value != type(self).model_fields[name].default:
                options += [f"--{name}", str(value)]
        return options


class Settings(BaseModel):
    """Everything `qalqan serve` needs to know, checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = DEFAULT_HOME
    """Folder of the service's state: database, key, evidence, weights."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    database_url: str | None = None
    """SQLAlchemy address; by default a SQLite file in `home`."""
    camera_networks: tuple[str, ...] = PRIVATE_NETWORKS
    """CIDR networks in which camera addresses may lie. Loopback only when named here."""
    public_hosts: tuple[str, ...] = ()
    """Names under which browsers reach the service. IP addresses and `localhost` always work."""
    outward_networks: tuple[str, ...] = ()
    """CIDR networks that are not public and in which receivers of messages may lie all the same."""
    push_contact: Annotated[str, Field(pattern=r"^$|^mailto:[^\s@]+@[^\s@]+$|^https://\S+$")] = ""
    """Whom a push service may ask about our messages: `mailto:...` or `https://...`."""
    couriers: Annotated[int, Field(ge=1, le=16, strict=True)] = 1
    """Processes that send notifications; endpoints are shared out among them."""
    policy_file: Path | None = None
    """Rules by which the policy differs by kind, severity, district and hour (YAML)."""
    policy: PolicySettings = PolicySettings()
    detection: DetectionSettings = DetectionSettings()
    trust: TrustSettings = TrustSettings()
    roads: RoadSettings | None = None
    """An engine that says how long the way is, instead of the installation's own map."""
    cap: CapSettings = CapSettings()
    flood: FloodSettings = FloodSettings()

    @field_validator("camera_networks", "outward_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            try:
                ip_network(text)
            except ValueError as error:
                raise ValueError(f"{text!r} is not a network such as 10.20.0.0/16") from error
        return value

    @field_validator("public_hosts")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            if not HOST_NAME.fullmatch(text.lower()):
                raise ValueError(f"{text[:80]!r} is not a bare host name such as alarm.example.kz")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str | None) -> str | None:
        if value is not None and not DATABASE.match(value):
            raise ValueError("must begin with sqlite:// or postgresql://")
        return value

    @property
    def database(self) -> str:
        """The database address in force."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'qalqan.db'}"

    @property
    def evidence(self) -> Path:
        """Folder of snapshots, written by nodes."""
        return self.home / "evidence"

    @property
    def key_file(self) -> Path:
        """The key that seals camera addresses."""
        return self.home / "vault.key"

    @property
    def push_key_file(self) -> Path:
        """The key by which push services know this installation."""
        return self.home / "push.key"

    @property
    def streets(self) -> Path:
        """GeoJSON of the city's streets, if there is one."""
        return self.home / "map" / "streets.geojson"

    @classmethod
    def load(
        cls,
        config: Path | None,
        environment: Mapping[str, str],
        overrides: Mapping[str, Any] | None = None,
    ) -> Self:
        """Read the settings. Raises `SettingsError` that names the file or the key."""
        values = _from_file(config) if config else {}
        for variable, key in FROM_ENVIRONMENT.items():
            if text := environment.get(variable):
                values[key] = _list(text) if key in LISTS else text
        values.update({k: v for k, v in (overrides or {}).items() if v is not None})
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            reason = first["msg"].removeprefix("Value error, ")
            if first["type"] == "extra_forbidden":
                reason = "there is no such setting"
            elif first["type"] == "model_type":
                reason = "must be a mapping of settings"
            raise SettingsError(f"setting {key}: {reason}") from error


def _from_file(config: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(config.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{config}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{config}: not YAML ({' '.join(str(error).split())})") from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict) or not all(isinstance(key, str) for key in loaded):
        raise SettingsError(f"{config}: must be a mapping of settings")
    return loaded


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
