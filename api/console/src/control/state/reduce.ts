/** Events to state, without side effects. */

import type { Alert, AlertDetail, Camera, Patrol, Trust, Watch } from "../../types";
import type { Silence } from "../../lib/calm-api";
import type { Event, Model } from "./model";
import { trustKey } from "./trust";
import { arrange, isGraver, isInFeed, isQuiet, isReviewed } from "./urgency";

const NOTICES_KEPT = 4;

export function reduce(model: Model, event: Event): Model {
  switch (event.type) {
    case "loaded":
      return { ...loaded(model, event.alerts, event.cameras, event.patrols), trust: byRule(event.trust) };
    case "alert":
      return withAlert(model, event.alert, event.fresh);
    case "detail":
      return withDetail(model, event.detail);
    case "patrols":
      return { ...model, patrols: byId(event.patrols) };
    case "cameras":
      return { ...model, cameras: byId(event.cameras) };
    case "watch":
      return withWatches(model, event.watches);
    case "link":
      return { ...model, link: event.link };
    case "hold":
      return event.held === model.held ? model : settle({ ...model, held: event.held });
    case "select":
      return select(model, event.id);
    case "live":
      return { ...model, live: event.live && model.selected !== null };
    case "focus":
      return { ...model, focus: event.focus };
    case "page":
      return { ...model, page: event.page };
    case "trust":
      return { ...model, trust: withTrust(model.trust, event.trust) };
    case "silences":
      return { ...model, silences: byId(event.silences) };
    case "silence":
      return { ...model, silences: withSilence(model.silences, event.silence) };
    case "flood":
      return { ...model, flood: event.flood };
    case "tab":
      return { ...model, tab: event.tab };
    case "filter":
      return { ...model, filter: event.text };
    case "started":
      return { ...model, pending: { ...model.pending, [event.id]: event.action } };
    case "ended":
      return { ...model, pending: without(model.pending, event.id) };
    case "dialog":
      return { ...model, dialog: event.dialog };
    case "notice":
      return { ...model, notices: [...model.notices, event.notice].slice(-NOTICES_KEPT) };
    case "dismiss":
      return { ...model, notices: model.notices.filter((one) => one.id !== event.id) };
  }
}

/** A full read replaces what was known, except what the stream has told since. */
function loaded(model: Model, alerts: Alert[], cameras: Camera[], patrols: Patrol[]): Model {
  const read = byId(alerts.map((one) => newer(one, model.alerts[one.id])));
  const looked = model.selected === null ? undefined : model.alerts[model.selected];
  if (looked) read[looked.id] = newer(looked, read[looked.id]);
  return settle({
    ...model,
    alerts: read,
    cameras: byId(cameras),
    patrols: byId(patrols),
    loaded: true,
  });
}

function withAlert(model: Model, alert: Alert, fresh: boolean): Model {
  const known = model.alerts[alert.id];
  if (known && known.version >= alert.version) return model;
  const isNew = fresh && isInFeed(alert) && (known === undefined || !isInFeed(known) || isGraver(alert, known));
  const isHeard = isNew && (model.flood?.on !== true || alert.severity === "critical");
  const next = settle({ ...model, alerts: { ...model.alerts, [alert.id]: alert } });
  const announced = { id: alert.id, count: (model.announced?.count ?? 0) + 1 };
  return isHeard ? { ...next, announced } : next;
}

function withDetail(model: Model, detail: AlertDetail): Model {
  const known = model.alerts[detail.alert.id];
  // What goes on is told anew without a new version: the sentence and the score.
  const next =
    known?.version === detail.alert.version
      ? { ...model, alerts: { ...model.alerts, [known.id]: detail.alert } }
      : withAlert(model, detail.alert, false);
  return detail.alert.id === model.selected ? { ...next, detail } : next;
}

function withWatches(model: Model, watches: { id: string; watch: Watch }[]): Model {
  const cameras: Record<string, Camera> = {};
  for (const { id, watch } of watches) {
    const known = model.cameras[id];
    if (known) cameras[id] = { ...known, watch };
  }
  return { ...model, cameras };
}

function select(model: Model, id: string | null): Model {
  if (id === model.selected) return model;
  return settle({ ...model, selected: id, detail: null, live: false });
}

/** Bring the order in line with the alerts, and forget closed ones nobody looks at. */
function settle(model: Model): Model {
  const { order, waiting } = arrange(model.alerts, model.order, model.held);
  const shown = new Set([...order, ...waiting]);
  const alerts = Object.fromEntries(
    Object.entries(model.alerts).filter(([id, one]) => shown.has(id) || isReviewed(one) || isQuiet(one) || id === model.selected),
  );
  return { ...model, alerts, order, waiting };
}

/** The latest word on each rule. */
function withTrust(known: Record<string, Trust>, told: readonly Trust[]): Record<string, Trust> {
  const next = { ...known };
  for (const one of told) {
    const before = next[trustKey(one)];
    if (before === undefined || before.version <= one.version) next[trustKey(one)] = one;
  }
  return next;
}

function withSilence(known: Record<string, Silence>, told: Silence): Record<string, Silence> {
  const before = known[told.id];
  return before !== undefined && before.version > told.version ? known : { ...known, [told.id]: told };
}

function byRule(trust: readonly Trust[]): Record<string, Trust> {
  return Object.fromEntries(trust.map((one) => [trustKey(one), one]));
}

function newer(a: Alert, b: Alert | undefined): Alert {
  return b !== undefined && b.version > a.version ? b : a;
}

function byId<T extends { id: string }>(items: readonly T[]): Record<string, T> {
  return Object.fromEntries(items.map((one) => [one.id, one]));
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([one]) => one !== key));
}
