/** What the page and its service worker have in common: names, and the language they both speak. */

export const WORKER = "/push-worker.js";
export const SCOPE = "/patrol";

/** Storage that a worker can read, too. */
const SHELF = "qalqan";
const LANGUAGE = "/language";

export async function keepLanguage(language: string): Promise<void> {
  await (await caches.open(SHELF)).put(LANGUAGE, new Response(language));
}

export async function keptLanguage(): Promise<string> {
  const kept = await caches.match(LANGUAGE, { cacheName: SHELF });
  return kept ? kept.text() : "";
}

/** The page asks the worker nothing; the worker tells it of a test, and asks whether it rings. */
export type FromWorker = { type: "tested" } | { type: "ringing"; id: string };

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Whether a subscription was made for that key: with another one nothing would be taken. */
export function isFor(subscription: PushSubscription, key: string): boolean {
  const known = subscription.options.applicationServerKey;
  if (known === null) return false;
  const [ours, theirs] = [bytesOf(key), new Uint8Array(known)];
  return ours.length === theirs.length && ours.every((byte, at) => byte === theirs[at]);
}

/** The subscription of this browser for that key: the present one, or a new one. */
export async function subscribed(registration: ServiceWorkerRegistration, key: string): Promise<PushSubscription> {
  const known = await registration.pushManager.getSubscription();
  if (known !== null) {
    if (isFor(known, key)) return known;
    await known.unsubscribe();
  }
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
}
