/** Patrols to choose from, the ones that can be sent first, then by distance. */

import { metresBetween } from "../../lib/geo";
import type { Alert, Patrol } from "../../types";
import { readiness, type Readiness } from "./select";

export interface Choice {
  patrol: Patrol;
  readiness: Readiness;
  /** It is the one that is being asked already. */
  asked: boolean;
  /** It declined or did not answer; a person may still name it. */
  refused: boolean;
  distance_m: number | null;
  sendable: boolean;
}

export function choices(alert: Alert, patrols: readonly Patrol[], filter: string): Choice[] {
  const wanted = filter.trim().toLocaleLowerCase();
  return patrols
    .filter((one) => one.name.toLocaleLowerCase().includes(wanted))
    .map((one) => choice(alert, one))
    .sort(
      (a, b) =>
        Number(b.sendable) - Number(a.sendable) ||
        (a.distance_m ?? Infinity) - (b.distance_m ?? Infinity) ||
        a.patrol.name.localeCompare(b.patrol.name, undefined, { numeric: true }),
    );
}

function choice(alert: Alert, patrol: Patrol): Choice {
  const asked = patrol.id === alert.patrol;
  const { latitude, longitude } = patrol;
  const placed = alert.place !== null && latitude !== null && longitude !== null;
  const state = readiness(patrol);
  return {
    patrol,
    readiness: state,
    asked,
    refused: alert.refused_by.includes(patrol.id),
    distance_m: placed && alert.place ? metresBetween(alert.place, { latitude, longitude }) : null,
    sendable: state === "free" && !asked,
  };
}
