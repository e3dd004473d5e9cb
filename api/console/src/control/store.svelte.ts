/** The one place where the console's state lives. Components read `model` and send events. */

import type { Event, Model, Notice } from "./state/model";
import { EMPTY } from "./state/model";
import { reduce } from "./state/reduce";

class Store {
  #model = $state.raw<Model>(EMPTY);
  #noticeId = 0;

  get model(): Model {
    return this.#model;
  }

  send(event: Event): void {
    this.#model = reduce(this.#model, event);
  }

  /** Say one line to the operator. An error stays until it is dismissed. */
  say(tone: Notice["tone"], text: string): void {
    const id = ++this.#noticeId;
    this.send({ type: "notice", notice: { id, tone, text } });
    if (tone === "done") setTimeout(() => this.send({ type: "dismiss", id }), 5000);
  }

  /** Forget everything, e.g. at sign-out. */
  reset(): void {
    this.#model = EMPTY;
  }
}

export const store = new Store();
