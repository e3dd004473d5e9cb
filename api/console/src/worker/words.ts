/** What a notification says, in the language of the page. No Svelte here: a worker has no page. */

import type { Translation } from "../lib/message";
import { kind as enKind } from "../locales/en/kind";
import { push as enPush } from "../locales/en/push";
import { kind as kkKind } from "../locales/kk/kind";
import { push as kkPush } from "../locales/kk/push";
import { kind as ruKind } from "../locales/ru/kind";
import { push as ruPush } from "../locales/ru/push";
import type { Alert } from "../types";

export type Language = "en" | "kk" | "ru";
type Texts = Readonly<Record<string, unknown>>;

const CATALOGUES: Record<Language, { push: Translation<typeof enPush>; kind: Texts }> = {
  en: { push: enPush, kind: enKind },
  kk: { push: kkPush, kind: kkKind },
  ru: { push: ruPush, kind: ruKind },
};

export interface Words {
  title: string;
  body: string;
}

/** The first of `wanted` that we speak; English when there is none. */
export function languageOf(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = tag.toLowerCase().split("-")[0] ?? "";
    if (Object.hasOwn(CATALOGUES, found)) return found as Language;
  }
  return "en";
}

export function offerWords(alert: Pick<Alert, "kind" | "place" | "why" | "why_in" | "answer_by">, language: Language): Words {
  const { push, kind } = CATALOGUES[language];
  const name = kind[`kind.${alert.kind}`] ?? kind["kind.other"];
  const lines = [alert.place?.name, alert.why_in?.[language] || (language === "en" ? alert.why : "")];
  if (alert.answer_by) lines.push(push["push.answer"].replace("{time}", timeOf(alert.answer_by)));
  return {
    title: push["push.offer"].replace("{kind}", typeof name === "string" ? name : ""),
    body: lines.filter(Boolean).join("\n"),
  };
}

export function wordsOf(what: "waits" | "withdrawn" | "tested", language: Language): Words {
  const { push } = CATALOGUES[language];
  return { title: push[`push.${what}.title`], body: push[`push.${what}.text`] };
}

function timeOf(moment: string): string {
  const at = new Date(moment);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
