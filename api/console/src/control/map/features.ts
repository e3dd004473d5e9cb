/** What the model shows on the map, as GeoJSON. */

import type { Feature, FeatureCollection } from "geojson";
import { isDegraded } from "../../lib/coverage";
import type { Alert, Camera, Patrol, Watch, WatchState } from "../../types";
import { readiness } from "../state/select";
import { byUrgency, isInFeed, isOpen } from "../state/urgency";
import type { Point } from "./geo";
import { positionAt, solidity, type Glide } from "./glide";

/**
 * How a camera is drawn. `degraded`: watched, less closely than its scene needs. `unknown`: we are
 * not connected, so nobody can say.
 */
export type CameraLook = "live" | "degraded" | "waiting" | "dark" | "unknown";

const LOOK: Record<WatchState, CameraLook> = {
  live: "live",
  connecting: "waiting",
  waiting: "dark",
  failed: "dark",
  off: "dark",
  unwatched: "dark",
};

export function lookOf(watch: Watch, connected: boolean): CameraLook {
  if (!connected) return "unknown";
  return isDegraded(watch) ? "degraded" : LOOK[watchStateOf(watch)];
}

/** A camera that failed and is tried again is not one that is just being connected. */
export function watchStateOf(watch: Watch): WatchState {
  return watch.state === "connecting" && watch.reason !== null ? "waiting" : watch.state;
}

export function cameraFeatures(cameras: readonly Camera[], connected: boolean): FeatureCollection {
  return collection(
    cameras.map((one) => {
      const look = lookOf(one.watch, connected);
      return point([one.longitude, one.latitude], {
        id: one.id,
        icon: `camera-${look}`,
        label: one.name,
        order: look === "live" ? 0 : 1,
      });
    }),
  );
}

export function patrolFeatures(
  patrols: Readonly<Record<string, Patrol>>,
  glides: ReadonlyMap<string, Glide>,
  now: number,
  ageS: (at: string) => number,
  label: (patrol: Patrol, ageS: number) => string,
): FeatureCollection {
  const features: Feature[] = [];
  for (const [id, glide] of glides) {
    const patrol = patrols[id];
    if (!patrol) continue;
    const state = readiness(patrol);
    const age = ageS(glide.at);
    const properties: Record<string, unknown> = {
      id,
      icon: `patrol-${state}`,
      label: label(patrol, age),
      solidity: solidity(age) * (state === "off_duty" ? 0.75 : 1),
      order: state === "busy" ? 2 : state === "free" ? 1 : 0,
    };
    if (glide.heading !== null && state !== "off_duty") properties["heading"] = glide.heading;
    features.push(point(positionAt(glide, now), properties));
  }
  return collection(features);
}

/** Straight lines from patrols to the alerts they are sent to. */
export function routeFeatures(
  alerts: Readonly<Record<string, Alert>>,
  glides: ReadonlyMap<string, Glide>,
  now: number,
): FeatureCollection {
  const features: Feature[] = [];
  for (const alert of Object.values(alerts)) {
    const glide = alert.patrol === null ? undefined : glides.get(alert.patrol);
    if (!glide || !alert.place || !isOpen(alert) || alert.state === "on_scene") continue;
    const to: Point = [alert.place.longitude, alert.place.latitude];
    features.push({
      type: "Feature",
      properties: { id: alert.id },
      geometry: { type: "LineString", coordinates: [positionAt(glide, now), to] },
    });
  }
  return collection(features);
}

export interface Pin {
  key: string;
  at: Point;
  /** Open alerts at this place, the most urgent first. */
  alerts: Alert[];
}

/** One pin a place: three alerts of one camera must not hide each other. In review: the selected one alone. */
export function pins(alerts: Readonly<Record<string, Alert>>, selected: string | null = null): Pin[] {
  const found = new Map<string, Pin>();
  const shown = (one: Alert): boolean => isInFeed(one) || (one.id === selected && isOpen(one));
  for (const alert of Object.values(alerts).filter(shown).sort(byUrgency)) {
    if (!alert.place) continue;
    const at: Point = [alert.place.longitude, alert.place.latitude];
    const key = at.map((degrees) => degrees.toFixed(5)).join(" ");
    const known = found.get(key);
    if (known) known.alerts.push(alert);
    else found.set(key, { key, at, alerts: [alert] });
  }
  return [...found.values()];
}

function point(at: Point, properties: Record<string, unknown>): Feature {
  return { type: "Feature", properties, geometry: { type: "Point", coordinates: at } };
}

function collection(features: Feature[]): FeatureCollection {
  return { type: "FeatureCollection", features };
}
