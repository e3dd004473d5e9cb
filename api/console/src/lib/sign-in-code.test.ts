import { afterEach, describe, expect, it, vi } from "vitest";
import { codeIn, hasCode, takeCode } from "./sign-in-code";

const visit = (hash: string): ReturnType<typeof vi.fn> => {
  const replaceState = vi.fn();
  vi.stubGlobal("location", { hash, pathname: "/patrol", search: "?a=1" });
  vi.stubGlobal("history", { replaceState });
  return replaceState;
};

afterEach(() => vi.unstubAllGlobals());

describe("takeCode", () => {
  it("takes the code out of the address", () => {
    const replaceState = visit("#code=qc_a-B_9");
    expect(hasCode()).toBe(true);
    expect(takeCode()).toBe("qc_a-B_9");
    expect(replaceState).toHaveBeenCalledWith(null, "", "/patrol?a=1");
  });

  it.each(["", "#", "#other=1"])("leaves an address with %j alone", (hash) => {
    const replaceState = visit(hash);
    expect([hasCode(), takeCode()]).toEqual([false, null]);
    expect(replaceState).not.toHaveBeenCalled();
  });
});

describe("codeIn", () => {
  it.each([
    ["  qk_abc \n", "qk_abc"],
    ["https://city.example/patrol#code=qc_a-B_9", "qc_a-B_9"],
  ])("%j -> %s", (pasted, code) => {
    expect(codeIn(pasted)).toBe(code);
  });
});
