/** What comes first: the order of the feed. */

import type { Alert, Severity, State } from "../../types";

export const SEVERITY_RANK: Record<Severity, number> = { critical: 0, high: 1, medium: 2, low: 3 };

/** States in which nobody is on the way and a person may have to decide. */
const UNATTENDED: ReadonlySet<State> = new Set(["new", "declined", "timed_out"]);
const UNDER_WAY: ReadonlySet<State> = new Set(["dispatched", "accepted", "en_route", "on_scene"]);

/** Nobody is left to send, nobody looked, or whoever has it takes too long. */
export function isLoud(alert: Alert): boolean {
  if (isQuiet(alert)) return false;
  return alert.state === "escalated" || (isOpen(alert) && alert.overdue_since !== null);
}

/** Negative when `a` is more urgent: loud, then severity, then unattended, then the oldest. */
export function byUrgency(a: Alert, b: Alert): number {
  return (
    Number(isLoud(b)) - Number(isLoud(a)) ||
    SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity] ||
    stage(a.state) - stage(b.state) ||
    compare(a.opened_at, b.opened_at) ||
    compare(a.id, b.id)
  );
}

export function isOpen(alert: Alert): boolean {
  return alert.state !== "closed";
}

/** On the review list: open, but of a rule that is not believed. */
export function isReviewed(alert: Alert): boolean {
  return isOpen(alert) && alert.review === true;
}

/** Open, but silenced or shelved: it calls nobody until its time. */
export function isQuiet(alert: Alert): boolean {
  return isOpen(alert) && ((alert.silenced_by ?? null) !== null || (alert.shelved_by ?? null) !== null);
}

/** In the feed, where everything asks for a decision. */
export function isInFeed(alert: Alert): boolean {
  return isOpen(alert) && !isReviewed(alert) && !isQuiet(alert);
}

export function isGraver(one: Alert, than: Alert): boolean {
  return SEVERITY_RANK[one.severity] < SEVERITY_RANK[than.severity];
}

/**
 * The order to show while the operator points into the list: what is there stays where it is, what
 * came meanwhile waits outside. Without `held`, the order of urgency.
 */
export function arrange(
  alerts: Record<string, Alert>,
  shown: readonly string[],
  held: boolean,
): { order: string[]; waiting: string[] } {
  const open = Object.values(alerts).filter(isInFeed).sort(byUrgency);
  if (!held) return { order: open.map((one) => one.id), waiting: [] };
  const known = new Set(shown);
  return {
    order: shown.filter((id) => alerts[id] !== undefined && !isReviewed(alerts[id]) && !isQuiet(alerts[id])),
    waiting: open.filter((one) => !known.has(one.id)).map((one) => one.id),
  };
}

function stage(state: State): number {
  if (UNATTENDED.has(state)) return 0;
  return UNDER_WAY.has(state) ? 2 : 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
