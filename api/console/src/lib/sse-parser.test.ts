import { describe, expect, it } from "vitest";
import { SseParser } from "./sse-parser";

const FEED =
  'retry: 1000\n\nevent: offer\nid: 7\ndata: {"a":1}\n\n: beat\n\nevent: update\nid: 8\ndata: {"a":"қ"}\n\n';
const EVENTS = [
  { type: "offer", data: '{"a":1}', id: "7" },
  { type: "update", data: '{"a":"қ"}', id: "8" },
];

describe("SseParser", () => {
  it("gives events with their ids, and nothing for retry and heartbeat", () => {
    expect(new SseParser().push(FEED)).toEqual(EVENTS);
  });

  it("gives the same wherever the network cuts", () => {
    for (let cut = 0; cut <= FEED.length; cut++) {
      const parser = new SseParser();
      expect([...parser.push(FEED.slice(0, cut)), ...parser.push(FEED.slice(cut))]).toEqual(EVENTS);
    }
  });

  it.each(["\n", "\r\n", "\r"])("takes %j as the end of a line, byte by byte", (end) => {
    const parser = new SseParser();
    const text = `${FEED.replaceAll("\n", end)}:${end}`;
    expect([...text].flatMap((byte) => parser.push(byte))).toEqual(EVENTS);
  });

  it("joins data lines and strips one leading space", () => {
    expect(new SseParser().push("data:  x\ndata:y\n\n")).toEqual([{ type: "message", data: " x\ny", id: "" }]);
  });

  it("keeps the last id for events that have none, from before a reconnect too", () => {
    const parser = new SseParser("41");
    expect(parser.push("data: 1\n\nid: 42\n\ndata: 2\n\n").map((event) => event.id)).toEqual(["41", "42"]);
  });

  it("gives no event that has not ended", () => {
    expect(new SseParser().push("event: offer\ndata: 1\n")).toEqual([]);
  });
});
