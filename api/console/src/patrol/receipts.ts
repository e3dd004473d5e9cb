/** What this page has and shows, told to the service: without it the next channel is tried. */

import { ApiError, type Stage } from "../lib/api";

const RETRY_MS = 1000;
/** More are never waited for: what is older no longer matters. */
const MOST = 50;

export class Receipts {
  /** The farthest stage of each message. */
  #known = new Map<string, Stage>();
  #unsent = new Map<string, Stage>();
  #sending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly send: (id: string, stage: Stage) => Promise<unknown>) {}

  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Each stage is said once; seen means that it was delivered, too. */
  note(id: string, stage: Stage): void {
    const known = this.#known.get(id);
    if (known === stage || known === "seen") return;
    for (const kept of [this.#known, this.#unsent]) {
      kept.set(id, stage);
      const oldest = kept.keys().next().value;
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
    }
    this.flush();
  }

  flush(): void {
    if (!this.#sending) void this.#send();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#unsent.clear();
  }

  async #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#sending = true;
    try {
      for (let next = first(this.#unsent); next !== null; next = first(this.#unsent)) {
        const [id, stage] = next;
        await this.send(id, stage);
        if (this.#unsent.get(id) === stage) this.#unsent.delete(id);
      }
    } catch (error) {
      if (error instanceof ApiError && !error.isTransient) this.#giveUp();
      this.#timer = setTimeout(() => this.flush(), RETRY_MS);
    } finally {
      this.#sending = false;
    }
  }

  /** The service will not have it: it is nobody's loss, and must not hold up the others. */
  #giveUp(): void {
    const next = first(this.#unsent);
    if (next !== null) this.#unsent.delete(next[0]);
  }
}

function first(unsent: Map<string, Stage>): [string, Stage] | null {
  return unsent.entries().next().value ?? null;
}
