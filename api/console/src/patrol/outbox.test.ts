import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../lib/api";
import type { Alert } from "../types";
import { Outbox, type Entry, type Post } from "./outbox";

const KEY = "outbox";
const kept = new Map<string, string>();
vi.stubGlobal("localStorage", {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
});

const says = (said: Entry["said"], alert = "a"): Entry => ({ alert, said, note: "", at: "2026-11-24T12:00:00Z" });
const failing = (status: number): ApiError => new ApiError({ title: "No", status });
const after = { id: "a" } as Alert;

function desk(send: Post["send"]): { post: Post; told: string[] } {
  const told: string[] = [];
  const post: Post = {
    send,
    onChange: (waiting) => told.push(`waiting ${waiting.length}`),
    onDelivered: (entry) => told.push(`delivered ${entry.said}`),
    onRefused: (entry, error) => told.push(`refused ${entry.said} ${error.status}`),
    onSignedOut: () => told.push("signed out"),
  };
  return { post, told };
}

beforeEach(() => {
  kept.clear();
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe("Outbox", () => {
  it("keeps trying until the service has it", async () => {
    const send = vi.fn<Post["send"]>()
      .mockRejectedValueOnce(failing(0))
      .mockRejectedValueOnce(failing(503))
      .mockRejectedValueOnce(failing(429))
      .mockResolvedValue(after);
    const { post, told } = desk(send);
    const outbox = new Outbox(KEY, post);
    outbox.add(says("accept"));
    await vi.runAllTimersAsync();
    expect(send).toHaveBeenCalledTimes(4);
    expect(told.at(-1)).toBe("delivered accept");
    expect(outbox.waiting).toEqual([]);
  });

  it("delivers in the order of saying, one at a time", async () => {
    let down = true;
    const sent: string[] = [];
    const { post } = desk(async (entry) => {
      if (down) throw failing(0);
      sent.push(entry.said);
      return after;
    });
    const outbox = new Outbox(KEY, post);
    for (const said of ["accept", "en_route", "on_scene"] as const) outbox.add(says(said));
    await vi.advanceTimersByTimeAsync(100);
    expect(sent).toEqual([]);
    down = false;
    outbox.flush();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toEqual(["accept", "en_route", "on_scene"]);
  });

  it("survives a reload", async () => {
    const before = new Outbox(KEY, desk(() => Promise.reject(failing(0))).post);
    before.add(says("accept"));
    before.close();
    const { post, told } = desk(() => Promise.resolve(after));
    const outbox = new Outbox(KEY, post);
    expect(outbox.waiting).toEqual([says("accept")]);
    outbox.flush();
    await vi.runAllTimersAsync();
    expect(told.at(-1)).toBe("delivered accept");
    expect(kept.get(KEY)).toBe("[]");
  });

  it.each([403, 404, 409])("gives up on a %i, and on what rested on it", async (status) => {
    const { post, told } = desk(vi.fn<Post["send"]>().mockRejectedValueOnce(failing(status)).mockResolvedValue(after));
    const outbox = new Outbox(KEY, post);
    outbox.add(says("accept"));
    outbox.add(says("en_route"));
    outbox.add(says("accept", "b"));
    await vi.runAllTimersAsync();
    expect(told.filter((line) => !line.startsWith("waiting"))).toEqual([`refused accept ${status}`, "delivered accept"]);
    expect(outbox.waiting).toEqual([]);
  });

  it("says nothing of a refusal that was settled meanwhile", async () => {
    let refuse: (error: ApiError) => void = () => undefined;
    const { post, told } = desk(() => new Promise((_, reject) => (refuse = reject)));
    const outbox = new Outbox(KEY, post);
    outbox.add(says("close"));
    outbox.drop("a");
    refuse(failing(409));
    await vi.runAllTimersAsync();
    expect(told.filter((line) => line.startsWith("refused"))).toEqual([]);
  });

  it("keeps what was said when the session has ended", async () => {
    const { post, told } = desk(() => Promise.reject(failing(401)));
    new Outbox(KEY, post).add(says("accept"));
    await vi.runAllTimersAsync();
    expect(told.at(-1)).toBe("signed out");
    expect(new Outbox(KEY, post).waiting).toEqual([says("accept")]);
  });

  it.each(["{", "5", '[{"alert": 1}, null]'])("begins empty when what was kept is %j", (text) => {
    kept.set(KEY, text);
    expect(new Outbox(KEY, desk(() => Promise.resolve(after)).post).waiting).toEqual([]);
  });
});
