/** An alert's way in its times, and how far what was said to people has come. */

import type { AlertDetail, Delivery, Notification, Offer, WayStage } from "../../types";

export interface Mark {
  name: "sent" | "delivered" | "seen" | "answered";
  at: string | null;
  /** Since it was to be said; null: not yet, never, or nobody can say. */
  after_s: number | null;
  /** It may still come. */
  open: boolean;
}

export interface Told {
  notification: Notification;
  /** The offer that it said; null: it said something else. */
  offer: Offer | null;
  marks: Mark[];
}

/** What an endpoint of the city was told. */
export interface ToldCity {
  recipient: string;
  name: string | null;
  channel: string;
  count: number;
  /** Not over. */
  open: number;
  /** The last that was not taken; null: all were, or are on their way. */
  trouble: Delivery | null;
}

/** Seconds from the picture to the offer; null where a part of them is not known. */
export function toOffer(trace: readonly WayStage[]): number | null {
  const end = trace.findIndex((one) => one.stage === "notified");
  if (trace[0]?.stage !== "captured" || end < 0) return null;
  return trace.slice(1, end + 1).reduce<number | null>(
    (sum, one) => (sum === null || one.took_s === null ? null : sum + one.took_s),
    0,
  );
}

/** What was said to patrols, the newest first. */
export function toldPatrols({ offers, notifications }: AlertDetail): Told[] {
  return notifications
    .filter((one) => one.recipient.startsWith("patrol:"))
    .map((notification) => ({
      notification,
      offer: offers.find((one) => one.notification === notification.id) ?? null,
      marks: marks(notification),
    }))
    .reverse();
}

/** What was said to the city's own endpoints, one entry each. */
export function toldCity({ notifications }: AlertDetail): ToldCity[] {
  const found = new Map<string, ToldCity>();
  for (const one of notifications.filter(({ recipient }) => recipient.startsWith("endpoint:"))) {
    const delivery = one.deliveries.at(-1);
    const known = found.get(one.recipient);
    found.set(one.recipient, {
      recipient: one.recipient,
      name: one.name,
      channel: delivery?.channel ?? known?.channel ?? "",
      count: (known?.count ?? 0) + 1,
      open: (known?.open ?? 0) + (delivery && isOpen(delivery) ? 1 : 0),
      trouble: delivery && isTrouble(delivery) ? delivery : (known?.trouble ?? null),
    });
  }
  return [...found.values()];
}

export function isOpen(delivery: Delivery): boolean {
  return delivery.ended_at === null;
}

/** It was not taken, so far or for good. */
export function isTrouble(delivery: Delivery): boolean {
  return delivery.accepted_at === null && delivery.outcome !== "moot" && (delivery.error !== "" || delivery.outcome !== "");
}

function marks(told: Notification): Mark[] {
  const over = told.moot_at !== null || told.answered_at !== null;
  const steps: [Mark["name"], string | null, number | null][] = [
    ["sent", told.accepted_at, told.after_s.accepted],
    ["delivered", told.delivered_at, told.after_s.delivered],
    ["seen", told.seen_at, told.after_s.seen],
  ];
  if (told.event === "offer") steps.push(["answered", told.answered_at, told.after_s.answered]);
  return steps.map(([name, at, after_s]) => ({ name, at, after_s, open: at === null && !over }));
}
