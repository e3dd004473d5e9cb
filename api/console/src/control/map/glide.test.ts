import { describe, expect, it } from "vitest";
import { at, patrol } from "../state/fixtures";
import { follow, moving, positionAt, solidity } from "./glide";

describe("follow", () => {
  const first = follow(new Map(), [patrol("1")], 1000, false);

  it("draws a patrol at once where it is first seen", () => {
    expect(positionAt(first.get("1")!, 1000)).toEqual([24.941, 60.171]);
    expect(moving(first.values(), 1000)).toBe(false);
  });

  it("drives to the next position in the time between the two reports", () => {
    const next = follow(first, [patrol("1", { latitude: 60.173, at: at(2) })], 5000, false).get("1")!;
    expect(positionAt(next, 5000)[1]).toBeCloseTo(60.171);
    expect(positionAt(next, 6000)[1]).toBeCloseTo(60.172);
    expect(positionAt(next, 9000)[1]).toBeCloseTo(60.173);
    expect(next.heading).toBeCloseTo(0);
  });

  it("goes on from where it is drawn when the next report comes early", () => {
    const half = follow(first, [patrol("1", { latitude: 60.173, at: at(2) })], 0, false);
    const next = follow(half, [patrol("1", { latitude: 60.173, longitude: 24.95, at: at(3) })], 1000, false);
    expect(positionAt(next.get("1")!, 1000)[1]).toBeCloseTo(60.172);
  });

  it("jumps when it is far or when motion is unwanted, and forgets who is gone", () => {
    const far = follow(first, [patrol("1", { latitude: 60.3, at: at(1) })], 0, false).get("1")!;
    expect(positionAt(far, 0)[1]).toBe(60.3);
    const still = follow(first, [patrol("1", { latitude: 60.172, at: at(1) })], 0, true).get("1")!;
    expect(positionAt(still, 0)[1]).toBe(60.172);
    expect(follow(first, [], 0, false).size).toBe(0);
  });
});

describe("solidity", () => {
  it("is full while fresh and never invisible", () => {
    expect(solidity(3)).toBe(1);
    expect(solidity(120)).toBeLessThan(0.8);
    expect(solidity(100_000)).toBe(0.3);
  });
});
