/** What is quiet, in words. */

import type { Silence } from "../lib/calm-api";
import { t } from "../lib/i18n";
import { dayTime } from "../lib/times";
import { kindName } from "../lib/words";
import { store } from "./store.svelte";
import { actorName, cameraName } from "./words";

/** "North gate · lawn · Intrusion", "within 100 m". */
export function coveredText(one: Silence): string {
  const parts = [
    one.camera === null ? null : cameraName(one.camera),
    one.zone,
    one.within === null ? null : t("calm.within", { count: Math.round(one.within.radius_m) }),
    one.kind === null ? t("calm.every_kind") : kindName(one.kind),
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

/** What the stream tells everybody: made, or taken back. */
export function silenceText(one: Silence, now: number): string {
  return one.ended_at === null
    ? t("calm.told.made", { what: coveredText(one), time: dayTime(one.until, now), name: actorName(one.by) })
    : t("calm.told.ended", { what: coveredText(one), name: actorName(one.ended_by) });
}

export function silenceOf(id: string | null | undefined): Silence | undefined {
  return id === null || id === undefined ? undefined : store.model.silences[id];
}
