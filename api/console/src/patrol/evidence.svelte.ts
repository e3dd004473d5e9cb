/** What is drawn on an alert's picture: fetched once, however the screens change. */

import { alertDetail } from "../lib/api";
import { drawnOnSnapshot, NOTHING, type Drawn } from "../lib/boxes";

const AGAIN_MS = 3000;

export class Evidence {
  drawn = $state.raw<Drawn>(NOTHING);

  /** Fetch them, again and again on a bad network, until the result is called. */
  load(alert: string): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const fetchOnce = async (): Promise<void> => {
      try {
        const detail = await alertDetail(alert);
        if (!ended) this.drawn = drawnOnSnapshot(detail);
      } catch {
        if (!ended) timer = setTimeout(fetchOnce, AGAIN_MS);
      }
    };
    this.drawn = NOTHING;
    void fetchOnce();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }
}
