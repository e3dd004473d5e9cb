import type { Translation } from "../../lib/message";
import type { severity as English } from "../en/severity";

export const severity: Translation<typeof English> = {
  "severity.critical": "Критическая",
  "severity.high": "Высокая",
  "severity.medium": "Средняя",
  "severity.low": "Низкая",
};
