import { describe, expect, it } from "vitest";
import type { WatchState } from "../../types";
import { alert, camera, patrol } from "../state/fixtures";
import { cameraFeatures, lookOf, pins, routeFeatures } from "./features";
import { follow } from "./glide";

describe("cameras", () => {
  it("shows only an inferred picture as watched, and nothing as known without a connection", () => {
    const look = (state: WatchState, reason: string | null = null) => lookOf(camera("a", { state, reason }).watch, true);
    expect(look("live")).toBe("live");
    expect(look("connecting")).toBe("waiting");
    expect(look("connecting", "unreachable")).toBe("dark");
    for (const state of ["waiting", "failed", "off", "unwatched"] as const) expect(look(state)).toBe("dark");
    expect(lookOf(camera("a").watch, false)).toBe("unknown");
    expect(lookOf(camera("a", { coverage: "degraded" }).watch, true)).toBe("degraded");
    expect(lookOf(camera("a", { coverage: "degraded" }).watch, false)).toBe("unknown");
    expect(lookOf(camera("a", { state: "waiting", coverage: "degraded" }).watch, true)).toBe("dark");
    expect(lookOf(camera("a", { coverage: "full", decoding: "keys", looking: "nothing" }).watch, true)).toBe("live");
    const [drawn] = cameraFeatures([camera("a")], false).features;
    expect(drawn?.properties?.["icon"]).toBe("camera-unknown");
  });
});

describe("pins", () => {
  it("keeps alerts of one place together, the most urgent on top, closed ones out", () => {
    const found = pins({
      a: alert("a", { severity: "low" }),
      b: alert("b", { state: "escalated" }),
      c: alert("c", { state: "closed" }),
      d: alert("d", { place: null }),
      e: alert("e", { place: { name: "Gate", latitude: 60.18, longitude: 24.94 } }),
    });
    expect(found.map((one) => one.alerts.map((alert) => alert.id))).toEqual([["b", "a"], ["e"]]);
  });
});

describe("routes", () => {
  it("lead from a patrol to its alert until it has arrived", () => {
    const glides = follow(new Map(), [patrol("1")], 0, false);
    const route = (state: "accepted" | "on_scene") =>
      routeFeatures({ a: alert("a", { patrol: "1", state }) }, glides, 0).features;
    expect(route("accepted")[0]?.geometry).toEqual({
      type: "LineString", coordinates: [[24.941, 60.171], [24.94, 60.17]],
    });
    expect(route("on_scene")).toEqual([]);
  });
});
