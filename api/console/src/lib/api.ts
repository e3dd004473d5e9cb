/** The service's HTTP interface. Same origin, session cookie; every failure is an `ApiError`. */

import type { FeatureCollection } from "geojson";
import type {
  Alert, AlertDetail, AlertPage, Answer, Camera, Fixtures, Outcome, Page, Patrol, Problem, Session, Standing, State, Trust, TrustChange,
} from "../types";
import { clock } from "./clock.svelte";

const TIMEOUT_MS = 10_000;

/** Nothing came back: no network, or no answer in time. */
export const NO_ANSWER = 0;

/** A request that failed. `message` is one clear line from the service, in English. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(readonly problem: Problem, readonly retryAfterS: number | null = null) {
    super(problem.detail ?? problem.title);
  }

  get status(): number {
    return this.problem.status;
  }

  /** Whether the same request may succeed later, unchanged. */
  get isTransient(): boolean {
    return this.status === NO_ANSWER || this.status === 429 || this.status >= 500;
  }
}

export interface Options {
  /** The version that is changed (`If-Match`); a 412 when it is not the present one. */
  version?: number | undefined;
  timeoutMs?: number;
}

export const get = <T>(path: string, options?: Options): Promise<T> => ask<T>("GET", path, undefined, options);
export const post = <T>(path: string, body?: unknown, options?: Options): Promise<T> => ask<T>("POST", path, body, options);
export const patch = <T>(path: string, body: unknown, options?: Options): Promise<T> => ask<T>("PATCH", path, body, options);
export const put = <T>(path: string, body: unknown, options?: Options): Promise<T> => ask<T>("PUT", path, body, options);
export const del = <T = void>(path: string, options?: Options): Promise<T> => ask<T>("DELETE", path, undefined, options);

async function ask<T>(method: string, path: string, body: unknown, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-Qalqan-Console"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (options.version !== undefined) headers["If-Match"] = `"${options.version}"`;
  const init: RequestInit = {
    method,
    headers,
    cache: "no-store",
    credentials: "same-origin",
    signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
  };
  if (body !== undefined) init.body = JSON.stringify(body);
  const sent = Date.now();
  try {
    const reply = await fetch(path, init);
    clock.observe(reply.headers.get("Date"), sent);
    if (!reply.ok) throw await refusal(reply);
    return (reply.status === 204 ? undefined : await reply.json()) as T;
  } catch (error) {
    throw error instanceof ApiError ? error : noAnswer(error);
  }
}

/** The error that a reply with a failing status stands for. */
export async function refusal(reply: Response): Promise<ApiError> {
  const said: unknown = await reply.json().catch(() => null);
  const document = (typeof said === "object" && said !== null ? said : {}) as Partial<Problem>;
  const problem: Problem = {
    title: typeof document.title === "string" ? document.title : reply.statusText || "Error",
    status: reply.status,
  };
  if (typeof document.detail === "string") problem.detail = oneLine(document.detail);
  if (Array.isArray(document.errors)) problem.errors = document.errors.filter(isWrong);
  const wait = Number(reply.headers.get("Retry-After") ?? NaN);
  return new ApiError(problem, Number.isFinite(wait) ? wait : null);
}

function isWrong(one: unknown): one is { pointer: string; detail: string } {
  return typeof one === "object" && one !== null && typeof (one as { pointer?: unknown }).pointer === "string";
}

function noAnswer(error: unknown): ApiError {
  const late = error instanceof DOMException && error.name === "TimeoutError";
  const detail = late ? "The service did not answer in time." : "The service cannot be reached.";
  return new ApiError({ title: "No answer", status: NO_ANSWER, detail });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

// --- session ---

export const session = (): Promise<Session> => get("/v1/session");
/** `code`: from a sign-in link (`qc_...`), or a token (`qk_...`). */
export const signIn = (code: string): Promise<Session> => post("/v1/session", { code });
export const signOut = (): Promise<void> => del("/v1/session");

// --- alerts ---

const alertPath = (id: string): string => `/v1/alerts/${encodeURIComponent(id)}`;

export function listAlerts(cursor?: string | null, states: readonly State[] = []): Promise<AlertPage> {
  const query = new URLSearchParams(states.map((state) => ["state", state]));
  if (cursor) query.set("cursor", cursor);
  return get(`/v1/alerts${query.size ? `?${query}` : ""}`);
}

export const alertDetail = (id: string): Promise<AlertDetail> => get(alertPath(id));
export const snapshotUrl = (id: string): string => `${alertPath(id)}/snapshot`;

export const acknowledge = (id: string, version?: number): Promise<Alert> =>
  post(`${alertPath(id)}/acknowledge`, undefined, { version });

/** Without `patrol`: the nearest. */
export function dispatch(id: string, patrol?: string | null, reason = "", version?: number): Promise<Alert> {
  return post(`${alertPath(id)}/dispatch`, { patrol: patrol ?? null, reason }, { version });
}

export function closeAlert(id: string, outcome: Outcome, note = "", version?: number): Promise<Alert> {
  return post(`${alertPath(id)}/close`, { outcome, note }, { version });
}

/** Say what a closed alert turned out to be after all. */
export function judgeAlert(id: string, outcome: Outcome, note = "", version?: number): Promise<Alert> {
  return post(`${alertPath(id)}/verdict`, { outcome, note }, { version });
}

export const answer = (id: string, said: Answer, note = ""): Promise<Alert> =>
  post(`${alertPath(id)}/answer`, { answer: said, note });

// --- trust in rules ---

/** Every rule in these states; all rules that were judged when none is named. */
export async function listTrust(states: readonly Standing[] = []): Promise<Trust[]> {
  const found: Trust[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams(states.map((state) => ["state", state]));
    query.set("limit", "200");
    if (cursor) query.set("cursor", cursor);
    const page: Page<Trust> = await get<Page<Trust>>(`/v1/trust?${query}`);
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

function trustPath(of: Trust): string {
  const rule = `/v1/trust/${encodeURIComponent(of.camera)}/${encodeURIComponent(of.kind)}`;
  return of.zone === null ? rule : `${rule}?zone=${encodeURIComponent(of.zone)}`;
}

export const trustDetail = (of: Trust): Promise<{ trust: Trust; changes: TrustChange[] }> => get(trustPath(of));

export function setTrust(of: Trust, state: "trusted" | "review", reason = ""): Promise<Trust> {
  return put(trustPath(of), { state, reason }, { version: of.version });
}

// --- patrols, cameras, map ---

export const listPatrols = async (): Promise<Patrol[]> => (await get<{ items: Patrol[] }>("/v1/patrols")).items;
export const listCameras = async (): Promise<Camera[]> => (await get<{ items: Camera[] }>("/v1/cameras")).items;
export const cameraSnapshotUrl = (id: string): string => `/v1/cameras/${encodeURIComponent(id)}/snapshot`;

const cameraPath = (id: string): string => `/v1/cameras/${encodeURIComponent(id)}`;
export const listFixtures = (camera: string): Promise<Fixtures> => get(`${cameraPath(camera)}/fixtures`);
/** It is no fixture: watch it again. */
export const forgetFixture = (camera: string, id: string): Promise<void> => del(`${cameraPath(camera)}/fixtures/${id}`);
/** Take that back. */
export const unwatchFixture = (camera: string, id: string): Promise<void> => del(`${cameraPath(camera)}/watched/${id}`);

/** The signed-in patrol's own duty and position. */
export const setDuty = (onDuty: boolean): Promise<Patrol> => patch("/v1/patrols/me", { on_duty: onDuty });
export const reportPosition = (latitude: number, longitude: number, at: string): Promise<Patrol> =>
  put("/v1/patrols/me/position", { latitude, longitude, at });

export const ownPatrol = (): Promise<Patrol> => get("/v1/patrols/me");

// --- messages: what this device has, and whether it can be woken ---

export type Stage = "delivered" | "seen";
export const sendReceipt = (notification: string, stage: Stage): Promise<unknown> =>
  post(`/v1/notifications/${encodeURIComponent(notification)}/receipt`, { stage });

export const pushKey = async (): Promise<string> => (await get<{ public_key: string }>("/v1/push/key")).public_key;
/** `subscription`: the browser's own JSON. Gives the device's id. */
export const subscribePush = (subscription: PushSubscriptionJSON): Promise<{ id: string }> =>
  put("/v1/patrols/me/push", subscription);
export const unsubscribePush = (device: string): Promise<void> => del(`/v1/patrols/me/push?device=${encodeURIComponent(device)}`);
export const testPush = (): Promise<unknown> => post("/v1/patrols/me/push/test");

/** The city's streets; null where the installation has none. */
export async function cityMap(): Promise<FeatureCollection | null> {
  try {
    return await get<FeatureCollection>("/v1/map", { timeoutMs: 30_000 });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
