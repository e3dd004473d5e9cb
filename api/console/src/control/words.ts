/** The console's facts in words of the current language. */

import { conventions, isKey, t, type Key } from "../lib/i18n";
import { locale, type Locale } from "../lib/locale.svelte";
import { clockTime } from "../lib/times";
import { countdown } from "../lib/times";
import { kindName } from "../lib/words";
import type { Alert, Camera, FailingRule, Patrol, Trust } from "../types";
import type { Material } from "./state/allowed";
import { grounds, type Ground } from "./state/decision";
import { readiness } from "./state/select";
import { store } from "./store.svelte";

export function placeName(alert: Alert): string {
  return alert.place?.name ?? alert.camera;
}

export function patrolName(id: string): string {
  return store.model.patrols[id]?.name ?? t("control.patrol.unknown");
}

export function cameraName(id: string): string {
  return store.model.cameras[id]?.name ?? id;
}

/** What has become of a rule, in one line. */
export function trustText(trust: Trust): string {
  const where = [cameraName(trust.camera), ...(trust.zone === null ? [] : [trust.zone])].join(" · ");
  return t(`control.trust.told.${trust.state}`, { kind: kindName(trust.kind), camera: where });
}

/** How often a rule was right, with the interval, in tenths of a percent: 29.8 is under 30. */
export function precisionText(trust: Trust): string {
  const percent = (share: number): number => Math.round(share * 1000) / 10;
  const budget = percent(trust.budget);
  if (trust.precision === null) return t("control.trust.unknown", { budget });
  return t("control.trust.precision", {
    count: percent(trust.precision), low: percent(trust.low), high: percent(trust.high), budget,
  });
}

/** "Not watched: rule “Crowd” in “lawn” of North gate failed". */
export function failingText(camera: Camera, { kind, zone }: FailingRule): string {
  const said = { kind: kindName(kind), camera: camera.name };
  return zone === null ? t("control.failing.rule", said) : t("control.failing.rule_in", { ...said, zone });
}

/** Why a rule is in its standing: the system's own reason in the reader's language. */
export function trustReason(reason: string): string {
  const key = `control.trust.reason.${reason}`;
  return isKey(key) ? t(key as "control.trust.reason.recovered") : reason;
}

/** `lying_s: 4.2` as "Lying: 4.2 s"; what has no word yet is shown by its name. */
export function measuredText(name: string, value: number, kind = ""): string {
  const key = [`control.measured.${kind}.${name}`, `control.measured.${name}`].find(isKey);
  const said = key !== undefined ? t(key as "control.measured.people") : name.replace(/_(s|kmh|deg)$/, "").replaceAll("_", " ");
  const unit = UNITS.find(([end]) => name.endsWith(end));
  const rounded = Number(value.toPrecision(3)).toLocaleString(conventions(locale.current));
  return `${said}: ${rounded}${unit ? unit[1][locale.current] : ""}`;
}

const UNITS: readonly [string, Record<Locale, string>][] = [
  ["_s", { en: " s", kk: " с", ru: " с" }],
  ["_kmh", { en: " km/h", kk: " км/сағ", ru: " км/ч" }],
  ["_deg", { en: "°", kk: "°", ru: "°" }],
];

/** What the filter of the feed looks into. */
export function searchText(alert: Alert): string {
  const patrol = alert.patrol === null ? "" : patrolName(alert.patrol);
  return [
    kindName(alert.kind), placeName(alert), alert.camera, alert.zone ?? "", patrol,
    t(`severity.${alert.severity}`), t(`state.${alert.state}`),
  ].join(" ");
}

/** `operator:Aigerim` as "Aigerim", the system and patrols by their names. */
export function actorName(actor: string): string {
  const [role, ...rest] = actor.split(":");
  const id = rest.join(":");
  if (role === "system") return t("control.actor.system");
  return role === "patrol" ? patrolName(id) : id;
}

/** What a box shows: the class's name where we have a word for it. */
export function labelName(label: string): string {
  const key = `control.label.${label}`;
  return isKey(key) ? t(key as "control.label.person") : label;
}

const NOTES: Readonly<Record<string, Key>> = {
  "nobody has looked": "control.note.unattended",
  "acknowledged, but nobody has been sent": "control.note.unsent",
  "no patrol has accepted yet": "control.note.unaccepted",
  "accepted, but not on the way": "control.note.not_departed",
  "on the way, but not on the scene": "control.note.not_arrived",
  "on the scene, but no outcome": "control.note.no_outcome",
  "nobody is left to send": "control.note.nobody",
  "its place is unknown": "control.note.no_place",
  "no answer in time": "control.note.lapse",
  "answered late, nobody else was found": "control.note.late",
  "went off duty": "control.note.off_duty",
  "nobody looked at it in time": "control.note.unreviewed",
  "seen by a rule that is trusted": "control.note.lifted",
  "its rule is trusted again": "control.note.restored",
  "its shelving has ended": "control.note.shelf_over",
  "its silence has ended": "control.note.silence_over",
  "seen by what is not silenced": "control.note.seen_elsewhere",
  "it has become graver": "control.note.graver",
  "it ended while it was silenced": "control.note.over_in_silence",
  "a person has taken it back": "control.note.taken_back",
};
const TAKEN = /^(.+) was sent to a graver alert$/;
const SILENT = /^on the way, but its position has not been heard of for (\d+) s$/;

/** The note of a step: the system's own in the reader's language, a person's as it was written. */
export function noteText(note: string): string {
  const key = NOTES[note];
  const silent = SILENT.exec(note);
  if (silent) return t("control.note.silent", { count: Number(silent[1]) });
  const taken = TAKEN.exec(note);
  if (taken?.[1]) return t("control.note.preempted", { patrol: taken[1] });
  return key ? t(key as "control.note.lapse") : note;
}

export function readinessText(patrol: Patrol): string {
  return t(`control.patrol.${readiness(patrol)}`);
}

/** Whether its phone can be woken, and since when that is known. */
export function pushText(patrol: Patrol): string {
  const said = t(`push.unit.${patrol.push}`);
  return patrol.push_at === null ? said : `${said} (${clockTime(patrol.push_at)})`;
}

/** Why a patrol was or was not chosen. */
export function reasonText(reason: string): string {
  return grounds(reason).map(groundText).join(", ");
}

function groundText(ground: Ground): string {
  switch (ground.key) {
    case "later":
    case "farther":
    case "behind":
      return t(`control.reason.${ground.key}`, { patrol: ground.than });
    case "later_by":
    case "sooner_by":
      return t(`control.reason.${ground.key}`, { patrol: ground.than, count: ground.seconds });
    case "has":
    case "lacks":
      return t(`control.reason.${ground.key}`, { words: ground.words.replaceAll(" and ", ", ") });
    case "taken":
    case "on_its_way":
      return t(`control.reason.${ground.key}`, { severity: t(`severity.${ground.severity}`).toLocaleLowerCase() });
    case "old_position":
      return t("control.reason.old_position", { count: ground.seconds });
    case "other":
      return ground.text;
    default:
      return t(`control.reason.${ground.key}`);
  }
}

/** "Not done. Meanwhile: state is now En route, patrol is now Unit 3." */
export function changedText(now: Alert, changed: readonly Material[]): string {
  const what = changed.map((field) => fieldText(now, field)).join(", ");
  return t("control.changed", { what });
}

function fieldText(now: Alert, field: Material): string {
  switch (field) {
    case "state":
      return t("control.changed.state", { value: t(`state.${now.state}`) });
    case "patrol":
      return now.patrol === null
        ? t("control.changed.no_patrol")
        : t("control.changed.patrol", { value: patrolName(now.patrol) });
    case "acknowledged_by":
      return t("control.changed.acknowledged_by", { value: actorName(now.acknowledged_by ?? "") });
    case "outcome":
      return t("control.changed.outcome", { value: now.outcome ? t(`outcome.${now.outcome}`) : "" });
    case "severity":
      return t("control.changed.severity", { value: t(`severity.${now.severity}`) });
  }
}

export function stageName(stage: string): string {
  const key = `control.way.${stage}`;
  return isKey(key) ? t(key as "control.way.stored") : stage;
}

/** "120 ms", "3.4 s", "2:05 min": how long something took. */
export function lasted(seconds: number): string {
  if (seconds < 0.9995) return t("control.way.ms", { count: Math.round(seconds * 1000) });
  if (seconds < 60) return t("control.way.s", { count: Number(seconds.toFixed(seconds < 10 ? 1 : 0)) });
  return t("control.way.min", { time: countdown(seconds) });
}

export function channelName(channel: string): string {
  const key = `control.told.channel.${channel}`;
  return isKey(key) ? t(key as "control.told.channel.push") : channel.toUpperCase();
}

/** What has become of a delivery. */
export function outcomeName(outcome: string): string {
  const key = `control.told.outcome.${outcome === "" ? "under_way" : outcome.replaceAll(" ", "_")}`;
  return isKey(key) ? t(key as "control.told.outcome.moot") : outcome;
}
