/** The language of the page: chosen once, remembered, changeable at any time. */

import { remember, recall } from "./storage";

export const LOCALES = ["kk", "ru", "en"] as const;
export type Locale = (typeof LOCALES)[number];

/** Each language in its own words, for the switch. */
export const LOCALE_NAMES: Record<Locale, string> = { kk: "Қазақша", ru: "Русский", en: "English" };

const KEY = "qalqan.locale";

/** The first of `wanted` (BCP 47 tags) that we speak; English when there is none. */
export function chooseLocale(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split("-")[0];
    const found = LOCALES.find((one) => one === language);
    if (found) return found;
  }
  return "en";
}

function initial(): Locale {
  const browser = typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
  return chooseLocale([recall(KEY) ?? "", ...browser]);
}

class CurrentLocale {
  #current = $state<Locale>(initial());

  constructor() {
    this.#apply();
  }

  get current(): Locale {
    return this.#current;
  }

  set current(next: Locale) {
    this.#current = next;
    remember(KEY, next);
    this.#apply();
  }

  /** Tell the browser, for screen readers, hyphenation and spelling. */
  #apply(): void {
    if (typeof document !== "undefined") document.documentElement.lang = this.#current;
  }
}

export const locale = new CurrentLocale();
