import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../lib/api";
import { Receipts } from "./receipts";

const lost = new ApiError({ title: "No answer", status: 0 });
const refused = new ApiError({ title: "Conflict", status: 409 });
const settle = (ms = 0): Promise<void> => vi.advanceTimersByTimeAsync(ms).then(() => undefined);

let send: ReturnType<typeof vi.fn<(id: string, stage: string) => Promise<unknown>>>;
let receipts: Receipts;
const said = (): string[] => send.mock.calls.map((one) => one.join(" "));

beforeEach(() => {
  vi.useFakeTimers();
  send = vi.fn<(id: string, stage: string) => Promise<unknown>>().mockResolvedValue(undefined);
  receipts = new Receipts(send);
});
afterEach(() => {
  receipts.close();
  vi.useRealTimers();
});

describe("receipts", () => {
  it("says each stage once", async () => {
    receipts.note("a", "delivered");
    receipts.note("a", "delivered");
    await settle();
    receipts.note("a", "seen");
    receipts.note("a", "delivered");
    await settle();
    expect(said()).toEqual(["a delivered", "a seen"]);
    expect([receipts.has("a"), receipts.has("b")]).toEqual([true, false]);
  });

  it("says in a tunnel nothing, and after it what it came to", async () => {
    send.mockRejectedValue(lost);
    receipts.note("a", "delivered");
    await settle();
    receipts.note("a", "seen");
    await settle(1000);
    send.mockReset().mockResolvedValue(undefined);
    receipts.flush();
    await settle();
    expect(said()).toEqual(["a seen"]);
  });

  it("is not held up by one that the service will not have", async () => {
    send.mockRejectedValueOnce(refused);
    receipts.note("a", "delivered");
    receipts.note("b", "delivered");
    await settle(1000);
    expect(said()).toEqual(["a delivered", "b delivered"]);
  });
});
