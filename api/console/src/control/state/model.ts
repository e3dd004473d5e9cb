/** Everything the console knows, as one plain value. */

import type { Flood, Silence } from "../../lib/calm-api";
import type { Alert, AlertDetail, Camera, Outcome, Patrol, Trust, Watch } from "../../types";

export type Link =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "lost"; since: number };

export interface Notice {
  id: number;
  tone: "error" | "changed" | "done";
  text: string;
}

/** What the operator is asked before something is done. */
export type Dialog =
  | { kind: "close"; id: string; outcome: Outcome }
  | { kind: "choose"; id: string }
  | { kind: "again"; id: string }
  | { kind: "shelve"; id: string }
  | { kind: "silence"; camera: string; of: { kind: string; zone: string | null } | null }
  | { kind: "help" };

export type Tab = "open" | "review" | "quiet" | "closed";

/** What is shown while no alert is looked at. */
export type Page = "cameras" | "patrols" | "trust" | "calm";

/** What the card on the map is about. */
export type Focus = { camera: string } | { patrol: string } | null;

export interface Model {
  alerts: Record<string, Alert>;
  order: string[];
  /** Arrived while the order was held. */
  waiting: string[];
  held: boolean;
  selected: string | null;
  detail: AlertDetail | null;
  /** The selected alert's camera is looked at live. */
  live: boolean;
  tab: Tab;
  filter: string;
  cameras: Record<string, Camera>;
  patrols: Record<string, Patrol>;
  /** By `trustKey`; those that are not trusted, and what changed since. */
  trust: Record<string, Trust>;
  /** Those in force, and what changed since. */
  silences: Record<string, Silence>;
  /** null: the service has not said. */
  flood: Flood | null;
  page: Page;
  focus: Focus;
  link: Link;
  loaded: boolean;
  /** Alert id -> the action that is on its way to the server. */
  pending: Record<string, string>;
  notices: Notice[];
  dialog: Dialog | null;
  /** The newest alert to be announced, and how many were before it. */
  announced: { id: string; count: number } | null;
}

export type Event =
  | { type: "loaded"; alerts: Alert[]; cameras: Camera[]; patrols: Patrol[]; trust: Trust[] }
  | { type: "alert"; alert: Alert; fresh: boolean }
  | { type: "detail"; detail: AlertDetail }
  | { type: "patrols"; patrols: Patrol[] }
  | { type: "cameras"; cameras: Camera[] }
  | { type: "watch"; watches: { id: string; watch: Watch }[] }
  | { type: "link"; link: Link }
  | { type: "hold"; held: boolean }
  | { type: "select"; id: string | null }
  | { type: "live"; live: boolean }
  | { type: "focus"; focus: Focus }
  | { type: "tab"; tab: Tab }
  | { type: "page"; page: Page }
  | { type: "trust"; trust: readonly Trust[] }
  | { type: "silences"; silences: readonly Silence[] }
  | { type: "silence"; silence: Silence }
  | { type: "flood"; flood: Flood }
  | { type: "filter"; text: string }
  | { type: "started"; id: string; action: string }
  | { type: "ended"; id: string }
  | { type: "dialog"; dialog: Dialog | null }
  | { type: "notice"; notice: Notice }
  | { type: "dismiss"; id: number };

export const EMPTY: Model = {
  alerts: {},
  order: [],
  waiting: [],
  held: false,
  selected: null,
  detail: null,
  live: false,
  tab: "open",
  filter: "",
  cameras: {},
  patrols: {},
  trust: {},
  silences: {},
  flood: null,
  page: "cameras",
  focus: null,
  link: { state: "connecting" },
  loaded: false,
  pending: {},
  notices: [],
  dialog: null,
  announced: null,
};
