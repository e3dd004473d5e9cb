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
}

export const NOTHING: Drawn = { boxes: [], outline: null, paths: [], at_s: null };

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
  };
}

type Feet = [number, number][];

/** A track's way up to the picture, and what came after it; both hold the step between. */
export function split(path: TrackPath, at_s: number | null): { before: Feet; after: Feet } {
  const feet: Feet = path.points.map(([, x, y]) => [x, y]);
  if (at_s === null) return { before: feet, after: [] };
  const past = path.points.filter(([t_s]) => t_s <= at_s + SAME_FRAME_S).length;
  return { before: feet.slice(0, past), after: feet.slice(Math.max(0, past - 1)) };
}
