/** Questions to the model. */

import type { Silence } from "../../lib/calm-api";
import type { Alert, Camera, Patrol } from "../../types";
import type { Model } from "./model";
import { isLoud, isQuiet, isReviewed } from "./urgency";

/** The alerts of the open feed or of the review list as shown, after the filter. `text` gives what is searched. */
export function feed(model: Model, text: (alert: Alert) => string): Alert[] {
  const wanted = model.filter.trim().toLocaleLowerCase();
  const shown = model.order.map((id) => model.alerts[id]).filter((one): one is Alert => one !== undefined);
  const listed = model.tab === "review" ? reviewed(model) : model.tab === "quiet" ? quiet(model) : shown;
  return listed
    .filter((one) => wanted === "" || text(one).toLocaleLowerCase().includes(wanted));
}

/** The review list, the newest first. */
export function reviewed(model: Model): Alert[] {
  return Object.values(model.alerts).filter(isReviewed).sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** What is silenced or shelved, the first to call again first. */
export function quiet(model: Model): Alert[] {
  const until = (one: Alert): string => one.quiet_until ?? "";
  return Object.values(model.alerts).filter(isQuiet).sort((a, b) => (until(a) < until(b) ? -1 : 1));
}

/** Silences in force, the first to end first. */
export function inForce(model: Model, now: number): Silence[] {
  return Object.values(model.silences)
    .filter((one) => one.ended_at === null && Date.parse(one.until) > now)
    .sort((a, b) => (a.until < b.until ? -1 : 1));
}

/** The alerts that call until somebody takes them. */
export function loud(model: Model): Alert[] {
  return Object.values(model.alerts).filter(isLoud);
}

export function selected(model: Model): Alert | null {
  return model.selected === null ? null : (model.alerts[model.selected] ?? null);
}

/** The neighbour of the selected alert in a list; the first one when nothing is selected. */
export function neighbour(ids: readonly string[], from: string | null, step: 1 | -1): string | null {
  const at = from === null ? -1 : ids.indexOf(from);
  if (at < 0) return (step > 0 ? ids[0] : ids[ids.length - 1]) ?? null;
  return ids[Math.min(ids.length - 1, Math.max(0, at + step))] ?? null;
}

export function watched(cameras: readonly Camera[]): number {
  return cameras.filter((one) => one.watch.state === "live").length;
}

export type Readiness = "free" | "busy" | "off_duty";

export function readiness(patrol: Patrol): Readiness {
  if (!patrol.on_duty) return "off_duty";
  return patrol.busy_with === null ? "free" : "busy";
}
