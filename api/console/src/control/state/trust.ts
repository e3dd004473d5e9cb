/** How far rules are believed: what of it a console shows. */

import type { Standing, Trust } from "../../types";

const RANK: Record<Standing, number> = { review: 0, flagged: 1, trusted: 2 };

export function trustKey(of: { camera: string; kind: string; zone: string | null }): string {
  return `${of.camera}/${of.kind}/${of.zone ?? ""}`;
}

/** What asks for a person first: recovered rules, those in review, flagged ones, the rest by precision. */
export function byConcern(a: Trust, b: Trust): number {
  return (
    Number(b.proposes_restore) - Number(a.proposes_restore) ||
    RANK[a.state] - RANK[b.state] ||
    (a.precision ?? 2) - (b.precision ?? 2) ||
    trustKey(a).localeCompare(trustKey(b))
  );
}

/** Rules in this standing, of one camera or of all. */
export function inStanding(trust: Record<string, Trust>, state: Standing, camera?: string): Trust[] {
  return Object.values(trust).filter((one) => one.state === state && (camera ?? one.camera) === one.camera);
}
