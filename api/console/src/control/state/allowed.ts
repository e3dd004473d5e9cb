/** What an operator may do with an alert now; the server's table has the last word. */

import type { Alert } from "../../types";
import { isLoud, isOpen, isReviewed } from "./urgency";

export type Action = "acknowledge" | "dispatch" | "close" | "shelve";

export function allowed(alert: Alert, action: Action): boolean {
  if (!isOpen(alert)) return false;
  if (action === "shelve") return isShelvable(alert);
  return action !== "acknowledge" || alert.acknowledged_by === null || isLoud(alert);
}

/** Nobody has it, and it calls; a critical one only an administrator can put off. */
function isShelvable(alert: Alert): boolean {
  const waits = alert.state === "new" || alert.state === "acknowledged" || alert.state === "escalated";
  return waits && alert.patrol === null && !isReviewed(alert) && (alert.silenced_by ?? null) === null;
}

/** Whether a dispatch would take it from a patrol that has it or may still accept. */
export function takesAway(alert: Alert): boolean {
  return isOpen(alert) && alert.patrol !== null;
}

/** Fields whose change an operator must see before the action is tried again. */
const MATERIAL = ["state", "patrol", "acknowledged_by", "outcome", "severity"] as const;

export type Material = (typeof MATERIAL)[number];

/** What has changed between what the operator saw and what is true. */
export function changes(seen: Alert, now: Alert): Material[] {
  return MATERIAL.filter((field) => seen[field] !== now[field]);
}
