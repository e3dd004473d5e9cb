import { describe, expect, it } from "vitest";
import type { Alert } from "../../types";
import { alert } from "./fixtures";
import { change } from "./optimistic";

class Conflict extends Error {}
const isConflict = (error: unknown): boolean => error instanceof Conflict;

/** A server that holds `present` and takes only its version. */
function server(present: Alert) {
  return {
    ask: async (version: number): Promise<Alert> => {
      if (version !== present.version) throw new Conflict();
      return { ...present, state: "closed", version: version + 1 };
    },
    read: async (): Promise<Alert> => present,
  };
}

describe("change", () => {
  const seen = alert("a", { version: 4 });

  it("tries again when nothing that matters has changed", async () => {
    const { ask, read } = server({ ...seen, version: 9, score: 0.9 });
    expect(await change(seen, ask, read, isConflict)).toMatchObject({ alert: { version: 10 } });
  });

  it("does not act on what the operator has not seen", async () => {
    const { ask, read } = server({ ...seen, version: 5, state: "accepted", patrol: "p" });
    expect(await change(seen, ask, read, isConflict)).toMatchObject({
      changed: ["state", "patrol"], now: { state: "accepted" },
    });
  });

  it("passes on every other failure, and gives up in the end", async () => {
    const broken = async (): Promise<Alert> => Promise.reject(new Error("no network"));
    await expect(change(seen, broken, async () => seen, isConflict)).rejects.toThrow("no network");
    const never = async (): Promise<Alert> => Promise.reject(new Conflict());
    await expect(change(seen, never, async () => seen, isConflict)).rejects.toThrow(Conflict);
  });
});
