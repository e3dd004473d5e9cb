/** How the alert stands once the service has heard what the patrol already said. */

import type { Alert, State } from "../types";
import type { Entry, Said } from "./outbox";

const REACHED: Readonly<Record<Said, State | null>> = {
  accept: "accepted",
  en_route: "en_route",
  on_scene: "on_scene",
  decline: null,
  close: null,
};

/** The alert as its patrol sees it; null when the patrol has declined or closed it. */
export function ahead(alert: Alert | null, waiting: readonly Entry[]): Alert | null {
  let seen = alert;
  for (const entry of waiting) {
    if (seen === null || entry.alert !== seen.id) continue;
    const state = REACHED[entry.said];
    seen = state === null ? null : { ...seen, state };
  }
  return seen;
}

const WITH_A_PATROL: readonly State[] = ["dispatched", "accepted", "en_route", "on_scene"];

/** Whether it is this patrol's to answer or to finish. */
export function isWith(alert: Alert, patrol: string): boolean {
  return alert.patrol === patrol && WITH_A_PATROL.includes(alert.state);
}
