/** What an operator makes quiet, and takes back. Each says how it ended; none fails in silence. */

import { endSilence, makeSilence, shelve, unshelve, type Silence, type SilenceOrder } from "../lib/calm-api";
import { t } from "../lib/i18n";
import { clockTime } from "../lib/times";
import { problemText } from "../lib/words";
import type { Alert } from "../types";
import { readDetail } from "./live";
import { store } from "./store.svelte";

export async function shelveAlert(alert: Alert, minutes: number, reason: string): Promise<void> {
  await change(alert, () => shelve(alert.id, minutes, reason, alert.version), (now) =>
    t("calm.done.shelved", { time: clockTime(now.quiet_until ?? "") }),
  );
}

export async function unshelveAlert(alert: Alert): Promise<void> {
  await change(alert, () => unshelve(alert.id, alert.version), () => t("calm.done.unshelved"));
}

async function change(alert: Alert, ask: () => Promise<Alert>, said: (now: Alert) => string): Promise<void> {
  store.send({ type: "started", id: alert.id, action: "shelve" });
  try {
    const now = await ask();
    store.send({ type: "alert", alert: now, fresh: false });
    store.say("done", said(now));
  } catch (error) {
    store.say("error", t("control.failed", { reason: problemText(error) }));
  } finally {
    store.send({ type: "ended", id: alert.id });
    if (store.model.selected === alert.id) void readDetail(alert.id);
  }
}

/** The stream tells everybody in words, this console too. */
export async function silence(order: SilenceOrder): Promise<boolean> {
  try {
    store.send({ type: "silence", silence: await makeSilence(order) });
    return true;
  } catch (error) {
    store.say("error", t("control.failed", { reason: problemText(error) }));
    return false;
  }
}

export async function takeBack(one: Silence): Promise<void> {
  try {
    store.send({ type: "silence", silence: await endSilence(one) });
  } catch (error) {
    store.say("error", t("control.failed", { reason: problemText(error) }));
  }
}
