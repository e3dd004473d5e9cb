/**
 * A feed that does not die in silence.
 *
 * EventSource hides the server's heartbeat, so a connection that is dead but not closed looks alive
 * for minutes. This one reads the bytes itself: no byte for 25 s is a lost connection. It resumes
 * after the last event it has seen and backs off while the service is away.
 */

import { clock } from "./clock.svelte";
import { SseParser } from "./sse-parser";

export type StreamState = "connecting" | "live" | "lost";
export type Handlers = Readonly<Record<string, (data: any, id: string) => void>>;

const SILENCE_MS = 25_000;
const OPEN_MS = 10_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

class SignedOut extends Error {}

/**
 * Follow the stream at `path`; `handlers` by event type get the parsed data and the event's id.
 *
 * `onState` hears every change of the connection. After a 401 the stream stops, is "lost" for good
 * and calls `onSignedOut`. Gives the function that closes it.
 */
export function openStream(
  path: string,
  handlers: Handlers,
  onState: (state: StreamState) => void,
  onSignedOut: () => void = () => undefined,
): () => void {
  const closed = new AbortController();
  void new Stream(path, handlers, onState, closed.signal).run().catch((error: unknown) => {
    if (error instanceof SignedOut && !closed.signal.aborted) onSignedOut();
    else if (!closed.signal.aborted) reportError(error);
  });
  return () => closed.abort();
}

class Stream {
  #lastEventId = "";
  #state: StreamState | null = null;
  #failures = 0;

  constructor(
    private readonly path: string,
    private readonly handlers: Handlers,
    private readonly onState: (state: StreamState) => void,
    private readonly closed: AbortSignal,
  ) {}

  /** Connect again and again until it is closed. Throws `SignedOut`. */
  async run(): Promise<void> {
    this.#say("connecting");
    while (!this.closed.aborted) {
      try {
        await this.#once();
      } catch (error) {
        if (error instanceof SignedOut) throw error;
      } finally {
        this.#say("lost");
      }
      await waitToRetry(backOffMs(this.#failures++), this.closed);
    }
  }

  /** One connection: returns or throws when it has ended. */
  async #once(): Promise<void> {
    const cut = new AbortController();
    const end = (): void => cut.abort();
    const watchdog = new Watchdog(end);
    this.closed.addEventListener("abort", end);
    window.addEventListener("offline", end);
    try {
      watchdog.expect(OPEN_MS);
      const body = await this.#connect(cut.signal);
      await this.#read(body.getReader(), watchdog);
    } finally {
      end();
      watchdog.stop();
      this.closed.removeEventListener("abort", end);
      window.removeEventListener("offline", end);
    }
  }

  async #connect(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (this.#lastEventId) headers["Last-Event-ID"] = this.#lastEventId;
    const sent = Date.now();
    const reply = await fetch(this.path, { headers, signal, cache: "no-store", credentials: "same-origin" });
    clock.observe(reply.headers.get("Date"), sent);
    if (reply.status === 401) throw new SignedOut();
    if (!reply.ok || reply.body === null) throw new Error(`the stream answered ${reply.status}`);
    return reply.body;
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>, watchdog: Watchdog): Promise<void> {
    const parser = new SseParser(this.#lastEventId);
    const decoder = new TextDecoder();
    while (true) {
      watchdog.expect(SILENCE_MS);
      const { done, value } = await reader.read();
      if (done) return;
      this.#failures = 0;
      this.#say("live");
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        this.#deliver(event.type, event.data, event.id);
        this.#lastEventId = event.id;
      }
    }
  }

  /** A handler's mistake is reported; it does not end the feed. */
  #deliver(type: string, data: string, id: string): void {
    const handle = this.handlers[type];
    if (!handle || this.closed.aborted) return;
    try {
      const told: unknown = JSON.parse(data);
      if (hasMoment(told)) clock.heard(told.updated_at);
      handle(told, id);
    } catch (error) {
      reportError(error);
    }
  }

  #say(state: StreamState): void {
    if (state === this.#state || this.closed.aborted) return;
    this.#state = state;
    this.onState(state);
  }
}

/** An alert says when it changed, which is when it was sent, or long before. */
function hasMoment(told: unknown): told is { updated_at: string } {
  return typeof (told as { updated_at?: unknown } | null)?.updated_at === "string";
}

/** Calls `bite` unless it is told in time to expect something else. */
class Watchdog {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly bite: () => void) {}

  expect(withinMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.bite, withinMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** 0.5 s doubling to 10 s, somewhere in its upper half: a thousand phones must not return as one. */
export function backOffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
  return full * (0.5 + random() / 2);
}

/** The wait ends early when the network returns or the page is looked at again. */
function waitToRetry(ms: number, closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      document.removeEventListener("visibilitychange", seen);
      closed.removeEventListener("abort", done);
      resolve();
    };
    const seen = (): void => {
      if (document.visibilityState === "visible") done();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
    document.addEventListener("visibilitychange", seen);
    closed.addEventListener("abort", done);
  });
}
