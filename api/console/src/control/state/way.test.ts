import { describe, expect, it } from "vitest";
import type { AlertDetail, Delivery, Notification, WayStage } from "../../types";
import { alert, at } from "./fixtures";
import { toldCity, toldPatrols, toOffer } from "./way";

function stage(name: string, took_s: number | null): WayStage {
  return { stage: name, at: at(0), took_s, uncertain: took_s === null };
}

function delivery(channel: string, changes: Partial<Delivery> = {}): Delivery {
  return {
    channel, created_at: at(0), tries: 1, due: null, accepted_at: at(0), ended_at: at(0), outcome: "accepted",
    error: "", ...changes,
  };
}

function told(id: string, recipient: string, changes: Partial<Notification> = {}): Notification {
  return {
    id, event: "offer", recipient, name: id, attempt: 1, created_at: at(0), accepted_at: null, delivered_at: null,
    seen_at: null, answered_at: null, moot_at: null, answer: "",
    after_s: { accepted: null, delivered: null, seen: null, answered: null }, deliveries: [], ...changes,
  };
}

function detail(changes: Partial<AlertDetail>): AlertDetail {
  return { alert: alert("a"), steps: [], incidents: [], trace: [], offers: [], notifications: [], ...changes };
}

describe("the way", () => {
  it("tells the time from the picture to the offer where all of it is known", () => {
    const way = [stage("captured", null), stage("stored", 0.3), stage("notified", 0.1), stage("seen", 9)];
    expect(toOffer(way)).toBeCloseTo(0.4);
    expect(toOffer(way.slice(1))).toBeNull();
    expect(toOffer(way.slice(0, 2))).toBeNull();
    expect(toOffer([stage("captured", null), stage("stored", null), stage("notified", 1)])).toBeNull();
  });
});

describe("what was said", () => {
  it("to patrols is told with its offer, the newest first, and how far it has come", () => {
    const first = told("n1", "patrol:p1", {
      accepted_at: at(0), delivered_at: at(0.4), moot_at: at(30),
      after_s: { accepted: 0, delivered: 0.4, seen: null, answered: null },
    });
    const second = told("n2", "patrol:p2", { accepted_at: at(1) });
    const offers = [{ patrol: "p1", ended: "lapsed" as const, notification: "n1", way: [] }];
    const rows = toldPatrols(detail({ notifications: [first, second], offers }));
    expect(rows.map((one) => [one.notification.id, one.offer?.ended ?? null])).toEqual([
      ["n2", null], ["n1", "lapsed"],
    ]);
    expect(rows[1]?.marks.map((one) => [one.name, one.after_s, one.open])).toEqual([
      ["sent", 0, false], ["delivered", 0.4, false], ["seen", null, false], ["answered", null, false],
    ]);
    expect(rows[0]?.marks.map((one) => one.open)).toEqual([false, true, true, true]);
  });

  it("to the city is one entry an endpoint, with the last trouble", () => {
    const failed = delivery("webhook", { accepted_at: null, ended_at: null, outcome: "", error: "500", due: at(9) });
    const notifications = [
      told("e1", "endpoint:hook", { event: "alert", deliveries: [delivery("webhook")] }),
      told("e2", "endpoint:hook", { event: "alert", deliveries: [failed] }),
      told("e3", "endpoint:mqtt", { event: "alarm", deliveries: [delivery("mqtt")] }),
    ];
    expect(toldCity(detail({ notifications })).map((one) => [one.channel, one.count, one.open, one.trouble?.error])).toEqual([
      ["webhook", 2, 1, "500"], ["mqtt", 1, 0, undefined],
    ]);
  });
});
