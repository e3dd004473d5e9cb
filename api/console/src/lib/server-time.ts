/** What the server's clock says, learnt from its replies: a wrong device clock must not lie. */

/** A `Date` header has whole seconds, and servers renew it once a second. */
const HEADER_LAG_MS = 2000;
/** What is told the moment it happens has been on its way about this long. */
const NEWS_LAG_MS = 100;

/** Bounds the offset (server minus device, ms) from both sides, closer with every reply. */
export class ServerTime {
  #low = -Infinity;
  #high = Infinity;
  /** Whether the lower bound is of a moment told exactly, and so close to the truth. */
  #exact = false;

  /** ms to add to the device's clock; 0 until something was learnt. */
  get offset(): number {
    if (!Number.isFinite(this.#low)) return 0;
    const middle = (this.#low + this.#high) / 2;
    return this.#exact ? Math.min(middle, this.#low + NEWS_LAG_MS) : middle;
  }

  /** `date`: a reply's header; `sent`, `received`: device clock, ms. It was written in between. */
  observe(date: string | null, sent: number, received: number): void {
    const said = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(said) || received < sent) return;
    this.#bound(said - received, said + HEADER_LAG_MS - sent, false);
  }

  /** `moment`: RFC 3339, something that had happened at the server when it was `received`. */
  heard(moment: string, received: number): void {
    const at = Date.parse(moment);
    if (!Number.isNaN(at)) this.#bound(at - received, Infinity, true);
  }

  /** Bounds that contradict those before mean that a clock was set: begin anew. */
  #bound(low: number, high: number, exact: boolean): void {
    const agrees = low <= this.#high && high >= this.#low;
    if (!agrees || low > this.#low) [this.#low, this.#exact] = [low, exact];
    this.#high = agrees ? Math.min(high, this.#high) : high;
  }
}
