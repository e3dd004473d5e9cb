/**
 * Wakes the phone. A push holds an id and an event; what it means is asked of the service, and
 * whatever fails, somebody is told that an alert waits.
 */
/// <reference lib="webworker" />

import { type FromWorker, keptLanguage, SCOPE, subscribed } from "../lib/device";
import type { Alert } from "../types";
import { languageOf, offerWords, wordsOf, type Language, type Words } from "./words";

declare const self: ServiceWorkerGlobalScope;

interface Message {
  id: string;
  event: "offer" | "withdrawn" | "test";
}

interface Meaning {
  moot_at: string | null;
  answered_at: string | null;
  data: Alert;
}

const ASK_MS = 5000;
/** An open page answers at once, or it does not ring. */
const PAGE_MS = 1000;
const AGAIN_MS = [0, 1000, 3000, 8000];
const VIBRATE = [500, 200, 500, 200, 500, 200, 800];
const TEST_TAG = "qalqan-test";

self.addEventListener("install", () => void self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(pushed(event.data)));
self.addEventListener("notificationclick", (event) => event.waitUntil(clicked(event.notification)));
self.addEventListener("pushsubscriptionchange", (event) => (event as ExtendableEvent).waitUntil(subscribeAnew()));

async function pushed(data: PushMessageData | null): Promise<void> {
  const message = read(data);
  const language = await ourLanguage();
  if (message === null) return show(wordsOf("waits", language), "", "", language, true);
  if (message.event === "test") return tested(message.id, language);
  if (message.event === "withdrawn") return withdrawn(message.id, language);
  await Promise.all([receipt(message.id, "delivered"), offered(message.id, language)]);
}

function read(data: PushMessageData | null): Message | null {
  try {
    const said: unknown = data?.json();
    const { id, event } = said as Message;
    return typeof id === "string" && typeof event === "string" ? { id, event } : null;
  } catch {
    return null;
  }
}

async function offered(id: string, language: Language): Promise<void> {
  const tag = alertOf(id);
  const meaning = await ask<Meaning>(`/v1/notifications/${id}`);
  if (meaning !== null && (meaning.moot_at ?? meaning.answered_at) !== null) {
    if (await isSeen()) return;
    return show(wordsOf("withdrawn", language), tag, id, language, false);
  }
  if (await isRinging(id)) return;
  const words = meaning?.data?.kind ? offerWords(meaning.data, language) : wordsOf("waits", language);
  return show(words, tag, id, language, true);
}

/** It stops ringing. Browsers want something shown for every push that nobody sees: a quiet line. */
async function withdrawn(id: string, language: Language): Promise<void> {
  const tag = alertOf(id);
  for (const one of await self.registration.getNotifications({ tag })) one.close();
  await receipt(id, "delivered");
  if (!(await isSeen())) await show(wordsOf("withdrawn", language), tag, id, language, false);
}

async function tested(id: string, language: Language): Promise<void> {
  await receipt(id, "delivered");
  if (!(await isSeen())) await show(wordsOf("tested", language), TEST_TAG, id, language, false);
  const told: FromWorker = { type: "tested" };
  for (const page of await pages()) page.postMessage(told);
}

async function show(words: Words, tag: string, id: string, language: Language, loud: boolean): Promise<void> {
  const before = tag ? await self.registration.getNotifications({ tag }) : [];
  if (loud && before.some((one) => idOf(one) === id)) return; // a courier that was killed says it twice
  const options = {
    body: words.body,
    lang: language,
    icon: "/shield.svg",
    data: { id },
    silent: !loud,
    requireInteraction: loud,
    ...(tag ? { tag, renotify: loud } : {}),
    ...(loud ? { vibrate: VIBRATE } : {}),
  };
  await self.registration.showNotification(words.title, options);
}

async function clicked(notification: Notification): Promise<void> {
  notification.close();
  const id = idOf(notification);
  const open = (await pages())[0];
  const shown = open ? open.focus() : self.clients.openWindow(SCOPE);
  await Promise.all([shown.catch(() => null), id && receipt(id, "seen")]);
}

/** The browser has dropped the subscription: without a new one this phone is deaf. */
async function subscribeAnew(): Promise<void> {
  const key = await ask<{ public_key: string }>("/v1/push/key");
  if (key === null) return;
  const subscription = await subscribed(self.registration, key.public_key);
  await send("PUT", "/v1/patrols/me/push", subscription.toJSON());
}

// --- pages of ours ---

async function pages(): Promise<readonly WindowClient[]> {
  const all = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return all.filter((one) => new URL(one.url).pathname === SCOPE);
}

async function isSeen(): Promise<boolean> {
  return (await pages()).some((one) => one.visibilityState === "visible");
}

/** Whether a page in front has the offer and sounds by itself. */
async function isRinging(id: string): Promise<boolean> {
  const seen = (await pages()).filter((one) => one.visibilityState === "visible");
  const answers = await Promise.all(seen.map((one) => ringing(one, id)));
  return answers.some(Boolean);
}

function ringing(page: WindowClient, id: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => resolve(event.data === true);
    setTimeout(() => resolve(false), PAGE_MS);
    const asked: FromWorker = { type: "ringing", id };
    page.postMessage(asked, [port2]);
  });
}

// --- the service ---

async function receipt(id: string, stage: "delivered" | "seen"): Promise<void> {
  for (const wait of AGAIN_MS) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    const status = await send("POST", `/v1/notifications/${id}/receipt`, { stage });
    if (status !== 0 && status !== 429 && status < 500) return;
  }
}

/** The status; 0: no answer. */
async function send(method: string, path: string, body: unknown): Promise<number> {
  try {
    const headers = { "Content-Type": "application/json", "X-Qalqan-Console": "1" };
    const signal = AbortSignal.timeout(ASK_MS);
    return (await fetch(path, { method, headers, body: JSON.stringify(body), signal, keepalive: true })).status;
  } catch {
    return 0;
  }
}

async function ask<T>(path: string): Promise<T | null> {
  try {
    const reply = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(ASK_MS) });
    return reply.ok ? ((await reply.json()) as T) : null;
  } catch {
    return null;
  }
}

async function ourLanguage(): Promise<Language> {
  const kept = await keptLanguage().catch(() => "");
  return languageOf([kept, ...navigator.languages]);
}

/** `ALERT.ATTEMPT.RECIPIENT`: notifications of one alert take each other's place. */
function alertOf(id: string): string {
  return id.split(".")[0] ?? "";
}

function idOf(notification: Notification): string {
  const data = notification.data as { id?: unknown } | null;
  return typeof data?.id === "string" ? data.id : "";
}
