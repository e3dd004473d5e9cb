/** What an operator does to an alert. Each says how it ended; none fails in silence. */

import { acknowledge, alertDetail, ApiError, closeAlert, dispatch, judgeAlert, setTrust } from "../lib/api";
import { t } from "../lib/i18n";
import { problemText } from "../lib/words";
import type { Alert, Outcome, Trust } from "../types";
import { readDetail } from "./live";
import { allowed, takesAway } from "./state/allowed";
import { change } from "./state/optimistic";
import { store } from "./store.svelte";
import { changedText, patrolName } from "./words";

export const acknowledgeAlert = (id: string): Promise<boolean> =>
  act(id, "acknowledge", (version) => acknowledge(id, version), () => t("control.done.acknowledged"));

/** Offer it to the nearest patrol, or to the one named; `unexplained`: it needs a reason to be that one. */
export function dispatchAlert(
  id: string, patrol: string | null, reason = "", unexplained?: () => void,
): Promise<boolean> {
  const ask = (version: number): Promise<Alert> => dispatch(id, patrol, reason, version);
  const said = (after: Alert): string =>
    after.patrol === null
      ? t("control.done.nobody")
      : t("control.done.dispatched", { patrol: patrolName(after.patrol) });
  return act(id, "dispatch", ask, said, (error) => {
    if (unexplained === undefined || !pointsAt(error, "/reason")) return false;
    unexplained();
    return true;
  });
}

export function close(id: string, outcome: Outcome, note: string): Promise<boolean> {
  const ask = (version: number): Promise<Alert> => closeAlert(id, outcome, note, version);
  return act(id, "close", ask, () => t("control.done.closed", { outcome: t(`outcome.${outcome}`) }));
}

/** Another word on a closed alert. */
export function judge(id: string, outcome: Outcome): Promise<boolean> {
  const ask = (version: number): Promise<Alert> => judgeAlert(id, outcome, "", version);
  return act(id, "judge", ask, () => t("control.done.judged", { outcome: t(`outcome.${outcome}`) }));
}

/** Believe a rule again, or set it aside. The stream tells everybody in words, this console too. */
export async function changeTrust(of: Trust, state: "trusted" | "review"): Promise<Trust | null> {
  try {
    const now = await setTrust(of, state);
    store.send({ type: "trust", trust: [now] });
    return now;
  } catch (error) {
    store.say("error", t("control.failed", { reason: problemText(error) }));
    return null;
  }
}

/** Send the nearest; when that takes it from somebody who may still accept, ask first. */
export function dispatchNearest(id: string): void {
  const alert = may(id, "dispatch");
  if (alert === null) return;
  if (takesAway(alert)) store.send({ type: "dialog", dialog: { kind: "again", id } });
  else void dispatchAlert(id, null);
}

export function choosePatrol(id: string): void {
  if (may(id, "dispatch")) store.send({ type: "dialog", dialog: { kind: "choose", id } });
}

export function askToClose(id: string, outcome: Outcome): void {
  if (may(id, "close")) store.send({ type: "dialog", dialog: { kind: "close", id, outcome } });
}

export function acknowledgeNow(id: string): void {
  if (may(id, "acknowledge")) void acknowledgeAlert(id);
}

/** The alert if the action is possible now; otherwise says why it is not. */
function may(id: string, action: "acknowledge" | "dispatch" | "close"): Alert | null {
  const alert = store.model.alerts[id];
  if (alert === undefined) return null;
  if (store.model.pending[id] === action) {
    store.say("changed", t("control.refused.pending"));
    return null;
  }
  if (allowed(alert, action)) return alert;
  const state = t(`state.${alert.state}`);
  store.say("changed", t(`control.refused.${action}`, { state }));
  return null;
}

const turns = new Map<string, Promise<boolean>>();

/** Whoever types A and D in one breath means both, in this order: one after the other. */
function act(
  id: string,
  action: string,
  ask: (version: number) => Promise<Alert>,
  said: (after: Alert) => string,
  handled: (error: unknown) => boolean = () => false,
): Promise<boolean> {
  const before = turns.get(id) ?? Promise.resolve(true);
  const turn = before.then(() => perform(id, action, ask, said, handled));
  turns.set(id, turn);
  return turn.finally(() => {
    if (turns.get(id) === turn) turns.delete(id);
  });
}

async function perform(
  id: string,
  action: string,
  ask: (version: number) => Promise<Alert>,
  said: (after: Alert) => string,
  handled: (error: unknown) => boolean,
): Promise<boolean> {
  const seen = store.model.alerts[id];
  if (seen === undefined) return false;
  store.send({ type: "started", id, action });
  try {
    const read = async (): Promise<Alert> => (await alertDetail(id)).alert;
    const attempt = await change(seen, ask, read, isConflict);
    if ("alert" in attempt) {
      store.send({ type: "alert", alert: attempt.alert, fresh: false });
      store.say("done", said(attempt.alert));
      return true;
    }
    store.send({ type: "alert", alert: attempt.now, fresh: false });
    store.say("changed", changedText(attempt.now, attempt.changed));
  } catch (error) {
    if (!handled(error)) store.say("error", t("control.failed", { reason: problemText(error) }));
  } finally {
    store.send({ type: "ended", id });
    if (store.model.selected === id) void readDetail(id);
  }
  return false;
}

/** Whether it was refused for that value of the request (a JSON pointer). */
function pointsAt(error: unknown, pointer: string): boolean {
  return error instanceof ApiError && (error.problem.errors ?? []).some((one) => one.pointer === pointer);
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412;
}
