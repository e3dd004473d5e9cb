import { describe, expect, it } from "vitest";
import { commandOf, type Press } from "./keys";

const press = (key: string, code: string, changes: Partial<Press> = {}): Press => ({
  key, code, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...changes,
});

describe("commandOf", () => {
  it.each([
    ["a", "KeyA", "acknowledge"],
    ["ф", "KeyA", "acknowledge"],
    ["a", "KeyQ", "acknowledge"],
    ["в", "KeyD", "dispatch"],
    ["о", "KeyJ", "next"],
    ["ArrowUp", "ArrowUp", "previous"],
    [".", "Slash", "filter"],
    ["/", "Digit7", "filter"],
    ["Escape", "Escape", "escape"],
    ["Tab", "Tab", null],
    ["x", "KeyX", null],
  ])("reads %s on %s as %s, on any layout", (key, code, command) => {
    expect(commandOf(press(key, code))).toBe(command);
  });

  it("tells Shift+D from D, and other shifted letters from all", () => {
    expect(commandOf(press("D", "KeyD", { shiftKey: true }))).toBe("choose");
    expect(commandOf(press("В", "KeyD", { shiftKey: true }))).toBe("choose");
    expect(commandOf(press("F", "KeyF", { shiftKey: true }))).toBeNull();
    expect(commandOf(press(",", "Slash", { shiftKey: true }))).toBe("help");
  });

  it("leaves the browser its own shortcuts", () => {
    expect(commandOf(press("a", "KeyA", { ctrlKey: true }))).toBeNull();
    expect(commandOf(press("d", "KeyD", { metaKey: true }))).toBeNull();
    expect(commandOf(press("f", "KeyF", { altKey: true }))).toBeNull();
  });

  it("acts once however long the key is held, but moves on", () => {
    expect(commandOf(press("d", "KeyD", { repeat: true }))).toBeNull();
    expect(commandOf(press("j", "KeyJ", { repeat: true }))).toBe("next");
  });
});
