/** What an operator may do with an alert now; the server's table has the last word. */

import type { Alert } from "../../types";
import { isLoud, isOpen } from "./urgency";

export type Action = "acknowledge" | "dispatch" | "close";

export function allowed(alert: Alert, action: Action): boolean {
  if (!isOpen(alert)) return false;
  return action !== "acknowledge" || alert.acknowledged_by === null || isLoud(alert);
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
