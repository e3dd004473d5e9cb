/** Patrols drawn moving: from where they are drawn to where they say they are. */

import type { Patrol } from "../../types";
import { distanceM, headingOf, type Point } from "./geo";

export interface Glide {
  from: Point;
  to: Point;
  /** Milliseconds on the page's clock. */
  startedAt: number;
  endsAt: number;
  /** Degrees clockwise from north; null until it has moved. */
  heading: number | null;
  /** When the position was reported (RFC 3339). */
  at: string;
}

/** Farther than this between two reports is a jump, not a drive. */
const JUMP_M = 3000;
const STANDING_M = 2;
const SHORTEST_MS = 400;
const LONGEST_MS = 5000;

/** The glide of every patrol after a report; what has not moved keeps its glide. */
export function follow(
  glides: ReadonlyMap<string, Glide>,
  patrols: readonly Patrol[],
  now: number,
  still: boolean,
): Map<string, Glide> {
  const next = new Map<string, Glide>();
  for (const patrol of patrols) {
    if (patrol.longitude === null || patrol.latitude === null) continue;
    const to: Point = [patrol.longitude, patrol.latitude];
    next.set(patrol.id, step(glides.get(patrol.id), to, patrol.at ?? "", now, still));
  }
  return next;
}

function step(known: Glide | undefined, to: Point, at: string, now: number, still: boolean): Glide {
  if (known === undefined) {
    return { from: to, to, startedAt: now, endsAt: now, heading: null, at };
  }
  if (known.at === at && known.to[0] === to[0] && known.to[1] === to[1]) return known;
  const from = positionAt(known, now);
  const apart = distanceM(from, to);
  const heading = apart > STANDING_M ? headingOf(from, to) : known.heading;
  if (still || apart > JUMP_M) {
    return { from: to, to, startedAt: now, endsAt: now, heading, at };
  }
  // As long as the last two reports were apart: then the next one finds it just arriving.
  const between = Date.parse(at) - Date.parse(known.at);
  const takes = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Number.isNaN(between) ? 0 : between));
  return { from, to, startedAt: now, endsAt: now + takes, heading, at };
}

export function positionAt(glide: Glide, now: number): Point {
  const whole = glide.endsAt - glide.startedAt;
  const done = whole <= 0 ? 1 : Math.min(1, Math.max(0, (now - glide.startedAt) / whole));
  return [
    glide.from[0] + (glide.to[0] - glide.from[0]) * done,
    glide.from[1] + (glide.to[1] - glide.from[1]) * done,
  ];
}

export function moving(glides: Iterable<Glide>, now: number): boolean {
  for (const one of glides) if (one.endsAt > now) return true;
  return false;
}

/** How solid a patrol is drawn: full while its position is fresh, faint when it is old. */
export function solidity(ageS: number): number {
  if (ageS <= 20) return 1;
  return Math.max(0.3, 1 - ((ageS - 20) / 280) * 0.7);
}
