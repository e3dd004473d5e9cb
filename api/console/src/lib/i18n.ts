/** Words in the reader's language. English is the catalogue; the others must match it key by key. */

import { en } from "../locales/en";
import { kk } from "../locales/kk";
import { ru } from "../locales/ru";
import { locale, type Locale } from "./locale.svelte";
import type { Message, Names, Plural, Translation } from "./message";

type English = typeof en;
export type Key = keyof English;
export type Params<K extends Key> = Record<Names<English[K]>, string | number>;

export const CATALOGUES: Record<Locale, Translation<English>> = { en, kk, ru };

/**
 * The message in the current language, `{name}` filled from `params`; a plural message is chosen
 * by `params.count`. Reactive: a template that calls it follows the language switch.
 */
export function t<K extends Key>(
  key: K,
  ...[params]: [Names<English[K]>] extends [never] ? [] : [Params<K>]
): string {
  return format(CATALOGUES[locale.current][key], locale.current, params ?? {});
}

/** Whether the catalogue has this key: for words that come from the server. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(en, key);
}

export function format(
  message: Message,
  language: Locale,
  params: Readonly<Record<string, string | number>>,
): string {
  const text = typeof message === "string" ? message : plural(message, language, params["count"]);
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? numbers(language).format(value) : value;
  });
}

function plural(forms: Plural, language: Locale, count: string | number | undefined): string {
  const rule = plurals(language).select(Number(count));
  return forms[rule] ?? forms.other;
}

/** Whose numbers and clocks are used: Chromium ships none of Kazakh, whose are like the Russian. */
export function conventions(language: Locale): Locale {
  return language === "kk" ? "ru" : language;
}

const plurals = remembered((language) => new Intl.PluralRules(language));
const numbers = remembered((language) => new Intl.NumberFormat(conventions(language), { maximumFractionDigits: 1 }));

/** Intl objects are slow to make and safe to share: one a language. */
export function remembered<T>(make: (language: Locale) => T): (language: Locale) => T {
  const made = new Map<Locale, T>();
  return (language) => {
    const known = made.get(language);
    if (known !== undefined) return known;
    const fresh = make(language);
    made.set(language, fresh);
    return fresh;
  };
}
