import { describe, expect, it } from "vitest";
import { decisions, grounds } from "./decision";
import { at, step } from "./fixtures";

const candidate = (patrol: string, reason: string) => ({
  patrol, name: `Unit ${patrol}`, distance_m: 100, position_age_s: 1, chosen: reason === "nearest", reason,
});

describe("decisions", () => {
  const decision = { chosen: "1", candidates: [candidate("1", "nearest"), candidate("2", "farther than Unit 1")] };

  it("gives the latest first and skips other steps", () => {
    const steps = [
      step("raise"),
      step("dispatch", { at: at(1), detail: { patrol: "1", decision } }),
      step("escalate", { at: at(40), detail: { decision: { chosen: null, candidates: [candidate("1", "off duty")] } } }),
    ];
    expect(decisions(steps).map((one) => [one.at, one.sent])).toEqual([[at(40), null], [at(1), "1"]]);
  });

  it("knows when a person named somebody else than the nearest, and puts them first", () => {
    const named = decisions([step("dispatch", { detail: { patrol: "2", decision } })])[0];
    expect(named?.named).toBe(true);
    expect(named?.candidates[0]?.patrol).toBe("2");
  });
});

describe("grounds", () => {
  it.each([
    ["nearest", [{ key: "nearest" }]],
    ["nearest, position 75 s old", [{ key: "nearest" }, { key: "old_position", seconds: 75 }]],
    ["farther than Unit 2, east", [{ key: "farther", than: "Unit 2, east" }]],
    ["farther than Unit 2, position 90 s old", [{ key: "farther", than: "Unit 2" }, { key: "old_position", seconds: 90 }]],
    ["soonest there", [{ key: "soonest" }]],
    ["later than Unit 2, position 90 s old", [{ key: "later", than: "Unit 2" }, { key: "old_position", seconds: 90 }]],
    ["has not answered", [{ key: "unanswered" }]],
    ["lacks k9 and medical", [{ key: "lacks", words: "k9 and medical" }]],
    ["soonest there, lacks medical, position 90 s old",
      [{ key: "soonest" }, { key: "lacks", words: "medical" }, { key: "old_position", seconds: 90 }]],
    ["soonest there, taken from a medium alert, lacks armed",
      [{ key: "soonest" }, { key: "taken", severity: "medium" }, { key: "lacks", words: "armed" }]],
    ["later than Unit 2, east, lacks medical", [{ key: "later", than: "Unit 2, east" }, { key: "lacks", words: "medical" }]],
    ["behind Unit 2, lacks medical", [{ key: "behind", than: "Unit 2" }, { key: "lacks", words: "medical" }]],
    ["50 s later than Unit 1, but has medical",
      [{ key: "later_by", than: "Unit 1", seconds: 50 }, { key: "has", words: "medical" }]],
    ["50 s sooner than Unit 1, but lacks medical, position 61 s old",
      [{ key: "sooner_by", than: "Unit 1", seconds: 50 }, { key: "lacks", words: "medical" }, { key: "old_position", seconds: 61 }]],
    ["179 s sooner than Unit 1, but is on its way to a medium alert",
      [{ key: "sooner_by", than: "Unit 1", seconds: 179 }, { key: "on_its_way", severity: "medium" }]],
    ["179 s later than Unit 1, but is free, lacks armed",
      [{ key: "later_by", than: "Unit 1", seconds: 179 }, { key: "is_free" }, { key: "lacks", words: "armed" }]],
    ["1 s later than Unit 1, but has had fewer alerts", [{ key: "later_by", than: "Unit 1", seconds: 1 }, { key: "fewer_alerts" }]],
    ["wanted for a graver alert", [{ key: "for_graver" }]],
    ["a reason of a later version", [{ key: "other", text: "a reason of a later version" }]],
  ])("takes %s apart", (reason, expected) => {
    expect(grounds(reason)).toEqual(expected);
  });
});
