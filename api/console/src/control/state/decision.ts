/** The dispatch decision out of an alert's account: who was chosen, and why not the others. */

import type { Step } from "../../types";

export interface Candidate {
  patrol: string;
  name: string;
  distance_m: number | null;
  position_age_s: number | null;
  /** Seconds to drive there; missing in accounts of before, null when the way was not asked for. */
  travel_s?: number | null;
  /** Over the streets, or by the straight line where they do not say it. */
  by?: "road" | "line" | null;
  chosen: boolean;
  reason: string;
}

export interface Decision {
  at: string;
  actor: string;
  note: string;
  /** Who was sent; null when nobody could be. */
  sent: string | null;
  /** A person named the patrol instead of taking the nearest. */
  named: boolean;
  candidates: Candidate[];
  /** Those who were not kept one by one: reason -> how many. */
  others: Record<string, number>;
}

interface Raw {
  chosen: string | null;
  candidates: Candidate[];
  others?: Record<string, number>;
}

/** Every decision of the account, the latest first. */
export function decisions(steps: readonly Step[]): Decision[] {
  return steps.map(decisionOf).filter((one): one is Decision => one !== null).reverse();
}

function decisionOf(step: Step): Decision | null {
  const raw = step.detail["decision"] as Raw | undefined;
  if (raw === undefined) return null;
  const sent = (step.detail["patrol"] as string | undefined) ?? null;
  const candidates = [...raw.candidates].sort(
    (a, b) => Number(b.patrol === sent) - Number(a.patrol === sent),
  );
  const named = sent !== null && sent !== raw.chosen;
  return { at: step.at, actor: step.actor, note: step.note, sent, named, candidates, others: raw.others ?? {} };
}

type FixedKey =
  | "soonest" | "nearest" | "busy" | "off_duty" | "declined" | "unanswered" | "replaced"
  | "unknown_position" | "too_old" | "unknown_place";

export type Ground =
  | { key: FixedKey }
  | { key: "later" | "farther"; than: string }
  | { key: "old_position"; seconds: number }
  | { key: "other"; text: string };

// Accounts of before tell who is nearest and farther, those of now who is there sooner and later.
const FIXED: Record<string, Ground> = {
  "soonest there": { key: "soonest" },
  nearest: { key: "nearest" },
  "off duty": { key: "off_duty" },
  "has declined": { key: "declined" },
  "has not answered": { key: "unanswered" },
  "was replaced": { key: "replaced" },
  "busy with another alert": { key: "busy" },
  "position unknown": { key: "unknown_position" },
  "position too old": { key: "too_old" },
  "the place of the alert is unknown": { key: "unknown_place" },
};

/** A reason of the server taken apart, so that it can be said in any language. */
export function grounds(reason: string): Ground[] {
  const old = /^(.*?)(?:, )?position (\d+) s old$/.exec(reason);
  const first = old ? (old[1] ?? "") : reason;
  const found: Ground[] = [];
  const behind = /^(later|farther) than (.+)$/.exec(first);
  if (behind?.[2]) found.push({ key: behind[1] as "later" | "farther", than: behind[2] });
  else if (first !== "") found.push(FIXED[first] ?? { key: "other", text: first });
  if (old) found.push({ key: "old_position", seconds: Number(old[2]) });
  return found;
}
