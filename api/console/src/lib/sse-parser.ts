/** Server-sent events out of a byte stream (WHATWG HTML, 9.2.6), as a pure step function. */

export interface ServerEvent {
  type: string;
  data: string;
  /** The last id seen so far; "" before the first. */
  id: string;
}

/** Feed it decoded text in pieces of any size; it gives the events that are complete. */
export class SseParser {
  #rest = "";
  #type = "";
  #data: string[] = [];
  #id = "";

  constructor(lastEventId = "") {
    this.#id = lastEventId;
  }

  push(text: string): ServerEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): ServerEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null; // a comment: the heartbeat
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return null;
  }

  /** A blank line ends an event; one without data is none. */
  #dispatch(): ServerEvent | null {
    const event = { type: this.#type || "message", data: this.#data.join("\n"), id: this.#id };
    const complete = this.#data.length > 0;
    this.#type = "";
    this.#data = [];
    return complete ? event : null;
  }
}
