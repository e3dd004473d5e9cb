import type { Translation } from "../../lib/message";
import type { signin as English } from "../en/signin";

export const signin: Translation<typeof English> = {
  "signin.title": "Вход",
  "signin.tagline": "Видеомониторинг общественной безопасности",
  "signin.help": "Откройте выданную одноразовую ссылку или вставьте сюда код либо токен.",
  "signin.code": "Код или токен",
  "signin.submit": "Войти",
  "signin.busy": "Выполняется вход…",
  "signin.error.unknown": "Код неизвестен, просрочен или уже использован. Запросите новый.",
  "signin.error.wait": {
    one: "Слишком много неудачных попыток. Повторите через {count} секунду.",
    few: "Слишком много неудачных попыток. Повторите через {count} секунды.",
    many: "Слишком много неудачных попыток. Повторите через {count} секунд.",
    other: "Слишком много неудачных попыток. Повторите через {count} секунды.",
  },
  "signin.error.empty": "Сначала вставьте код или токен.",
  "signin.wrong_role": "Вы вошли как {name}: у этой учётной записи нет доступа к странице.",
};
