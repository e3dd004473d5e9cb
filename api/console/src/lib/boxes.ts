/** What belongs to an alert's picture: the boxes, and where they were seen. */

import type { AlertDetail, Box, LinkedIncident, Outline, TrackPath } from "../types";

const SAME_FRAME_S = 0.02;

/** What is drawn over a picture. */
export interface Drawn {
  boxes: readonly Box[];
  outline: Outline | null;
  paths: readonly TrackPath[];
  /** Media time of the picture; null: not known. */
  at_s: number | null;
  /** Media time at which the rule was first met; null: not known. */
  start_s: number | null;
}

export const NOTHING: Drawn = { boxes: [], outline: null, paths: [], at_s: null, start_s: null };

/** The incident whose opening the alert's picture shows. */
export function incidentOfSnapshot({ alert, incidents }: AlertDetail): LinkedIncident | null {
  return incidents.find((one) => one.payload.evidence?.snapshot === alert.snapshot) ?? incidents[0] ?? null;
}

/** The picture is taken when its incident opens: that incident's boxes of that moment, no later ones. */
export function drawnOnSnapshot(detail: AlertDetail): Drawn {
  const own = incidentOfSnapshot(detail);
  if (own === null) return NOTHING;
  const boxes = own.payload.boxes ?? [];
  const first = boxes[0];
  return {
    boxes: first ? boxes.filter((box) => Math.abs(box.t_s - first.t_s) <= SAME_FRAME_S) : [],
    outline: own.outline ?? null,
    paths: own.payload.paths ?? [],
    at_s: first?.t_s ?? null,
    start_s: own.payload.start_s ?? null,
  };
}

type Feet = [number, number][];

/** How a track came until its rule was met, its way from then to the picture, and what came after.
 *  Neighbours hold the step between them. */
export function split(path: TrackPath, at_s: number | null, start_s: number | null = null): { came: Feet; before: Feet; after: Feet } {
  const feet: Feet = path.points.map(([, x, y]) => [x, y]);
  const until = (end_s: number | null, none: number): number =>
    end_s === null ? none : path.points.filter(([t_s]) => t_s <= end_s + SAME_FRAME_S).length;
  const past = until(at_s, feet.length);
  const met = Math.min(past, until(start_s, 0));
  const after = at_s === null ? [] : feet.slice(Math.max(0, past - 1));
  return { came: feet.slice(0, met), before: feet.slice(Math.max(0, met - 1), past), after };
}
