/** What belongs to an alert's picture: the boxes, and where they were seen. */

import type { AlertDetail, Box, LinkedIncident, Outline, TrackPath } from "../types";

const SAME_FRAME_S = 0.02;

/** What is drawn over a picture. */
export interface Drawn {
  boxes: readonly Box[];
  outline: Outline | null;
  paths: readonly TrackPath[];
}

export const NOTHING: Drawn = { boxes: [], outline: null, paths: [] };

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
  };
}
