/** Times, lengths and counts as people say them, in the current language. */

import { remembered } from "./i18n";
import { locale, type Locale } from "./locale.svelte";

const ages = remembered((l) => new Intl.RelativeTimeFormat(l, { numeric: "auto", style: "short" }));
const clocks = remembered((l) => clockFormat(l, { hour: "2-digit", minute: "2-digit", second: "2-digit" }));
const minutes = remembered((l) => clockFormat(l, { hour: "2-digit", minute: "2-digit" }));
const days = remembered((l) => clockFormat(l, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }));

function clockFormat(language: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language, { ...options, hourCycle: "h23" });
}

/** "12 s ago". `at`: RFC 3339; `now`: ms, the server's (`clock.now`). Never in the future. */
export function ago(at: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
  const say = ages(locale.current);
  if (seconds < 60) return say.format(-seconds, "second");
  if (seconds < 3600) return say.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86_400) return say.format(-Math.floor(seconds / 3600), "hour");
  return say.format(-Math.floor(seconds / 86_400), "day");
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

/** "0:27", "12:05", "1:02:09": a length in seconds, rounded up so that it ends at 0:00 exactly. */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(left / 3600), Math.floor((left % 3600) / 60), left % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "340 m", "2.1 km". */
export function distance(metres: number): string {
  const far = metres >= 1000;
  const value = far ? metres / 1000 : Math.round(metres / 10) * 10;
  return new Intl.NumberFormat(locale.current, {
    style: "unit",
    unit: far ? "kilometer" : "meter",
    maximumFractionDigits: far && value < 10 ? 1 : 0,
  }).format(value);
}
