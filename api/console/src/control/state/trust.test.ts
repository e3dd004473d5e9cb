import { describe, expect, it } from "vitest";
import type { Trust } from "../../types";
import { alert } from "./fixtures";
import { EMPTY, type Model } from "./model";
import { reduce } from "./reduce";
import { feed, reviewed } from "./select";
import { byConcern, inStanding, trustKey } from "./trust";

function trust(camera: string, changes: Partial<Trust> = {}): Trust {
  return {
    camera, kind: "intrusion", zone: "grass", severity: "high", state: "trusted", since: null, by: "", reason: "",
    real: 0, false: 0, unclear: 0, precision: null, low: 0, high: 1, budget: 0.3,
    proposes_restore: false, version: 1, ...changes,
  };
}

const text = (): string => "";
const say = (model: Model, ...alerts: ReturnType<typeof alert>[]): Model =>
  alerts.reduce((now, one) => reduce(now, { type: "alert", alert: one, fresh: true }), model);

describe("the review list", () => {
  it("keeps what is in review out of the feed, and announces none of it", () => {
    const model = say(EMPTY, alert("a", { review: true }), alert("b"));
    expect(feed(model, text).map((one) => one.id)).toEqual(["b"]);
    expect(reviewed(model).map((one) => one.id)).toEqual(["a"]);
    expect(model.announced).toEqual({ id: "b", count: 1 });
  });

  it("is what the keys walk through while it is shown", () => {
    const model = reduce(say(EMPTY, alert("a", { review: true }), alert("b")), { type: "tab", tab: "review" });
    expect(feed(model, text).map((one) => one.id)).toEqual(["a"]);
  });

  it("announces what is lifted out of it, and forgets what is closed", () => {
    let model = say(EMPTY, alert("a", { review: true }), alert("b", { review: true }));
    model = say(model, alert("a", { version: 2 }), alert("b", { review: true, state: "closed", version: 2 }));
    expect(model.announced?.id).toBe("a");
    expect(feed(model, text).map((one) => one.id)).toEqual(["a"]);
    expect(reviewed(model)).toEqual([]);
  });
});

describe("trust", () => {
  it("takes the latest word on each rule", () => {
    let model = reduce(EMPTY, { type: "trust", trust: [trust("a", { state: "review", version: 3 })] });
    model = reduce(model, { type: "trust", trust: [trust("a", { version: 2 }), trust("b", { state: "flagged" })] });
    expect(inStanding(model.trust, "review").map(trustKey)).toEqual(["a/intrusion/grass"]);
    expect(inStanding(model.trust, "flagged", "a")).toEqual([]);
    model = reduce(model, { type: "trust", trust: [trust("a", { zone: null, state: "flagged" })] });
    expect(inStanding(model.trust, "review").map(trustKey)).toEqual(["a/intrusion/grass"]);
    expect(inStanding(model.trust, "flagged", "a").map(trustKey)).toEqual(["a/intrusion/"]);
  });

  it("puts first what asks for a person", () => {
    const rules = [
      trust("fine", { precision: 0.9 }),
      trust("poor", { precision: 0.4 }),
      trust("flag", { state: "flagged", precision: 0.1 }),
      trust("review", { state: "review", precision: 0.1 }),
      trust("better", { state: "review", precision: 0.5, proposes_restore: true }),
    ];
    expect(rules.sort(byConcern).map((one) => one.camera)).toEqual(["better", "review", "flag", "poor", "fine"]);
  });
});
