/** What a patrol said and the service has not confirmed yet. It survives a tunnel and a reload. */

import type { Alert, Answer, Outcome } from "../types";
import { ApiError } from "../lib/api";
import { recall, remember } from "../lib/storage";

export type Said = Answer | "close";

export interface Entry {
  alert: string;
  said: Said;
  /** With "close". */
  outcome?: Outcome;
  note: string;
  /** When it was said: RFC 3339, the server's clock. */
  at: string;
}

export interface Post {
  /** Tell the service; resolves when it is committed. Rejects with an `ApiError`. */
  send(entry: Entry): Promise<Alert>;
  onChange(waiting: readonly Entry[]): void;
  onDelivered(entry: Entry, alert: Alert): void;
  /** The service will never take it: the alert is somebody else's by now. */
  onRefused(entry: Entry, error: ApiError): void;
  onSignedOut(): void;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Delivers in the order of saying, one at a time, until the service has each.
 *
 * Answers are idempotent, so one whose reply was lost is simply sent again.
 */
export class Outbox {
  #waiting: readonly Entry[];
  #sending = false;
  /** The network came back during a try that may have begun without it. */
  #hurry = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** `key`: where it is kept; one for each patrol, so that nobody sends another's answers. */
  constructor(private readonly key: string, private readonly post: Post) {
    this.#waiting = stored(key);
    post.onChange(this.#waiting);
  }

  get waiting(): readonly Entry[] {
    return this.#waiting;
  }

  add(entry: Entry): void {
    this.#keep([...this.#waiting, entry]);
    this.flush();
  }

  /** Try now: the network is back. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#hurry = this.#sending;
    void this.#deliver();
  }

  /** Forget what is waiting for an alert that the service has settled. */
  drop(alert: string): void {
    this.#keep(this.#waiting.filter((entry) => entry.alert !== alert));
  }

  /** Stop trying; what is waiting stays stored. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #deliver(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (!this.#closed && this.#waiting[0] !== undefined && this.#timer === undefined) {
        await this.#try(this.#waiting[0]);
      }
    } finally {
      this.#sending = false;
    }
  }

  async #try(entry: Entry): Promise<void> {
    try {
      const alert = await this.post.send(entry);
      this.#failures = 0;
      this.#keep(this.#waiting.filter((one) => one !== entry));
      this.post.onDelivered(entry, alert);
    } catch (error) {
      this.#failed(entry, error);
    }
  }

  #failed(entry: Entry, error: unknown): void {
    if (!(error instanceof ApiError) || error.isTransient) {
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#failures++, 8));
      if (!this.#hurry) this.#timer = setTimeout(() => this.flush(), wait);
      this.#hurry = false;
    } else if (error.status === 401) {
      this.close();
      this.post.onSignedOut();
    } else {
      const settled = !this.#waiting.includes(entry);
      // What was said after it rests on it, and is as void.
      this.drop(entry.alert);
      if (!settled) this.post.onRefused(entry, error);
    }
  }

  #keep(waiting: readonly Entry[]): void {
    this.#waiting = waiting;
    remember(this.key, JSON.stringify(waiting));
    this.post.onChange(waiting);
  }
}

function stored(key: string): readonly Entry[] {
  try {
    const known: unknown = JSON.parse(recall(key) ?? "[]");
    return Array.isArray(known) ? known.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(one: unknown): one is Entry {
  const entry = one as Partial<Entry> | null;
  return typeof entry?.alert === "string" && typeof entry.said === "string" && typeof entry.at === "string";
}
