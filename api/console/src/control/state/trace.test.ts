import { describe, expect, it } from "vitest";
import { at } from "./fixtures";
import { stages } from "./trace";

describe("stages", () => {
  it("puts the times in the order of the way, each with what it took", () => {
    const way = stages({ stored: at(0.5), captured: at(0), raised: at(0.2), other: at(9) });
    expect(way.map((one) => [one.name, one.after_ms])).toEqual([
      ["captured", null], ["raised", 200], ["stored", 300],
    ]);
  });

  it("says nothing of a way that is not known", () => {
    expect(stages({})).toEqual([]);
  });
});
