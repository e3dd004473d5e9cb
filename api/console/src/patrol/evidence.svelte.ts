/** The boxes on an alert's picture: fetched once, however the screens change. */

import { alertDetail } from "../lib/api";
import { boxesOfSnapshot } from "../lib/boxes";
import type { Box } from "../types";

const AGAIN_MS = 3000;

export class Evidence {
  boxes = $state.raw<readonly Box[]>([]);

  /** Fetch them, again and again on a bad network, until the result is called. */
  load(alert: string): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const fetchOnce = async (): Promise<void> => {
      try {
        const detail = await alertDetail(alert);
        if (!ended) this.boxes = boxesOfSnapshot(detail);
      } catch {
        if (!ended) timer = setTimeout(fetchOnce, AGAIN_MS);
      }
    };
    this.boxes = [];
    void fetchOnce();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }
}
