import type { Translation } from "../../lib/message";
import type { control as English } from "../en/control";

export const control: Translation<typeof English> = {
};
