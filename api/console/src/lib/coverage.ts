/** How closely cameras are looked at, in words of the current language. */

import type { Camera, CoverageReason, Watch } from "../types";
import { t } from "./i18n";

export type Loss = CoverageReason | "unknown";

const ORDER: readonly Loss[] = ["rule", "overload", "late", "audit", "unknown"];

/** Watched, but less closely than its scene needs. An idle scene watched at ease is not that. */
export function isDegraded(watch: Watch): boolean {
  return watch.state === "live" && watch.coverage === "degraded";
}

export function lossOf(watch: Watch): Loss {
  return watch.coverage_reason ?? "unknown";
}

/** "6 cameras are looked at less often (…); 1 camera …": null while nothing is degraded. */
export function degradedText(cameras: readonly Camera[]): string | null {
  const losses = cameras.filter((one) => isDegraded(one.watch)).map((one) => lossOf(one.watch));
  const said = ORDER.map((loss) => ({ loss, count: losses.filter((one) => one === loss).length }))
    .filter(({ count }) => count > 0)
    .map(({ loss, count }) => t(`coverage.many.${loss}`, { count }));
  return said.length > 0 ? said.join("; ") : null;
}

/** What of its pictures is looked at; null when its node does not say. */
export function lookText(watch: Watch): string | null {
  const parts: string[] = [];
  if (watch.looking !== null) parts.push(t(`look.${watch.looking}`));
  if (watch.decoding === "keys") parts.push(t("look.keys"));
  if (watch.decoding === "substream") parts.push(t("look.substream"));
  return parts.length > 0 ? parts.join(" · ") : null;
}

/** "4.9 times a second", with what is wanted where that is clearly more. */
export function rateText(watch: Watch): string {
  const now = watch.analysed_fps ?? 0;
  const said = t("look.times", { count: Math.round(now * 10) / 10 });
  const wanted = watch.target_fps;
  return wanted !== null && now < wanted * 0.8 ? `${said} (${t("look.wanted", { count: wanted })})` : said;
}
