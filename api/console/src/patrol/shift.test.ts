import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../lib/api";
import type { Handlers, StreamState } from "../lib/stream";
import type { Alert, Patrol, State } from "../types";
import { Shift } from "./shift.svelte";

const wire = vi.hoisted(() => ({
  handlers: {} as Handlers,
  onState: (() => undefined) as (state: StreamState) => void,
  answer: vi.fn(),
  closeAlert: vi.fn(),
}));
vi.mock("../lib/stream", () => ({
  openStream: (_: string, handlers: Handlers, onState: (state: StreamState) => void) => {
    Object.assign(wire, { handlers, onState });
    return () => undefined;
  },
}));
vi.mock("../lib/api", async (original) => ({
  ...(await original<typeof import("../lib/api")>()),
  answer: wire.answer,
  closeAlert: wire.closeAlert,
}));

const kept = new Map<string, string>();
vi.stubGlobal("localStorage", {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
});

const unit = { id: "me", name: "Unit 1", on_duty: true } as Patrol;
const alert = (id: string, version: number, state: State, changes: Partial<Alert> = {}): Alert =>
  ({
    id, version, state, patrol: "me", refused_by: [], outcome: null,
    updated_at: `2026-11-24T12:00:${String(version).padStart(2, "0")}.000Z`, ...changes,
  }) as Alert;
const lost = (): Promise<never> => Promise.reject(new ApiError({ title: "No answer", status: 0 }));
const refused = (): Promise<never> => Promise.reject(new ApiError({ title: "Conflict", status: 409 }));
const hear = (type: string, data: unknown): void => wire.handlers[type]?.(data, "1");
const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);

let shift: Shift;
const shown = (): string | null => (shift.alert ? `${shift.alert.id} ${shift.alert.state}` : null);

beforeEach(() => {
  kept.clear();
  vi.useFakeTimers();
  wire.answer.mockReset();
  wire.closeAlert.mockReset();
  shift = new Shift("me", () => undefined);
  wire.onState("live");
  hear("hello", { patrol: unit, alert: null });
});
afterEach(() => {
  shift.end();
  vi.useRealTimers();
});

describe("a shift", () => {
  it("shows an offer, and its acceptance before the service has it", async () => {
    wire.answer.mockImplementation(lost);
    hear("offer", alert("a", 2, "dispatched"));
    expect(shown()).toBe("a dispatched");
    shift.say("accept");
    shift.say("en_route");
    await settle();
    expect([shown(), shift.waiting.length]).toEqual(["a en_route", 2]);
  });

  it("delivers what was said in a tunnel when the connection is back", async () => {
    wire.answer.mockImplementation(lost);
    hear("offer", alert("a", 2, "dispatched"));
    shift.say("accept");
    await settle();
    wire.answer.mockResolvedValue(alert("a", 3, "accepted"));
    wire.onState("live");
    await settle();
    expect([shown(), shift.waiting.length]).toEqual(["a accepted", 0]);
  });

  it("says plainly that an answer came too late", async () => {
    wire.answer.mockImplementation(refused);
    hear("offer", alert("a", 2, "dispatched"));
    shift.say("accept");
    await settle();
    expect([shown(), shift.notice?.what, shift.notice?.said]).toEqual([null, "refused", "accept"]);
    hear("withdrawn", alert("a", 3, "dispatched", { patrol: "other" }));
    expect(shift.notice?.what).toBe("refused");
  });

  it("does not ring again for what was declined, whatever comes meanwhile", async () => {
    wire.answer.mockImplementation(lost);
    hear("offer", alert("a", 2, "dispatched"));
    shift.say("decline", "Too far away");
    hear("update", alert("a", 3, "dispatched"));
    hear("hello", { patrol: unit, alert: alert("a", 3, "dispatched") });
    expect(shown()).toBeNull();
    wire.answer.mockResolvedValue(alert("a", 4, "dispatched", { patrol: "other", refused_by: ["me"] }));
    wire.onState("live");
    await settle();
    expect([shown(), shift.notice?.what]).toEqual([null, "declined"]);
  });

  it("keeps the greeting's alert when older offers are replayed after it", () => {
    hear("offer", alert("a", 2, "dispatched"));
    hear("hello", { patrol: unit, alert: alert("b", 9, "accepted") });
    hear("offer", alert("c", 4, "dispatched"));
    hear("withdrawn", alert("c", 5, "dispatched", { patrol: "other" }));
    hear("offer", alert("b", 8, "dispatched"));
    expect(shown()).toBe("b accepted");
  });

  it.each<[string, Alert]>([
    ["withdrawn", alert("a", 3, "escalated", { patrol: null })],
    ["reassigned", alert("a", 3, "dispatched", { patrol: "other" })],
    ["lapsed", alert("a", 3, "dispatched", { patrol: "other", refused_by: ["me"] })],
    ["closed", alert("a", 3, "closed", { outcome: "false" })],
  ])("says how an alert went: %s", (what, now) => {
    hear("offer", alert("a", 2, "dispatched"));
    hear("withdrawn", now);
    expect([shown(), shift.notice?.what]).toEqual([null, what]);
  });

  it("takes a close as done though its confirmation was lost", async () => {
    wire.closeAlert.mockImplementation(lost);
    hear("hello", { patrol: unit, alert: alert("a", 5, "on_scene") });
    shift.say("close", "", "real");
    await settle();
    hear("withdrawn", alert("a", 6, "closed", { outcome: "real" }));
    expect([shift.notice?.what, shift.waiting.length]).toEqual(["done", 0]);
  });

  it("rings again when an alert it declined is offered anew", async () => {
    hear("offer", alert("a", 2, "dispatched"));
    wire.answer.mockResolvedValue(alert("a", 3, "dispatched", { patrol: "other", refused_by: ["me"] }));
    shift.say("decline");
    await settle();
    hear("offer", alert("a", 4, "dispatched", { refused_by: ["me"] }));
    expect([shown(), shift.notice]).toEqual(["a dispatched", null]);
    hear("withdrawn", alert("a", 5, "escalated", { patrol: null, refused_by: ["me"] }));
    expect(shift.notice?.what).toBe("lapsed");
  });
});
