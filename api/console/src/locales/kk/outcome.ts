import type { Translation } from "../../lib/message";
import type { outcome as English } from "../en/outcome";

export const outcome: Translation<typeof English> = {
  "outcome.real": "Расталды",
  "outcome.false": "Жалған дабыл",
  "outcome.duplicate": "Қайталанған дабыл",
  "outcome.unclear": "Белгісіз",
};
