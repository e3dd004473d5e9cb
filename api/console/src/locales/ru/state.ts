import type { Translation } from "../../lib/message";
import type { state as English } from "../en/state";

export const state: Translation<typeof English> = {
  "state.new": "Новая",
  "state.acknowledged": "Принята оператором",
  "state.dispatched": "Предложена наряду",
  "state.accepted": "Принята нарядом",
  "state.en_route": "Наряд в пути",
  "state.on_scene": "Наряд на месте",
  "state.declined": "Отклонена нарядом",
  "state.timed_out": "Нет ответа наряда",
  "state.escalated": "Требует оператора",
  "state.closed": "Закрыта",
};
