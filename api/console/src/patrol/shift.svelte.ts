/** One patrol's shift: what the service says, what the patrol said, and what is on the screen. */

import type { Alert, Outcome, Patrol } from "../types";
import { answer, closeAlert, ownPatrol, sendReceipt, setDuty } from "../lib/api";
import { clock } from "../lib/clock.svelte";
import { t } from "../lib/i18n";
import { openStream, type StreamState } from "../lib/stream";
import { clockTime } from "../lib/times";
import { ahead, isWith } from "./ahead";
import { departure, type Notice } from "./notice";
import { Outbox, type Entry, type Said } from "./outbox";
import { Receipts } from "./receipts";

/** An answer delivered later than this says in the account when it was given. */
const LATE_MS = 20_000;

/** By which the service knows what it said: a device that has it says so. */
interface Told {
  notification?: string | null;
}

interface Hello {
  patrol: Patrol;
  alert: (Alert & Told) | null;
}

export class Shift {
  /** The unit; null until the service has greeted. */
  me = $state.raw<Patrol | null>(null);
  connection = $state<StreamState>("connecting");
  /** Server ms since when there has been no connection; null while there is one. */
  lostSince = $state<number | null>(null);
  notice = $state.raw<Notice | null>(null);
  waiting = $state.raw<readonly Entry[]>([]);
  /** Why the duty could not be changed. */
  dutyFailure = $state.raw<unknown>(null);
  changingDuty = $state(false);

  #alert = $state.raw<Alert | null>(null);
  #outbox: Outbox;
  #close: () => void;
  /** The offer that is before the patrol, as the service named it. */
  #notification: string | null = null;
  readonly receipts = new Receipts(sendReceipt);
  /** Newest version seen, by alert: a replayed event must not undo what is known. */
  #versions = new Map<string, number>();
  #lastSaid = new Map<string, Entry>();

  constructor(private readonly id: string, onSignedOut: () => void) {
    this.#outbox = new Outbox(`qalqan.outbox.${id}`, {
      send,
      onChange: (waiting) => (this.waiting = waiting),
      onDelivered: (_, alert) => this.#take(alert),
      onRefused: (entry) => this.#refused(entry),
      onSignedOut,
    });
    for (const entry of this.#outbox.waiting) this.#lastSaid.set(entry.alert, entry);
    const take = (told: Alert & Told): void => {
      this.#note(told);
      this.#take(told);
    };
    this.#close = openStream(
      "/v1/patrols/me/stream",
      { hello: (hello: Hello) => this.#greet(hello), offer: take, update: take, withdrawn: take },
      (state) => this.#connected(state),
      onSignedOut,
    );
    this.#outbox.flush();
  }

  /** What this patrol has to answer or to finish, its own words already counted. */
  get alert(): Alert | null {
    return ahead(this.#alert, this.waiting);
  }

  say(said: Said, note = "", outcome?: Outcome): void {
    const alert = this.#alert;
    if (alert === null) return;
    const entry: Entry = { alert: alert.id, said, note, at: new Date(clock.now).toISOString() };
    if (outcome) entry.outcome = outcome;
    this.notice = null;
    this.#lastSaid.set(alert.id, entry);
    this.#outbox.add(entry);
  }

  /** The offer is before the patrol's eyes. */
  seen(): void {
    if (this.#notification !== null) this.receipts.note(this.#notification, "seen");
  }

  /** Read the unit again; a failure leaves what is known. */
  async refresh(): Promise<void> {
    this.me = await ownPatrol().catch(() => this.me);
  }

  async setDuty(onDuty: boolean): Promise<void> {
    this.changingDuty = true;
    this.dutyFailure = null;
    try {
      this.me = await setDuty(onDuty);
    } catch (error) {
      this.dutyFailure = error;
    } finally {
      this.changingDuty = false;
    }
  }

  end(): void {
    this.#close();
    this.#outbox.close();
    this.receipts.close();
  }

  #connected(state: StreamState): void {
    this.connection = state;
    if (state === "lost") this.lostSince ??= clock.now;
    else if (state === "live") {
      this.lostSince = null;
      this.#outbox.flush();
      this.receipts.flush();
    }
  }

  /** The service's whole view; it begins every connection. */
  #greet({ patrol, alert }: Hello): void {
    this.me = patrol;
    if (alert !== null) this.#note(alert);
    const gone = this.#alert;
    if (gone !== null && gone.id !== alert?.id) {
      const what = this.#lastSaid.get(gone.id)?.said === "decline" ? "declined" : "withdrawn";
      this.#leave({ alert: gone.id, what, outcome: null, said: null });
    }
    if (alert !== null) this.#take(alert);
  }

  #note({ notification }: Told): void {
    if (!notification) return;
    this.#notification = notification;
    this.receipts.note(notification, "delivered");
  }

  #take(alert: Alert): void {
    if (alert.version < (this.#versions.get(alert.id) ?? 0)) return;
    this.#versions.set(alert.id, alert.version);
    if (isWith(alert, this.id)) {
      if (this.#alert?.id !== alert.id) this.#begin(alert);
      else this.#alert = alert;
      return;
    }
    if (alert.state === "closed") this.#outbox.drop(alert.id);
    const known = this.notice?.alert === alert.id ? this.notice : null;
    const told = departure(alert, this.id, this.#lastSaid.get(alert.id));
    // That an answer was refused says more than where the alert went, unless it was done after all.
    const news = known === null ? this.#alert?.id === alert.id : known.what !== "refused" || told.what === "done";
    if (news) this.#leave(told);
  }

  /** It is offered for the first time, or again: what was said of it before is past. */
  #begin(alert: Alert): void {
    // A resumed stream replays offers that are older than what the greeting has told.
    if (this.#alert !== null && alert.updated_at <= this.#alert.updated_at) return;
    this.#alert = alert;
    this.notice = null;
    if (!this.waiting.some((entry) => entry.alert === alert.id)) this.#lastSaid.delete(alert.id);
  }

  #leave(notice: Notice): void {
    this.notice = notice;
    if (this.#alert?.id === notice.alert) this.#alert = null;
  }

  /** The answer came too late. A close stays known: its event may yet say that it was done. */
  #refused(entry: Entry): void {
    if (entry.said !== "close") this.#lastSaid.delete(entry.alert);
    this.#leave({ alert: entry.alert, what: "refused", outcome: null, said: entry.said });
  }
}

function send(entry: Entry): Promise<Alert> {
  const late = clock.now - Date.parse(entry.at) > LATE_MS;
  const note = late
    ? `${entry.note} ${t("patrol.pending.note", { time: clockTime(entry.at) })}`.trim()
    : entry.note;
  return entry.said === "close"
    ? closeAlert(entry.alert, entry.outcome ?? "real", note)
    : answer(entry.alert, entry.said, note);
}
