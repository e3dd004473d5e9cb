import { describe, expect, it } from "vitest";
import { alert } from "../control/state/fixtures";
import type { AlertDetail, Box, TrackPath } from "../types";
import { drawnOnSnapshot, NOTHING, split } from "./boxes";

const box = (t_s: number): Box => ({ t_s, label: "person", xyxy: [0, 0, 1, 1], track: 7, score: 0.9 });
const path: TrackPath = { track: 7, points: [[1, 0.1, 0.5], [2, 0.2, 0.5], [3, 0.3, 0.5]] };

function detail(...payloads: AlertDetail["incidents"][number]["payload"][]): AlertDetail {
  const incidents = payloads.map((payload, n) => ({ incident: `i${n}`, payload, trace: {} }));
  return { alert: alert("a", { snapshot: "two.jpg" }), steps: [], incidents, trace: [], offers: [], notifications: [] };
}

describe("what is drawn on a picture", () => {
  it("is of the incident that the picture was taken of, at that moment", () => {
    const found = drawnOnSnapshot(
      detail(
        { boxes: [box(9)] },
        { boxes: [box(2), box(2.01), box(3)], paths: [path], evidence: { snapshot: "two.jpg", clip: null } },
      ),
    );
    expect([found.boxes.length, found.at_s, found.paths, found.outline]).toEqual([2, 2, [path], null]);
  });

  it("is nothing where the node said nothing", () => {
    expect(drawnOnSnapshot(detail())).toEqual(NOTHING);
    expect(drawnOnSnapshot(detail({}))).toEqual(NOTHING);
  });
});

describe("a way", () => {
  it("is split at the picture", () => {
    expect(split(path, 2)).toEqual({ came: [], before: [[0.1, 0.5], [0.2, 0.5]], after: [[0.2, 0.5], [0.3, 0.5]] });
    expect(split(path, 9).after).toEqual([[0.3, 0.5]]);
    expect(split(path, 0)).toEqual({ came: [], before: [], after: [[0.1, 0.5], [0.2, 0.5], [0.3, 0.5]] });
    expect(split(path, null).before.length).toBe(3);
  });

  it("tells how somebody came until the rule was met", () => {
    const came = [[0.1, 0.5], [0.2, 0.5]];
    expect(split(path, 3, 2)).toEqual({ came, before: [[0.2, 0.5], [0.3, 0.5]], after: [[0.3, 0.5]] });
    expect(split(path, null, 2)).toEqual({ came, before: [[0.2, 0.5], [0.3, 0.5]], after: [] });
    expect(split(path, 1, 2)).toEqual({ came: [[0.1, 0.5]], before: [[0.1, 0.5]], after: [[0.1, 0.5], [0.2, 0.5], [0.3, 0.5]] });
    expect(split(path, 3, 0).came).toEqual([]);
  });
});
