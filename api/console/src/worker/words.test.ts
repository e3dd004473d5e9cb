import { describe, expect, it } from "vitest";
import { languageOf, offerWords, wordsOf } from "./words";

const alert = {
  kind: "intrusion",
  place: { name: "North gate", latitude: 60.17, longitude: 24.94 },
  why: "A person inside lawn",
  why_in: { ru: "Человек на газоне" },
  answer_by: null,
};

describe("what a notification says", () => {
  it("speaks the page's language", () => {
    expect(offerWords(alert, "en")).toEqual({ title: "New alert: Intrusion", body: "North gate\nA person inside lawn" });
    expect(offerWords(alert, "ru").body).toBe("North gate\nЧеловек на газоне");
    expect(offerWords(alert, "kk").body).toBe("North gate");
    expect(wordsOf("waits", "ru").title).toBe("Ждёт тревога");
  });

  it("names a kind it does not know, and a place that is not known, by nothing wrong", () => {
    const odd = offerWords({ ...alert, kind: "dragon", place: null }, "en");
    expect(odd.title).toMatch(/^New alert: \S/);
    expect(odd.body).toBe("A person inside lawn");
  });

  it("chooses the first language that it speaks", () => {
    expect([languageOf(["", "de", "kk-KZ"]), languageOf(["de"]), languageOf(["toString"])]).toEqual(["kk", "en", "en"]);
  });
});
