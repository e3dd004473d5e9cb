/** Keeps the screen on: a phone that sleeps rings late. */

/** Until the result is called. Where the browser cannot or will not, the page works without. */
export function keepAwake(): () => void {
  if (!("wakeLock" in navigator)) return () => undefined;
  let held: WakeLockSentinel | null = null;
  let ended = false;

  const take = async (): Promise<void> => {
    if (ended || document.visibilityState !== "visible" || (held && !held.released)) return;
    try {
      held = await navigator.wakeLock.request("screen");
      if (ended) await held.release();
    } catch {
      held = null; // low battery, or not allowed: taken again when the page is looked at
    }
  };
  // The browser lets go of it whenever the page is hidden.
  document.addEventListener("visibilitychange", take);
  void take();
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", take);
    void held?.release();
  };
}
