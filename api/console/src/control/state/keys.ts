/** Keys to commands. One table; the help overlay reads it too. */

export type Command =
  | "acknowledge" | "dispatch" | "choose" | "false" | "close" | "live" | "shelve" | "silence"
  | "next" | "previous" | "enter" | "escape" | "filter" | "mute" | "help";

export interface Press {
  key: string;
  code: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
}

export interface Shortcut {
  command: Command;
  /** As printed on the key. */
  keys: readonly string[];
}

export const SHORTCUTS: readonly Shortcut[] = [
  { command: "next", keys: ["J", "↓"] },
  { command: "previous", keys: ["K", "↑"] },
  { command: "enter", keys: ["Enter"] },
  { command: "acknowledge", keys: ["A"] },
  { command: "dispatch", keys: ["D"] },
  { command: "choose", keys: ["Shift", "D"] },
  { command: "false", keys: ["F"] },
  { command: "close", keys: ["C"] },
  { command: "shelve", keys: ["S"] },
  { command: "silence", keys: ["Shift", "S"] },
  { command: "live", keys: ["L"] },
  { command: "filter", keys: ["/"] },
  { command: "mute", keys: ["M"] },
  { command: "help", keys: ["?"] },
  { command: "escape", keys: ["Esc"] },
];

const LETTERS: Record<string, Command> = {
  a: "acknowledge",
  d: "dispatch",
  f: "false",
  c: "close",
  l: "live",
  s: "shelve",
  j: "next",
  k: "previous",
  m: "mute",
};

const SHIFTED: Record<string, Command> = { d: "choose", s: "silence" };

const NAMED: Record<string, Command> = {
  ArrowDown: "next",
  ArrowUp: "previous",
  Enter: "enter",
  Escape: "escape",
};

/** Held down, a key moves on through the list; it never acts twice. */
const MAY_REPEAT: ReadonlySet<Command> = new Set(["next", "previous"]);

/** The command of a key press; null when the key is not ours. */
export function commandOf(press: Press): Command | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  const command = NAMED[press.key] ?? punctuation(press) ?? letter(press);
  return command !== null && press.repeat && !MAY_REPEAT.has(command) ? null : command;
}

function punctuation(press: Press): Command | null {
  if (press.key === "?" || (press.code === "Slash" && press.shiftKey)) return "help";
  return press.key === "/" || press.code === "Slash" ? "filter" : null;
}

/** Operators type on Kazakh and Russian layouts: there the key's place names it. */
function letter(press: Press): Command | null {
  const typed = press.key.toLowerCase();
  const name = /^[a-z]$/.test(typed) ? typed : /^Key([A-Z])$/.exec(press.code)?.[1]?.toLowerCase();
  if (name === undefined) return null;
  if (press.shiftKey) return SHIFTED[name] ?? null;
  return LETTERS[name] ?? null;
}
