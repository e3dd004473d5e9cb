/** What became of an alert that this patrol no longer has. */

import type { Alert, Outcome } from "../types";
import type { Entry, Said } from "./outbox";

export interface Notice {
  alert: string;
  what: "withdrawn" | "reassigned" | "lapsed" | "closed" | "done" | "declined" | "refused";
  outcome: Outcome | null;
  said: Said | null;
}

/** `alert`: as it stands now, without this patrol; `last`: what the patrol last said about it. */
export function departure(alert: Alert, patrol: string, last: Entry | undefined): Notice {
  const tell = (what: Notice["what"]): Notice => ({ alert: alert.id, what, outcome: alert.outcome, said: null });
  if (alert.state === "closed") {
    return tell(last?.said === "close" && last.outcome === alert.outcome ? "done" : "closed");
  }
  if (last?.said === "decline") return tell("declined");
  if (alert.refused_by.includes(patrol)) return tell("lapsed");
  return tell(alert.patrol === null ? "withdrawn" : "reassigned");
}
