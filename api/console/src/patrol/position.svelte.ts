/** Where the unit is: read from the device while on duty, told to the service, never made up. */

import { ApiError, reportPosition } from "../lib/api";
import { clock } from "../lib/clock.svelte";
import type { Point } from "../lib/geo";

export type Sharing = "off" | "asking" | "shared" | "denied" | "unavailable" | "insecure";

/** At most this often. */
const EVERY_MS = 5000;
/** A unit that stands still gives no new fix by itself, and would grow stale: ask again. */
const REFRESH_MS = 20_000;

export class PositionSharing {
  sharing = $state<Sharing>("off");
  /** The latest fix. */
  here = $state.raw<Point | null>(null);
  /** Server ms of the last fix that the service has. */
  deliveredAt = $state<number | null>(null);

  #watch: number | null = null;
  #refresh: ReturnType<typeof setInterval> | undefined;
  #sending = false;
  #unsent: GeolocationPosition | null = null;
  #sentAt = -Infinity;

  /** Begin, or try again; the browser may ask the person. */
  start(): void {
    this.stop();
    if (!isSecureContext || !("geolocation" in navigator)) {
      this.sharing = "insecure";
      return;
    }
    this.sharing = "asking";
    const { geolocation } = navigator;
    const found = (fix: GeolocationPosition): void => this.#found(fix);
    const failed = (error: GeolocationPositionError): void => this.#failed(error);
    const options = { enableHighAccuracy: true, maximumAge: 2000, timeout: 30_000 };
    this.#watch = geolocation.watchPosition(found, failed, options);
    this.#refresh = setInterval(() => geolocation.getCurrentPosition(found, failed, options), REFRESH_MS);
  }

  stop(): void {
    if (this.#watch !== null) navigator.geolocation.clearWatch(this.#watch);
    clearInterval(this.#refresh);
    this.#watch = null;
    this.sharing = "off";
  }

  #found(fix: GeolocationPosition): void {
    if (this.#watch === null) return;
    this.sharing = "shared";
    this.here = { latitude: fix.coords.latitude, longitude: fix.coords.longitude };
    this.#unsent = fix;
    void this.#send();
  }

  #failed(error: GeolocationPositionError): void {
    if (this.#watch === null) return;
    if (error.code === error.PERMISSION_DENIED) {
      this.stop();
      this.sharing = "denied";
    } else if (this.sharing !== "shared") this.sharing = "unavailable";
  }

  /** One at a time, the newest, at most every five seconds; a lost one is not repeated. */
  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (this.#unsent !== null && this.#watch !== null) {
        await sleep(this.#sentAt + EVERY_MS - performance.now());
        const fix = this.#unsent;
        this.#unsent = null;
        this.#sentAt = performance.now();
        await this.#report(fix);
      }
    } finally {
      this.#sending = false;
    }
  }

  async #report(fix: GeolocationPosition): Promise<void> {
    const at = clock.corrected(fix.timestamp);
    try {
      const { at: known } = await reportPosition(fix.coords.latitude, fix.coords.longitude, new Date(at).toISOString());
      this.deliveredAt = known === null ? at : Date.parse(known);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
