import type { Translation } from "../../lib/message";
import type { state as English } from "../en/state";

export const state: Translation<typeof English> = {
  "state.new": "Жаңа",
  "state.acknowledged": "Оператор қабылдады",
  "state.dispatched": "Нарядқа ұсынылды",
  "state.accepted": "Наряд қабылдады",
  "state.en_route": "Наряд жолда",
  "state.on_scene": "Наряд орнында",
  "state.declined": "Наряд бас тартты",
  "state.timed_out": "Наряд жауап бермеді",
  "state.escalated": "Оператор қажет",
  "state.closed": "Жабылды",
};
