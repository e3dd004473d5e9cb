/** The service into the store: one full read, then the stream from where the read ended. */

import { takeAlert } from "../lib/alert-link";
import { ApiError, alertDetail, listAlerts, listCameras, listPatrols, listTrust } from "../lib/api";
import { listSilences, type Flood, type Silence } from "../lib/calm-api";
import { clock } from "../lib/clock.svelte";
import { openStream, type StreamState } from "../lib/stream";
import { problemText } from "../lib/words";
import type { Alert, Patrol, State, Trust, Watch } from "../types";
import { silenceText } from "./calm-words";
import { store } from "./store.svelte";
import { trustText } from "./words";

const OPEN: readonly State[] = [
  "new", "acknowledged", "dispatched", "accepted", "en_route", "on_scene", "declined",
  "timed_out", "escalated",
];
const RETRY_MS = 2000;
/** Several words that come at once are read once. */
const READ_AFTER_MS = 200;
/** A connection that died in silence is noticed this late at most. */
const SILENCE_MS = 25_000;

/** Begin to follow the service; gives the function that ends it. */
export function follow(onSignedOut: () => void): () => void {
  const follower = new Follower(onSignedOut);
  void follower.begin();
  return () => follower.end();
}

class Follower {
  #ended = false;
  #close: () => void = () => undefined;
  #heardAt = clock.now;

  constructor(private readonly onSignedOut: () => void) {}

  async begin(): Promise<void> {
    while (!this.#ended) {
      try {
        const seq = await readAll();
        if (this.#ended) return;
        this.#open(seq);
        const linked = takeAlert();
        if (linked !== null) await showLinked(linked);
        return;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return this.onSignedOut();
        this.#lost();
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  end(): void {
    this.#ended = true;
    this.#close();
  }

  #open(seq: number): void {
    const heard = <T>(use: (data: T) => void) => (data: T) => {
      this.#heardAt = clock.now;
      use(data);
    };
    this.#close = openStream(
      `/v1/console/stream?after=${seq}`,
      {
        alert: heard<Alert>((alert) => store.send({ type: "alert", alert, fresh: true })),
        notified: heard<{ alert: string }>(({ alert }) => readAgain(alert)),
        trust: heard<Trust>(takeTrust),
        silence: heard<Silence>(takeSilence),
        flood: heard<Flood>((flood) => store.send({ type: "flood", flood })),
        patrols: heard<Patrol[]>((patrols) => store.send({ type: "patrols", patrols })),
        cameras: heard<{ id: string; watch: Watch }[]>(takeWatches),
      },
      (state) => this.#linkIs(state),
      this.onSignedOut,
    );
  }

  #linkIs(state: StreamState): void {
    if (state === "live") {
      this.#heardAt = clock.now;
      store.send({ type: "link", link: { state: "live" } });
    } else if (state === "lost") this.#lost();
  }

  /** What is shown is as old as the last word we heard, not as the moment we noticed. */
  #lost(): void {
    if (store.model.link.state === "lost") return;
    const since = Math.max(this.#heardAt, clock.now - SILENCE_MS);
    store.send({ type: "link", link: { state: "lost", since } });
  }
}

/** Show the alert that a message to a phone has led to, closed or not. */
async function showLinked(id: string): Promise<void> {
  store.send({ type: "select", id });
  const wrong = await readDetail(id);
  if (wrong !== null) store.say("error", wrong);
}

async function readAll(): Promise<number> {
  const [first, cameras, patrols, trust, silences] = await Promise.all([
    listAlerts(null, OPEN),
    listCameras(),
    listPatrols(),
    listTrust(["review", "flagged"]),
    listSilences(),
  ]);
  const alerts = [...first.items];
  for (let next = first.next_cursor; next !== null; ) {
    const page = await listAlerts(next, OPEN);
    alerts.push(...page.items);
    next = page.next_cursor;
  }
  store.send({ type: "loaded", alerts, cameras, patrols, trust });
  store.send({ type: "silences", silences });
  return first.last_event_seq;
}

/** Nobody may overlook that a rule is believed no more, or again. */
function takeTrust(trust: Trust): void {
  store.send({ type: "trust", trust: [trust] });
  store.say(trust.state === "trusted" ? "done" : "changed", trustText(trust));
}

/** Everybody hears of it when something is made quiet, or calls again. */
function takeSilence(silence: Silence): void {
  store.send({ type: "silence", silence });
  store.say("done", silenceText(silence, clock.now));
}

/** The stream tells states only: a camera we do not know is read with its name and place. */
function takeWatches(watches: { id: string; watch: Watch }[]): void {
  store.send({ type: "watch", watches });
  if (watches.every(({ id }) => store.model.cameras[id] !== undefined)) return;
  listCameras().then(
    (cameras) => store.send({ type: "cameras", cameras }),
    (error: unknown) => store.say("error", problemText(error)),
  );
}

let again: ReturnType<typeof setTimeout> | undefined;

/** A word to somebody has come further: whoever looks at that alert sees it. */
function readAgain(alert: string): void {
  if (alert !== store.model.selected) return;
  clearTimeout(again);
  again = setTimeout(() => void readDetail(alert), READ_AFTER_MS);
}

/** Read the account of an alert; gives what went wrong, in one line. */
export async function readDetail(id: string): Promise<string | null> {
  try {
    store.send({ type: "detail", detail: await alertDetail(id) });
    return null;
  } catch (error) {
    return problemText(error);
  }
}
