import type { Translation } from "../../lib/message";
import type { kind as English } from "../en/kind";

export const kind: Translation<typeof English> = {
  "kind.intrusion": "Проникновение",
  "kind.loitering": "Длительное пребывание",
  "kind.line_crossing": "Пересечение линии",
  "kind.other": "Происшествие",
  "kind.intrusion.why": "Кто-то находится в зоне «{zone}».",
  "kind.loitering.why": "Кто-то долго остаётся в зоне «{zone}».",
  "kind.line_crossing.why": "Кто-то пересёк линию «{zone}».",
  "kind.intrusion.why_frame": "Кто-то находится там, где никого не должно быть.",
  "kind.loitering.why_frame": "Кто-то долго остаётся на месте.",
  "kind.line_crossing.why_frame": "Кто-то пересёк линию.",
};
