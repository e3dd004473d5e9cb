import { afterEach, describe, expect, it } from "vitest";
import { camera } from "../control/state/fixtures";
import { degradedText, isDegraded, lookText, rateText } from "./coverage";
import { locale } from "./locale.svelte";

afterEach(() => {
  locale.current = "en";
});

const overloaded = { coverage: "degraded", coverage_reason: "overload" } as const;

describe("degraded coverage", () => {
  it("is told with how many cameras and why, each reason for itself", () => {
    const cameras = [
      camera("a", overloaded), camera("b", overloaded), camera("c", { coverage: "full" }), camera("d"),
      camera("e", { coverage: "degraded" }),
    ];
    expect(degradedText(cameras)).toBe(
      "2 cameras are looked at less often (the machine is overloaded); 1 camera is looked at less closely",
    );
    locale.current = "ru";
    expect(degradedText(cameras.slice(0, 2))).toBe("2 камеры просматриваются реже (сервер перегружен)");
    locale.current = "kk";
    expect(degradedText(cameras.slice(0, 1))).toBe("1 камера сирегірек қаралады (серверге жүктеме шамадан тыс)");
  });

  it("is not that of an idle scene on key frames, nor of a camera that is not watched at all", () => {
    const idle = camera("a", { coverage: "full", decoding: "keys", looking: "nothing", target_fps: 1, analysed_fps: 1 });
    const dark = camera("b", { state: "unwatched", reason: "no_frames", ...overloaded });
    expect(degradedText([idle, dark])).toBeNull();
    expect(isDegraded(dark.watch)).toBe(false);
  });
});

describe("how a camera is looked at", () => {
  it("says what of the picture, and that key frames suffice", () => {
    expect(lookText(camera("a", { looking: "regions", decoding: "all" }).watch)).toBe("Moving and followed parts");
    expect(lookText(camera("a", { looking: "nothing", decoding: "keys" }).watch)).toBe("Nothing moves · key frames only");
    expect(lookText(camera("a", { looking: "nothing", decoding: "substream" }).watch)).toBe("Nothing moves · small stream only");
    expect(lookText(camera("a").watch)).toBeNull();
  });

  it("says how often, and how often it should be where it is clearly less", () => {
    expect(rateText(camera("a", { analysed_fps: 4.87, target_fps: 5 }).watch)).toBe("4.9 times a second");
    expect(rateText(camera("a", { analysed_fps: 1, target_fps: 5 }).watch)).toBe("1 time a second (wanted: 5)");
    expect(rateText(camera("a", { analysed_fps: null }).watch)).toBe("0 times a second");
  });
});
