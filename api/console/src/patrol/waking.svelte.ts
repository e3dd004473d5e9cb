/** Whether this phone can be woken when the page is closed: permission, subscription, worker. */

import { pushKey, subscribePush, testPush, unsubscribePush } from "../lib/api";
import { type FromWorker, keepLanguage, SCOPE, subscribed, WORKER } from "../lib/device";

export type Wakeable =
  /** Not tried yet. */
  | "off"
  /** The person has to allow it: one tap. */
  | "ask"
  | "denied"
  | "insecure"
  | "unsupported"
  | "subscribing"
  | "on"
  | "failed";

/** A test that is not back by then is not on its way any more. */
export const TEST_MS = 20_000;

interface Hears {
  /** A test has come back. */
  onTested: () => void;
  /** Whether the page sounds for that message by itself. */
  isRinging: (id: string) => boolean;
}

export class Waking {
  here = $state<Wakeable>("off");
  /** Local ms of the last test that was asked for. */
  testedAt = $state(-Infinity);

  #device: string | null = null;
  #heard: (event: MessageEvent) => void;
  #late: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly hears: Hears) {
    this.#heard = (event) => {
      const said = event.data as FromWorker;
      if (said.type === "tested") hears.onTested();
      else if (said.type === "ringing") event.ports[0]?.postMessage(hears.isRinging(said.id));
    };
    if (isPossible()) {
      navigator.serviceWorker.addEventListener("message", this.#heard);
      navigator.serviceWorker.startMessages();
    }
  }

  /** A shift starts, or the page is opened in one. Asks the person nothing. */
  async begin(): Promise<void> {
    if (!isSecureContext) this.here = "insecure";
    else if (!isPossible()) this.here = "unsupported";
    else if (Notification.permission === "denied") this.here = "denied";
    else if (Notification.permission === "default") this.here = "ask";
    else await this.#subscribe();
  }

  /** After the tap: the browser asks. */
  async allow(): Promise<void> {
    await Notification.requestPermission();
    await this.begin();
  }

  async test(): Promise<void> {
    this.#expect();
    await testPush().catch(() => (this.testedAt = -Infinity));
  }

  /** Who signs out is woken no more. */
  async end(): Promise<void> {
    if (this.#device !== null) await unsubscribePush(this.#device).catch(() => undefined);
    this.#device = null;
    const registration = await registered();
    await (await registration?.pushManager.getSubscription())?.unsubscribe();
  }

  close(): void {
    clearTimeout(this.#late);
    if (isPossible()) navigator.serviceWorker.removeEventListener("message", this.#heard);
  }

  /** The worker speaks the page's language. */
  speak(language: string): void {
    if (isSecureContext && "caches" in globalThis) void keepLanguage(language).catch(() => undefined);
  }

  /** What is on the screen need not stand beside it as a notification. */
  async hush(alert: string): Promise<void> {
    const registration = await registered();
    for (const one of (await registration?.getNotifications({ tag: alert })) ?? []) one.close();
  }

  /** A test that does not come back says nothing: the service is asked what it knows. */
  #expect(): void {
    this.testedAt = Date.now();
    clearTimeout(this.#late);
    this.#late = setTimeout(this.hears.onTested, TEST_MS);
  }

  async #subscribe(): Promise<void> {
    this.here = "subscribing";
    try {
      await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
      const registration = await active();
      const subscription = await subscribed(registration, await pushKey());
      const { id } = await subscribePush(subscription.toJSON());
      this.#device = id;
      this.here = "on";
      this.#expect(); // the service tests it by itself
    } catch {
      this.here = "failed";
    }
  }
}

function isPossible(): boolean {
  return isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

async function registered(): Promise<ServiceWorkerRegistration | undefined> {
  return isPossible() ? navigator.serviceWorker.getRegistration(SCOPE) : undefined;
}

/** `ready` waits for ever where a worker cannot start: the page says so instead. */
async function active(): Promise<ServiceWorkerRegistration> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("the worker does not start")), 10_000));
  return Promise.race([navigator.serviceWorker.ready, late]);
}
