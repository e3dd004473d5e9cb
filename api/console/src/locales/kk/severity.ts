import type { Translation } from "../../lib/message";
import type { severity as English } from "../en/severity";

export const severity: Translation<typeof English> = {
  "severity.critical": "Аса қауіпті",
  "severity.high": "Жоғары",
  "severity.medium": "Орташа",
  "severity.low": "Төмен",
};
