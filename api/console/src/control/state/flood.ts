/**
 * What an operator sees in a flood: what may wait is bundled by place and kind, what may not stands by
 * itself. Nothing is dropped. The same rules as the service's (`alerts/flood.py`).
 */

import type { Alert } from "../../types";
import { isLoud, isOpen, isQuiet, isReviewed } from "./urgency";

export interface Bundle {
  key: string;
  kind: string;
  place: string;
  alerts: Alert[];
}

/** Critical, loud, or high and nobody's. */
export function standsOut(alert: Alert): boolean {
  if (!isOpen(alert)) return false;
  if (alert.severity === "critical") return true;
  if (isQuiet(alert) || isReviewed(alert)) return false;
  const untaken = (alert.state === "new" || alert.state === "dispatched") && alert.acknowledged_by === null;
  return isLoud(alert) || (alert.severity === "high" && untaken);
}

/** What stands by itself, in the order given, and the rest by place and kind, the most first. */
export function bundled(
  alerts: readonly Alert[],
  placeOf: (alert: Alert) => string,
): { alone: Alert[]; bundles: Bundle[] } {
  const rest = new Map<string, Bundle>();
  const alone: Alert[] = [];
  for (const alert of alerts) {
    if (standsOut(alert)) {
      alone.push(alert);
      continue;
    }
    const place = placeOf(alert);
    const key = `${place}\n${alert.kind}`;
    const known = rest.get(key);
    if (known) known.alerts.push(alert);
    else rest.set(key, { key, kind: alert.kind, place, alerts: [alert] });
  }
  const bundles = [...rest.values()].sort(
    (a, b) => b.alerts.length - a.alerts.length || (a.key < b.key ? -1 : 1),
  );
  return { alone, bundles };
}
