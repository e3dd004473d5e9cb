import { describe, expect, it } from "vitest";
import { ServerTime } from "./server-time";

/** A reply's header when the server's clock is `offset` ms ahead and wrote it at device time `at`. */
const header = (at: number, offset: number): string => new Date(at + offset).toUTCString();
/** The same from a server that renews the header at 0.7 s of each second. */
const late = (at: number, offset: number): string => header(at - 700, offset);

describe("ServerTime", () => {
  it.each([header, late])("comes within half a second by headers of whole seconds", (write) => {
    const time = new ServerTime();
    for (let n = 0; n < 30; n++) {
      const at = 1_790_000_000_000 + n * 1337;
      time.observe(write(at, 93_400), at - 15, at + 25);
    }
    expect(Math.abs(time.offset - 93_400)).toBeLessThan(560);
  });

  it.each([header, late])("comes close by news that is told the moment it happens", (write) => {
    const time = new ServerTime();
    const at = 1_790_000_000_400;
    time.observe(write(at, 93_400), at - 15, at + 25);
    time.heard(new Date(at + 93_400).toISOString(), at + 30);
    expect(Math.abs(time.offset - 93_400)).toBeLessThan(100);
  });

  it("learns nothing wrong from old news", () => {
    const time = new ServerTime();
    const at = 1_790_000_000_400;
    time.observe(header(at, 0), at, at + 10);
    time.heard(new Date(at - 3_600_000).toISOString(), at + 30);
    expect(Math.abs(time.offset)).toBeLessThan(1000);
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
