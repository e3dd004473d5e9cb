import type { Translation } from "../../lib/message";
import type { patrol as English } from "../en/patrol";

export const patrol: Translation<typeof English> = {
};
