import { afterEach, describe, expect, it, vi } from "vitest";
import { takeAlert } from "./alert-link";

const ID = "019aa5c8-7c00-7d3a-9b1f-2f6f0a4b8c01";
const visit = (hash: string): ReturnType<typeof vi.fn> => {
  const replaceState = vi.fn();
  vi.stubGlobal("location", { hash, pathname: "/", search: "" });
  vi.stubGlobal("history", { replaceState });
  return replaceState;
};

afterEach(() => vi.unstubAllGlobals());

describe("a link to an alert", () => {
  it("is taken once", () => {
    const replaceState = visit(`#alert=${ID}`);
    expect(takeAlert()).toBe(ID);
    expect(replaceState).toHaveBeenCalledWith(null, "", "/");
  });

  it.each(["", "#", "#code=qc_1"])("leaves an address with %j alone", (hash) => {
    const replaceState = visit(hash);
    expect(takeAlert()).toBeNull();
    expect(replaceState).not.toHaveBeenCalled();
  });

  it.each(["../../tokens", "1", ""])("is nothing when it says %j", (id) => {
    visit(`#alert=${encodeURIComponent(id)}`);
    expect(takeAlert()).toBeNull();
  });
});
