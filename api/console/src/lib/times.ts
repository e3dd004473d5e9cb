/** Times, lengths and counts as people say them, in the current language. */

import { conventions, remembered, t } from "./i18n";
import { locale, type Locale } from "./locale.svelte";

const clocks = remembered((l) => clockFormat(l, { hour: "2-digit", minute: "2-digit", second: "2-digit" }));
const minutes = remembered((l) => clockFormat(l, { hour: "2-digit", minute: "2-digit" }));
const days = remembered((l) => clockFormat(l, { ...DAY[l], hour: "2-digit", minute: "2-digit" }));
const values = remembered((l) => new Intl.NumberFormat(conventions(l), { maximumFractionDigits: 1 }));

/** Browsers know no Kazakh names of months: there a day is told in numbers. */
const DAY: Record<Locale, Intl.DateTimeFormatOptions> = {
  en: { day: "numeric", month: "short" },
  ru: { day: "numeric", month: "short" },
  kk: { day: "2-digit", month: "2-digit" },
};

function clockFormat(language: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(conventions(language), { ...options, hourCycle: "h23" });
}

/** "12 s ago". `at`: RFC 3339; `now`: ms, the server's (`clock.now`). Never in the future. */
export function ago(at: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
  if (seconds < 2) return t("common.ago.now");
  if (seconds < 60) return t("common.ago.seconds", { count: seconds });
  if (seconds < 3600) return t("common.ago.minutes", { count: Math.floor(seconds / 60) });
  if (seconds < 86_400) return t("common.ago.hours", { count: Math.floor(seconds / 3600) });
  return t("common.ago.days", { count: Math.floor(seconds / 86_400) });
}

/** "14:03:27", the reader's time zone. */
export function clockTime(at: string): string {
  return clocks(locale.current).format(new Date(at));
}

/** "14:03" today, "3 Nov, 14:03" on other days. */
export function dayTime(at: string, now: number): string {
  const date = new Date(at);
  const today = date.toDateString() === new Date(now).toDateString();
  return (today ? minutes : days)(locale.current).format(date);
}

/** "0:27", "12:05", "1:02:09": a length in seconds, to the nearest one. */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(left / 3600), Math.floor((left % 3600) / 60), left % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "340 m", "2.1 km". */
export function distance(metres: number): string {
  if (metres < 1000) return t("common.metres", { count: Math.round(metres / 10) * 10 });
  const km = metres / 1000;
  return t("common.kilometres", { count: values(locale.current).format(km < 10 ? km : Math.round(km)) });
}
