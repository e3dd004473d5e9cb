import type { Translation } from "../../lib/message";
import type { kind as English } from "../en/kind";

export const kind: Translation<typeof English> = {
  "kind.intrusion": "Рұқсатсыз кіру",
  "kind.loitering": "Ұзақ тұрып қалу",
  "kind.line_crossing": "Сызықты кесіп өту",
  "kind.other": "Оқиға",
  "kind.intrusion.why": "«{zone}» аймағында біреу жүр.",
  "kind.loitering.why": "«{zone}» аймағында біреу ұзақ тұрып қалды.",
  "kind.line_crossing.why": "Біреу «{zone}» сызығын кесіп өтті.",
  "kind.intrusion.why_frame": "Ешкім болмауға тиіс жерде біреу жүр.",
  "kind.loitering.why_frame": "Біреу бір орында ұзақ тұрып қалды.",
  "kind.line_crossing.why_frame": "Біреу сызықты кесіп өтті.",
};
