/** Changing what somebody else may be changing too. */

import type { Alert } from "../../types";
import { changes, type Material } from "./allowed";

export type Attempt = { alert: Alert } | { now: Alert; changed: Material[] };

const TRIES = 5;

/**
 * Change the alert that the operator has `seen`. When it has moved on, it is read again: if nothing
 * that matters to the decision is different (a happening alert gets a new version each second), the
 * change is tried on the new version; otherwise it is not done, and what is different is given.
 */
export async function change(
  seen: Alert,
  ask: (version: number) => Promise<Alert>,
  read: () => Promise<Alert>,
  isConflict: (error: unknown) => boolean,
): Promise<Attempt> {
  let version = seen.version;
  for (let left = TRIES; ; left--) {
    try {
      return { alert: await ask(version) };
    } catch (error) {
      if (left === 1 || !isConflict(error)) throw error;
    }
    const now = await read();
    const changed = changes(seen, now);
    if (changed.length > 0) return { now, changed };
    version = now.version;
  }
}
