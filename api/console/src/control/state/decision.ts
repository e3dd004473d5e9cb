/** The dispatch decision out of an alert's account: who was chosen, and why not the others. */

import type { Severity, Step } from "../../types";

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
  | "unknown_position" | "too_old" | "unknown_place" | "for_graver" | "for_another" | "preempted"
  | "is_free" | "fewer_alerts" | "more_alerts";

export type Ground =
  | { key: FixedKey }
  | { key: "later" | "farther" | "behind"; than: string }
  | { key: "later_by" | "sooner_by"; than: string; seconds: number }
  | { key: "has" | "lacks"; words: string }
  | { key: "taken" | "on_its_way"; severity: Severity }
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
  "wanted for a graver alert": { key: "for_graver" },
  "wanted for another alert": { key: "for_another" },
  "was sent to a graver alert": { key: "preempted" },
  "is free": { key: "is_free" },
  "has had fewer alerts": { key: "fewer_alerts" },
  "has had more alerts": { key: "more_alerts" },
};

const WORDS = "[a-z0-9_-]+(?: and [a-z0-9_-]+)*";
/** What is said behind the rest, from the end on. */
const BEHIND: readonly [RegExp, (found: string) => Ground][] = [
  [/^(.*?)(?:, )?position (\d+) s old$/, (found) => ({ key: "old_position", seconds: Number(found) })],
  [new RegExp(`^(.*?)(?:, )?lacks (${WORDS})$`), (words) => ({ key: "lacks", words })],
  [/^(.*), taken from a (critical|high|medium|low) alert$/, (found) => ({ key: "taken", severity: found as Severity })],
];
const BY = /^(\d+) s (later|sooner) than (.+), but (.+)$/;

/** A reason of the server taken apart, so that it can be said in any language. */
export function grounds(reason: string): Ground[] {
  const by = BY.exec(/^(.*?)(?:, position \d+ s old)?$/.exec(reason)?.[1] ?? "");
  const found: Ground[] = [];
  let first = reason;
  for (const [form, ground] of BEHIND) {
    const parts = form.exec(first);
    if (parts?.[2] === undefined || (by && first.endsWith(`but lacks ${parts[2]}`))) continue;
    first = parts[1] ?? "";
    found.unshift(ground(parts[2]));
  }
  return [...ranked(first), ...found];
}

/** Where it stands among the others. */
function ranked(said: string): Ground[] {
  const by = BY.exec(said);
  if (by?.[3] !== undefined && by[4] !== undefined) {
    const key = by[2] === "later" ? "later_by" : "sooner_by";
    return [{ key, than: by[3], seconds: Number(by[1]) }, ...because(by[4])];
  }
  const behind = /^(?:(later|farther) than|(behind)) (.+)$/.exec(said);
  if (behind?.[3] !== undefined) return [{ key: (behind[1] ?? behind[2]) as "later", than: behind[3] }];
  return said === "" ? [] : because(said);
}

function because(said: string): Ground[] {
  const able = /^(has|lacks) ((?!had )[a-z0-9_-]+(?: and [a-z0-9_-]+)*)$/.exec(said);
  const fixed = FIXED[said];
  if (fixed) return [fixed];
  if (able?.[2] !== undefined) return [{ key: able[1] as "has", words: able[2] }];
  const way = /^is on its way to a (critical|high|medium|low) alert$/.exec(said);
  if (way) return [{ key: "on_its_way", severity: way[1] as Severity }];
  return [{ key: "other", text: said }];
}
