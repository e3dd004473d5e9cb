/** The present, for ages and countdowns: it ticks, and it is the server's. */

import { ServerTime } from "./server-time";

const TICK_MS = 500;

class Clock {
  #server = new ServerTime();
  #now = $state(Date.now());

  constructor() {
    if (typeof window === "undefined") return;
    setInterval(() => this.#tick(), TICK_MS);
    document.addEventListener("visibilitychange", () => this.#tick());
  }

  /** The server's time, ms since the epoch. Reactive. */
  get now(): number {
    return this.#now;
  }

  /** The server's time of a moment on the device's clock; both ms. */
  corrected(deviceMs: number): number {
    return deviceMs + this.#server.offset;
  }

  /** Learn from a reply's `Date` header; `sent` is `Date.now()` before the request. */
  observe(date: string | null, sent: number): void {
    this.#server.observe(date, sent, Date.now());
    this.#tick();
  }

  /** Learn from something that is told the moment it happens; `moment`: RFC 3339. */
  heard(moment: string): void {
    this.#server.heard(moment, Date.now());
    this.#tick();
  }

  #tick(): void {
    this.#now = this.corrected(Date.now());
  }
}

export const clock = new Clock();
