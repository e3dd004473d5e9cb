import type { Translation } from "../../lib/message";
import type { outcome as English } from "../en/outcome";

export const outcome: Translation<typeof English> = {
  "outcome.real": "Подтвердилось",
  "outcome.false": "Ложная тревога",
  "outcome.duplicate": "Повторная тревога",
  "outcome.unclear": "Неясно",
};
