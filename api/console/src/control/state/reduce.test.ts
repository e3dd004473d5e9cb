import { describe, expect, it } from "vitest";
import { alert, at, camera, patrol } from "./fixtures";
import { EMPTY, type Event, type Model } from "./model";
import { reduce } from "./reduce";

const play = (events: Event[], from: Model = EMPTY): Model => events.reduce(reduce, from);
const told = (...changes: Parameters<typeof alert>): Event => ({ type: "alert", alert: alert(...changes), fresh: true });

describe("the feed", () => {
  it("puts the loud first, then severity, then the unattended, then the oldest", () => {
    const model = play([
      told("low", { severity: "low" }),
      told("sent", { state: "en_route", patrol: "p" }),
      told("younger", { opened_at: at(5) }),
      told("older"),
      told("critical", { severity: "critical" }),
      told("overdue", { severity: "medium", state: "accepted", overdue_since: at(9) }),
      told("escalated", { severity: "low", state: "escalated" }),
    ]);
    expect(model.order).toEqual([
      "overdue", "escalated", "critical", "older", "younger", "sent", "low",
    ]);
  });

  it("does not go back to an older version", () => {
    const model = play([told("a", { version: 3, state: "dispatched" }), told("a", { version: 2 })]);
    expect(model.alerts["a"]?.state).toBe("dispatched");
  });

  it("drops what is closed, unless somebody looks at it", () => {
    const two = play([told("a"), told("b"), { type: "select", id: "b" }]);
    const model = play(
      [told("a", { version: 2, state: "closed" }), told("b", { version: 2, state: "closed" })],
      two,
    );
    expect(model.order).toEqual([]);
    expect(Object.keys(model.alerts)).toEqual(["b"]);
    expect(play([{ type: "select", id: null }], model).alerts).toEqual({});
  });

  it("holds its order under the pointer: nothing moves, nothing goes, the new waits", () => {
    const held = play([told("a"), told("b", { opened_at: at(1) }), { type: "hold", held: true }]);
    const model = play(
      [
        told("c", { severity: "critical" }),
        told("b", { version: 2, state: "escalated" }),
        told("a", { version: 2, state: "closed" }),
      ],
      held,
    );
    expect(model.order).toEqual(["a", "b"]);
    expect(model.waiting).toEqual(["c"]);
    const released = play([{ type: "hold", held: false }], model);
    expect(released.order).toEqual(["b", "c"]);
    expect(released.waiting).toEqual([]);
  });

  it("announces an alert once, and none that was there before", () => {
    const model = play([
      { type: "loaded", alerts: [alert("old")], cameras: [], patrols: [], trust: [] },
      told("old", { version: 2 }),
      told("new"),
      told("new", { version: 2 }),
      told("closed", { state: "closed" }),
    ]);
    expect(model.announced).toEqual({ id: "new", count: 1 });
  });
});

describe("a full read", () => {
  it("forgets what is gone and keeps what the stream knew better", () => {
    const before = play([told("gone"), told("kept", { version: 5, state: "accepted" })]);
    const model = play([{ type: "loaded", alerts: [alert("kept")], cameras: [], patrols: [], trust: [] }], before);
    expect(model.order).toEqual(["kept"]);
    expect(model.alerts["kept"]?.version).toBe(5);
  });
});

describe("the detail", () => {
  it("belongs to the selected alert alone", () => {
    const detail = (id: string): Event => ({ type: "detail", detail: { alert: alert(id), steps: [], incidents: [], trace: [], offers: [], notifications: [] } });
    const model = play([told("a"), told("b"), { type: "select", id: "a" }, detail("b")]);
    expect(model.detail).toBeNull();
    expect(play([detail("a")], model).detail?.alert.id).toBe("a");
    expect(play([detail("a"), { type: "select", id: "b" }], model).detail).toBeNull();
  });
});

describe("cameras and patrols", () => {
  it("takes watch states for the cameras it knows and drops removed ones", () => {
    const watch = { ...camera("a").watch, state: "failed" as const, reason: "unreachable" };
    const model = play([
      { type: "cameras", cameras: [camera("a"), camera("b")] },
      { type: "watch", watches: [{ id: "a", watch }, { id: "unknown", watch }] },
    ]);
    expect(Object.keys(model.cameras)).toEqual(["a"]);
    expect(model.cameras["a"]?.watch.reason).toBe("unreachable");
  });

  it("replaces the patrols whole", () => {
    const model = play([
      { type: "patrols", patrols: [patrol("1"), patrol("2")] },
      { type: "patrols", patrols: [patrol("2")] },
    ]);
    expect(Object.keys(model.patrols)).toEqual(["2"]);
  });
});

describe("notices", () => {
  it("keeps the latest few until they are dismissed", () => {
    const notices = [1, 2, 3, 4, 5].map((id): Event => ({ type: "notice", notice: { id, tone: "error", text: "" } }));
    const model = play([...notices, { type: "dismiss", id: 4 }]);
    expect(model.notices.map((one) => one.id)).toEqual([2, 3, 5]);
  });
});

describe("what goes on", () => {
  const detail = (why: string, version = 1) => ({ alert: alert("a", { why, version }), steps: [], incidents: [], trace: [], offers: [], notifications: [] });

  it("is told anew by a later read of the same version, announces nothing, and never goes back a version", () => {
    let model = reduce(EMPTY, { type: "alert", alert: alert("a"), fresh: true });
    model = reduce(reduce(model, { type: "select", id: "a" }), { type: "detail", detail: detail("for 9 s") });
    expect([model.alerts["a"]?.why, model.announced?.count]).toEqual(["for 9 s", 1]);
    model = reduce(model, { type: "alert", alert: alert("a", { version: 3, why: "now" }), fresh: true });
    expect(reduce(model, { type: "detail", detail: detail("old", 2) }).alerts["a"]?.why).toBe("now");
  });
});
