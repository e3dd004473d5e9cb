/** Whether the page may be heard: the person's wish, and the browser's leave. */

import { recall, remember } from "./storage";

const KEY = "qalqan.muted";

class Sound {
  #muted = $state(recall(KEY) === "1");
  /** The browser lets a page sound only after a gesture. Set by `alarm`. */
  unlocked = $state(false);

  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    remember(KEY, muted ? "1" : "0");
  }
}

export const sound = new Sound();
