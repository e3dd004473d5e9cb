import { describe, expect, it } from "vitest";
import { choices } from "./choices";
import { alert, patrol } from "./fixtures";

describe("choices", () => {
  const units = [
    patrol("far", { latitude: 60.2 }),
    patrol("lost", { latitude: null, longitude: null }),
    patrol("busy", { busy_with: "x", latitude: 60.1701 }),
    patrol("near"),
    patrol("off", { on_duty: false }),
    patrol("asked", { busy_with: "a" }),
  ];

  it("puts whoever can be sent first, the nearest before the farther and the unknown", () => {
    const found = choices(alert("a", { patrol: "asked" }), units, "");
    expect(found.map((one) => one.patrol.id)).toEqual(["near", "far", "lost", "busy", "asked", "off"]);
    expect(found.filter((one) => one.sendable)).toHaveLength(3);
    expect(found.find((one) => one.asked)?.sendable).toBe(false);
  });

  it("filters by name and marks who refused", () => {
    const found = choices(alert("a", { refused_by: ["near"] }), units, " UNIT n");
    expect(found.map((one) => [one.patrol.id, one.refused])).toEqual([["near", true]]);
  });
});
