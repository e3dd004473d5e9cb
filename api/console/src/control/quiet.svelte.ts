/** Silence for a minute, never for good: an alarm that was turned off yesterday helps nobody. */

import { clock } from "../lib/clock.svelte";
import { sound } from "../lib/sound.svelte";

const QUIET_S = 60;

class Quiet {
  #until = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Seconds of silence left; 0 while the console may be heard. */
  get leftS(): number {
    return Math.max(0, (this.#until - clock.now) / 1000);
  }

  toggle(): void {
    if (this.leftS > 0) this.end();
    else this.#begin();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#until = 0;
    sound.muted = false;
  }

  #begin(): void {
    this.#until = clock.now + QUIET_S * 1000;
    sound.muted = true;
    this.#timer = setTimeout(() => this.end(), QUIET_S * 1000);
  }
}

export const quiet = new Quiet();
