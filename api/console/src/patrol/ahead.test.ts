import { describe, expect, it } from "vitest";
import type { Alert, State } from "../types";
import { ahead, isWith } from "./ahead";
import { departure } from "./notice";
import type { Entry, Said } from "./outbox";

const alert = (state: State, changes: Partial<Alert> = {}): Alert =>
  ({ id: "a", state, patrol: "me", refused_by: [], outcome: null, ...changes }) as Alert;
const said = (...words: Said[]): Entry[] => words.map((word) => ({ alert: "a", said: word, note: "", at: "" }));

describe("ahead", () => {
  it.each<[Said[], State | null]>([
    [[], "dispatched"],
    [["accept"], "accepted"],
    [["accept", "en_route"], "en_route"],
    [["accept", "en_route", "on_scene"], "on_scene"],
    [["decline"], null],
    [["accept", "on_scene", "close"], null],
  ])("after %j it is %s", (words, state) => {
    expect(ahead(alert("dispatched"), said(...words))?.state ?? null).toBe(state);
  });

  it("counts no words about another alert", () => {
    expect(ahead(alert("dispatched", { id: "b" }), said("decline"))?.state).toBe("dispatched");
  });
});

describe("isWith", () => {
  it.each<[Alert, boolean]>([
    [alert("dispatched"), true],
    [alert("on_scene"), true],
    [alert("closed"), false],
    [alert("dispatched", { patrol: "other" }), false],
    [alert("escalated", { patrol: null }), false],
  ])("%#", (one, mine) => {
    expect(isWith(one, "me")).toBe(mine);
  });
});

describe("departure", () => {
  const closed = alert("closed", { patrol: null, outcome: "real" });
  const close = (outcome: "real" | "false"): Entry => ({ ...said("close")[0]!, outcome });

  it.each([
    ["done", closed, close("real")],
    ["closed", closed, close("false")],
    ["closed", closed, undefined],
    ["declined", alert("dispatched", { patrol: "other", refused_by: ["me"] }), said("decline")[0]],
    ["lapsed", alert("dispatched", { patrol: "other", refused_by: ["me"] }), undefined],
    ["reassigned", alert("dispatched", { patrol: "other" }), said("accept")[0]],
    ["withdrawn", alert("escalated", { patrol: null }), undefined],
  ] as const)("%s", (what, one, last) => {
    expect(departure(one, "me", last).what).toBe(what);
  });
});
