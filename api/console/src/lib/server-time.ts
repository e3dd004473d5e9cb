/** What the server's clock says, from the `Date` header: a wrong device clock must not lie. */

/** Narrows the offset (server minus device, ms) with every reply. */
export class ServerTime {
  #low = -Infinity;
  #high = Infinity;

  /** ms to add to the device's clock; 0 until a reply was seen. */
  get offset(): number {
    return Number.isFinite(this.#low) ? (this.#low + this.#high) / 2 : 0;
  }

  /**
   * `date`: the header, whole seconds. `sent`, `received`: device clock, ms.
   *
   * The server wrote it somewhere between the two, and up to a second after the second it names.
   * Each reply bounds the offset from both sides; together they bound it closely. Bounds that
   * contradict mean that a clock was set: begin anew.
   */
  observe(date: string | null, sent: number, received: number): void {
    const said = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(said) || received < sent) return;
    const low = said - received;
    const high = said + 1000 - sent;
    const agrees = low <= this.#high && high >= this.#low;
    this.#low = agrees ? Math.max(low, this.#low) : low;
    this.#high = agrees ? Math.min(high, this.#high) : high;
  }
}
