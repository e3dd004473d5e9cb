/** Silences, shelving, floods and the alarm report as the API speaks of them. */

import type { Alert } from "../types";
import { del, get, post } from "./api";

export interface Silence {
  id: string;
  reason: string;
  by: string;
  created_at: string;
  until: string;
  /** What is null does not matter. */
  camera: string | null;
  kind: string | null;
  zone: string | null;
  within: { latitude: number; longitude: number; radius_m: number } | null;
  /** Critical alerts too. */
  critical: boolean;
  ended_at: string | null;
  ended_by: string;
  version: number;
}

/** Whether more alerts come than people can look at; the service decides. */
export interface Flood {
  on: boolean;
  since: string | null;
  raised: number;
  operators: number;
  begins_above: number;
  ends_below: number;
}

export interface SilenceOrder {
  reason: string;
  minutes: number;
  camera?: string;
  kind?: string;
  zone?: string;
  within?: { latitude: number; longitude: number; radius_m: number };
  critical?: boolean;
}

export interface Worst {
  name: string;
  count: number;
  share: number;
}

export interface AlarmReport {
  from: string;
  to: string;
  operators: number;
  alerts: number;
  in_review: number;
  silenced: number;
  shelved: number;
  periods: {
    number: number;
    mean: number;
    peak: number;
    peak_at: string | null;
    in_flood: number;
    load: "acceptable" | "manageable" | "demanding" | "unacceptable";
  };
  mix: Record<string, number>;
  target_mix: Record<string, number>;
  worst_cameras: Worst[];
  worst_kinds: Worst[];
  stale: number;
  chattering: Worst[];
  answering: { answered: number; unanswered: number; p50_s: number | null; p95_s: number | null };
}

export const listSilences = async (): Promise<Silence[]> =>
  (await get<{ items: Silence[] }>("/v1/silences?active=true")).items;

/** The last ones, ended ones too. */
export const pastSilences = async (): Promise<Silence[]> =>
  (await get<{ items: Silence[] }>("/v1/silences?limit=50")).items;

export const makeSilence = (order: SilenceOrder): Promise<Silence> => post("/v1/silences", order);

export const endSilence = (one: Silence): Promise<Silence> =>
  del<Silence>(`/v1/silences/${encodeURIComponent(one.id)}`, { version: one.version });

const alertPath = (id: string): string => `/v1/alerts/${encodeURIComponent(id)}`;

export const shelve = (id: string, minutes: number, reason: string, version?: number): Promise<Alert> =>
  post(`${alertPath(id)}/shelve`, { minutes, reason }, { version });

export const unshelve = (id: string, version?: number): Promise<Alert> =>
  post(`${alertPath(id)}/unshelve`, undefined, { version });

export function alarmReport(from: Date, to: Date): Promise<AlarmReport> {
  const span = new URLSearchParams({ from: from.toISOString(), to: to.toISOString() });
  return get(`/v1/metrics/alarms?${span}`, { timeoutMs: 30_000 });
}
