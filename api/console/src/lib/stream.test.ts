import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backOffMs, openStream, type StreamState } from "./stream";

const fetched = vi.fn<typeof fetch>();
vi.stubGlobal("fetch", fetched);
vi.stubGlobal("reportError", vi.fn());
vi.stubGlobal("window", new EventTarget());
vi.stubGlobal("document", new EventTarget());

/** A connection that the test speaks through, and that ends when the page lets go of it. */
function connection(): { say: (text: string) => Promise<void>; end: () => void } {
  let feed!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (feed = controller) });
  fetched.mockImplementationOnce(async (_, init) => {
    init?.signal?.addEventListener("abort", () => feed.error(new DOMException("cut", "AbortError")));
    return new Response(body);
  });
  return {
    say: async (text) => {
      feed.enqueue(new TextEncoder().encode(text));
      await vi.advanceTimersByTimeAsync(1);
    },
    end: () => feed.close(),
  };
}

const asked = (call: number): Record<string, string> => fetched.mock.calls[call]?.[1]?.headers as Record<string, string>;

let states: StreamState[];
let heard: [unknown, string][];
let signedOut: number;
let close: () => void;
const open = async (): Promise<void> => {
  const handlers = {
    offer: (data: unknown, id: string) => heard.push([data, id]),
    broken: () => {
      throw new Error("a handler's mistake");
    },
  };
  close = openStream("/feed", handlers, (state) => states.push(state), () => signedOut++);
  await vi.advanceTimersByTimeAsync(1);
};

beforeEach(() => {
  vi.useFakeTimers();
  fetched.mockReset();
  [states, heard, signedOut] = [[], [], 0];
});
afterEach(() => {
  close();
  vi.useRealTimers();
});

describe("openStream", () => {
  it("is live at the first byte and hands events on, across cuts in the middle of a letter", async () => {
    const first = connection();
    await open();
    expect(states).toEqual(["connecting"]);
    await first.say("retry: 1000\n\n");
    expect(states).toEqual(["connecting", "live"]);
    await first.say('event: offer\nid: 7\ndata: {"place": "Қала"}\n\nevent: nobody\ndata: 1\n\n');
    expect(heard).toEqual([[{ place: "Қала" }, "7"]]);
  });

  it("resumes after the last event it has seen", async () => {
    const first = connection();
    await open();
    await first.say("id: 7\nevent: offer\ndata: 1\n\n");
    const second = connection();
    first.end();
    await vi.advanceTimersByTimeAsync(600);
    await second.say(": beat\n\n");
    expect([asked(0)["Last-Event-ID"], asked(1)["Last-Event-ID"]]).toEqual([undefined, "7"]);
    expect(states).toEqual(["connecting", "live", "lost", "live"]);
  });

  it("takes silence for a lost connection, and a heartbeat for life", async () => {
    const first = connection();
    await open();
    for (let beat = 0; beat < 6; beat++) {
      await first.say(": beat\n\n");
      await vi.advanceTimersByTimeAsync(20_000);
    }
    expect(states).toEqual(["connecting", "live"]);
    connection();
    await vi.advanceTimersByTimeAsync(6000);
    expect(states).toEqual(["connecting", "live", "lost"]);
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it("tries at once when the network is back", async () => {
    fetched.mockRejectedValue(new TypeError("Failed to fetch"));
    await open();
    await vi.advanceTimersByTimeAsync(60_000);
    const before = fetched.mock.calls.length;
    window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(1);
    expect(fetched.mock.calls.length).toBe(before + 1);
    expect(states).toEqual(["connecting", "lost"]);
  });

  it("stops when the session has ended", async () => {
    fetched.mockResolvedValue(new Response(null, { status: 401 }));
    await open();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([states, signedOut, fetched.mock.calls.length]).toEqual([["connecting", "lost"], 1, 1]);
  });

  it("goes on after a handler's mistake and data that is not JSON", async () => {
    const first = connection();
    await open();
    await first.say("event: broken\ndata: 1\n\nevent: offer\ndata: {\n\nevent: offer\ndata: 2\n\n");
    expect(heard).toEqual([[2, ""]]);
    expect(states.at(-1)).toBe("live");
  });

  it("is silent once closed", async () => {
    const first = connection();
    await open();
    await first.say("event: offer\ndata: 1\n\n");
    close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([states, fetched.mock.calls.length]).toEqual([["connecting", "live"], 1]);
  });
});

describe("backOffMs", () => {
  it("doubles from half a second to ten, and never below half of that", () => {
    const waits = (random: number): number[] => [0, 1, 2, 5, 50].map((n) => backOffMs(n, () => random));
    expect(waits(1)).toEqual([500, 1000, 2000, 10_000, 10_000]);
    expect(waits(0)).toEqual([250, 500, 1000, 5000, 5000]);
  });
});
