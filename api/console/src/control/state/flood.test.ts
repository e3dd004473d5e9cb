import { describe, expect, it } from "vitest";
import type { Alert, Severity, State } from "../../types";
import { bundled, standsOut } from "./flood";
import { EMPTY } from "./model";
import { reduce } from "./reduce";
import { isInFeed, isLoud, isQuiet } from "./urgency";

/** Numbers that look drawn and are the same every time. */
function* drawn(seed: number): Generator<number, never> {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    yield x / 2 ** 32;
  }
}

const STATES: State[] = ["new", "acknowledged", "dispatched", "accepted", "en_route", "on_scene", "escalated", "closed"];
const SEVERITIES: Severity[] = ["critical", "high", "medium", "low"];

export function alert(id: string, changes: Partial<Alert> = {}): Alert {
  return {
    id, kind: "crowd", severity: "medium", state: "new", camera: "north-gate", place: null, zone: null, why: "",
    score: 0.5, snapshot: null, opened_at: "2026-11-24T12:00:00Z", updated_at: "2026-11-24T12:00:00Z",
    incident_count: 1, happening: true, acknowledged_by: null, patrol: null, answer_by: null, attention_by: null,
    overdue_since: null, refused_by: [], outcome: null, version: 1, ...changes,
  };
}

function some(seed: number): Alert[] {
  const numbers = drawn(seed);
  const next = (): number => numbers.next().value;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  return Array.from({ length: Math.floor(next() * 40) }, (_, n) =>
    alert(`a-${n}`, {
      severity: pick(SEVERITIES), state: pick(STATES), kind: pick(["crowd", "fight", "intrusion"]),
      camera: pick(["a", "b"]), review: next() < 0.2, silenced_by: next() < 0.2 ? "s" : null,
      shelved_by: next() < 0.2 ? "operator:a" : null, overdue_since: next() < 0.2 ? "2026-11-24T12:00:00Z" : null,
      acknowledged_by: next() < 0.5 ? "operator:a" : null,
    }),
  );
}

describe("a flood", () => {
  it("drops none and hides none that is critical or loud, whatever comes", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const alerts = some(seed);
      const { alone, bundles } = bundled(alerts, (one) => one.camera);
      const inside = bundles.flatMap((one) => one.alerts);
      expect([...alone, ...inside].map((one) => one.id).sort()).toEqual(alerts.map((one) => one.id).sort());
      for (const one of inside) {
        if (one.state === "closed") continue;
        expect(one.severity).not.toBe("critical");
        expect(isLoud(one) && one.review !== true).toBe(false);
      }
      for (const one of bundles) expect(new Set(one.alerts.map((a) => a.kind)).size).toBe(1);
      expect(alone).toEqual(alerts.filter(standsOut));
    }
  });

  it("lets a high one stand out until somebody has it", () => {
    expect(standsOut(alert("a", { severity: "high" }))).toBe(true);
    expect(standsOut(alert("a", { severity: "high", acknowledged_by: "operator:b" }))).toBe(false);
    expect(standsOut(alert("a", { severity: "high", state: "accepted" }))).toBe(false);
  });

  it("sounds for critical ones alone", () => {
    const flood = { on: true, since: null, raised: 20, operators: 1, begins_above: 10, ends_below: 5 };
    const flooded = reduce(EMPTY, { type: "flood", flood });
    expect(reduce(flooded, { type: "alert", alert: alert("a"), fresh: true }).announced).toBeNull();
    const fire = alert("b", { severity: "critical" });
    expect(reduce(flooded, { type: "alert", alert: fire, fresh: true }).announced?.id).toBe("b");
    expect(reduce(EMPTY, { type: "alert", alert: alert("a"), fresh: true }).announced?.id).toBe("a");
  });
});

describe("what is quiet", () => {
  const quiet = alert("a", { state: "escalated", shelved_by: "operator:a", quiet_until: "2026-11-24T12:15:00Z" });

  it("does not call, and stands apart", () => {
    expect([isQuiet(quiet), isLoud(quiet), isInFeed(quiet)]).toEqual([true, false, false]);
    const model = reduce(EMPTY, { type: "alert", alert: quiet, fresh: true });
    expect([model.order, model.announced, model.alerts["a"]]).toEqual([[], null, quiet]);
  });

  it("is announced when it calls again, and when it becomes graver", () => {
    const before = reduce(EMPTY, { type: "alert", alert: quiet, fresh: true });
    const awake = alert("a", { state: "escalated", version: 2 });
    const after = reduce(before, { type: "alert", alert: awake, fresh: true });
    expect([after.order, after.announced?.id]).toEqual([["a"], "a"]);
    const graver = alert("a", { state: "escalated", version: 3, severity: "critical" });
    expect(reduce(after, { type: "alert", alert: graver, fresh: true }).announced?.count).toBe(2);
  });

  it("is a silence until it ends", () => {
    const silence = {
      id: "s", reason: "works", by: "operator:a", created_at: "", until: "", camera: "a", kind: null, zone: null,
      within: null, critical: false, ended_at: null, ended_by: "", version: 1,
    };
    const made = reduce(EMPTY, { type: "silences", silences: [silence] });
    expect(Object.keys(made.silences)).toEqual(["s"]);
    const old = reduce(made, { type: "silence", silence: { ...silence, version: 2, ended_at: "2026" } });
    expect(old.silences["s"]?.ended_at).toBe("2026");
    expect(reduce(old, { type: "silence", silence }).silences["s"]?.version).toBe(2);
  });
});
