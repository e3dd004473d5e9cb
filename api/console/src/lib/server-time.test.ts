import { describe, expect, it } from "vitest";
import { ServerTime } from "./server-time";

/** A reply's header when the server's clock is `offset` ms ahead and wrote it at device time `at`. */
const header = (at: number, offset: number): string => new Date(at + offset).toUTCString();

describe("ServerTime", () => {
  it("comes close to the offset, though the header has whole seconds", () => {
    const time = new ServerTime();
    for (let n = 0; n < 30; n++) {
      const at = 1_790_000_000_000 + n * 1337;
      time.observe(header(at, 93_400), at - 15, at + 25);
    }
    expect(Math.abs(time.offset - 93_400)).toBeLessThan(60);
  });

  it("begins anew when a clock was set", () => {
    const time = new ServerTime();
    const at = 1_790_000_000_000;
    time.observe(header(at, 0), at, at + 10);
    time.observe(header(at, -3_600_000), at, at + 10);
    expect(Math.abs(time.offset + 3_600_000)).toBeLessThan(1000);
  });

  it.each([null, "", "soon"])("learns nothing from %j", (date) => {
    const time = new ServerTime();
    time.observe(date, 0, 10);
    expect(time.offset).toBe(0);
  });
});
