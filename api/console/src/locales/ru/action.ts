import type { Translation } from "../../lib/message";
import type { action as English } from "../en/action";

export const action: Translation<typeof English> = {
  "action.raise": "Тревога поднята",
  "action.join": "Добавлено ещё одно происшествие",
  "action.update": "Данные обновлены",
  "action.end": "Происшествие завершилось",
  "action.acknowledge": "Принята оператором",
  "action.dispatch": "Предложена наряду",
  "action.accept": "Наряд принял вызов",
  "action.decline": "Наряд отклонил вызов",
  "action.lapse": "Нет ответа в срок",
  "action.depart": "Наряд выехал",
  "action.arrive": "Наряд на месте",
  "action.escalate": "Передана операторам",
  "action.remind": "Слишком долго",
  "action.preempt": "Наряд понадобился в другом месте",
  "action.rearm": "Сроки заданы заново",
  "action.close": "Закрыта",
  "action.expire": "Никто не посмотрел вовремя",
  "action.judge": "Исход исправлен",
  "action.lift": "Снято с проверки",
  "action.silence": "Заглушена",
  "action.shelve": "Отложена",
  "action.wake": "Звучит снова",
};
