import { afterEach, describe, expect, it } from "vitest";
import { CATALOGUES, format, isKey, t } from "./i18n";
import { chooseLocale, LOCALES, locale } from "./locale.svelte";
import type { Message } from "./message";

const forms = (message: Message): string[] => (typeof message === "string" ? [message] : Object.values(message));
const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "").sort();

afterEach(() => {
  locale.current = "en";
});

describe.each(LOCALES)("the catalogue in %s", (language) => {
  const entries = Object.entries(CATALOGUES[language]) as [keyof typeof CATALOGUES.en, Message][];

  it("has the keys of the English one", () => {
    expect(Object.keys(CATALOGUES[language]).sort()).toEqual(Object.keys(CATALOGUES.en).sort());
  });

  it("leaves nothing empty, and no space at an end", () => {
    const bad = entries.filter(([, message]) => forms(message).some((text) => text === "" || text !== text.trim()));
    expect(bad).toEqual([]);
  });

  it("has the placeholders of the English one, in every form", () => {
    const wrong = entries.filter(([key, message]) => {
      const english = names(forms(CATALOGUES.en[key]).at(-1) ?? "");
      return forms(message).some((text) => names(text).join() !== english.join());
    });
    expect(wrong).toEqual([]);
  });

  it("has every plural form of its language", () => {
    const rules = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const lacking = entries.filter(
      ([, message]) => typeof message !== "string" && rules.some((rule) => message[rule] === undefined),
    );
    expect(lacking).toEqual([]);
  });

  it("is written in its own script", () => {
    const latin = /^(Qalqan|[^A-Za-z]|https?|token|ID|FPS)*$/;
    const foreign = entries.filter(
      ([, message]) => language !== "en" && forms(message).some((text) => !latin.test(text.replace(/\{\w+\}/g, ""))),
    );
    expect(foreign).toEqual([]);
  });
});

describe("format", () => {
  it("chooses the plural form of the language", () => {
    const say = (count: number): string => format(CATALOGUES.ru["patrol.pending.title"], "ru", { count });
    expect([1, 3, 5, 21].map(say)).toEqual([
      "1 ответ ещё не доставлен",
      "3 ответа ещё не доставлены",
      "5 ответов ещё не доставлены",
      "21 ответ ещё не доставлен",
    ]);
  });

  it("writes numbers as the language does", () => {
    expect(format("{n}", "ru", { n: 1.5 })).toBe("1,5");
  });

  it("takes what looks like a placeholder inside a value for text", () => {
    expect(format("{a}", "en", { a: "{b}", b: "no" })).toBe("{b}");
  });
});

describe("t", () => {
  it("follows the current language", () => {
    locale.current = "kk";
    expect(t("patrol.offer.accept")).toBe("Қабылдау");
    locale.current = "ru";
    expect(t("patrol.offer.accept")).toBe("Принять");
  });

  it("knows its keys", () => {
    expect([isKey("kind.intrusion"), isKey("kind.dragon"), isKey("toString")]).toEqual([true, false, false]);
  });
});

describe("chooseLocale", () => {
  it.each([
    [["", "de-DE", "kk-KZ", "ru"], "kk"],
    [["ru-KZ"], "ru"],
    [["KK"], "kk"],
    [["de", "fr"], "en"],
    [[], "en"],
  ])("%j -> %s", (wanted, chosen) => {
    expect(chooseLocale(wanted)).toBe(chosen);
  });
});
