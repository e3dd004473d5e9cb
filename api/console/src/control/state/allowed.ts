/** What an operator may do with an alert now; the server's table has the last word. */

import type { Alert, State } from "../../types";

export type Action = "acknowledge" | "dispatch" | "close";

const UNDER_WAY: ReadonlySet<State> = new Set(["accepted", "en_route", "on_scene"]);

export function allowed(alert: Alert, action: Action): boolean {
  if (alert.state === "closed") return false;
  if (action === "acknowledge") {
    return alert.acknowledged_by === null || alert.state === "escalated";
  }
  return action === "close" || !UNDER_WAY.has(alert.state);
}

/** Whether a dispatch would take it from a patrol that may still accept. */
export function takesAway(alert: Alert): boolean {
  return alert.state === "dispatched" && alert.patrol !== null;
}

/** Fields whose change an operator must see before the action is tried again. */
const MATERIAL = ["state", "patrol", "acknowledged_by", "outcome", "severity"] as const;

export type Material = (typeof MATERIAL)[number];

/** What has changed between what the operator saw and what is true. */
export function changes(seen: Alert, now: Alert): Material[] {
  return MATERIAL.filter((field) => seen[field] !== now[field]);
}
