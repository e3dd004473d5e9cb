/** What each key does. */

import { acknowledgeNow, askToClose, choosePatrol, dispatchNearest } from "./actions";
import { quiet } from "./quiet.svelte";
import { allowed } from "./state/allowed";
import type { Command } from "./state/keys";
import { feed, neighbour } from "./state/select";
import { store } from "./store.svelte";
import { searchText } from "./words";

/** Do what a key asks for. */
export function run(command: Command): void {
  const id = store.model.selected;
  const general = GENERAL[command];
  if (general) general();
  else if (id !== null) OF_ALERT[command]?.(id);
}

const GENERAL: Partial<Record<Command, () => void>> = {
  next: () => move(1),
  previous: () => move(-1),
  filter: () => document.getElementById("filter")?.focus(),
  mute: () => quiet.toggle(),
  help: () => store.send({ type: "dialog", dialog: { kind: "help" } }),
  escape,
};

const OF_ALERT: Partial<Record<Command, (id: string) => void>> = {
  acknowledge: acknowledgeNow,
  dispatch: dispatchNearest,
  choose: choosePatrol,
  false: (id) => askToClose(id, "false"),
  close: (id) => askToClose(id, "real"),
  shelve: askToShelve,
  silence: askToSilence,
  live: () => store.send({ type: "live", live: !store.model.live }),
  enter: () => document.getElementById("detail")?.focus(),
};

function askToShelve(id: string): void {
  const alert = store.model.alerts[id];
  if (alert && allowed(alert, "shelve")) store.send({ type: "dialog", dialog: { kind: "shelve", id } });
}

function askToSilence(id: string): void {
  const alert = store.model.alerts[id];
  if (!alert) return;
  const of = { kind: alert.kind, zone: alert.zone };
  store.send({ type: "dialog", dialog: { kind: "silence", camera: alert.camera, of } });
}

/** The keys take over from the pointer: its hold on the order ends. */
function move(step: 1 | -1): void {
  store.send({ type: "hold", held: false });
  const ids = feed(store.model, searchText).map((one) => one.id);
  const next = neighbour(ids, store.model.selected, step);
  if (next !== null) store.send({ type: "select", id: next });
}

/** Leave what is on top: the card on the map, the filter, the selection. */
function escape(): void {
  if (store.model.focus !== null) store.send({ type: "focus", focus: null });
  else if (store.model.filter !== "") store.send({ type: "filter", text: "" });
  else store.send({ type: "select", id: null });
}

/** Where typed letters are text, or Enter already means something. */
export function belongsToField(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, textarea, select, [contenteditable], dialog")) return true;
  return event.key === "Enter" && target?.closest("button, a, summary") !== null;
}
