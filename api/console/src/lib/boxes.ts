/** The boxes that belong to an alert's picture. */

import type { AlertDetail, Box } from "../types";

const SAME_FRAME_S = 0.02;

/** The picture is taken when its incident opens: that incident's boxes of that moment, no later ones. */
export function boxesOfSnapshot({ alert, incidents }: AlertDetail): Box[] {
  const own = incidents.find((one) => one.payload.evidence?.snapshot === alert.snapshot) ?? incidents[0];
  const boxes = own?.payload.boxes ?? [];
  const first = boxes[0];
  return first ? boxes.filter((box) => Math.abs(box.t_s - first.t_s) <= SAME_FRAME_S) : [];
}
