import type { Translation } from "../../lib/message";
import type { push as English } from "../en/push";

export const push: Translation<typeof English> = {
  "push.ask": "Когда страница закрыта, этот телефон молчит.",
  "push.allow": "Разрешить тревогам будить телефон",
  "push.denied": "Уведомления для этой страницы запрещены. Разрешите их в настройках браузера.",
  "push.insecure": "Разбудить телефон можно только через защищённое соединение (https). Не закрывайте страницу.",
  "push.unsupported": "Этот браузер нельзя разбудить. Не закрывайте страницу.",
  "push.trying": "Проверяем, можно ли разбудить телефон…",
  "push.verified": "Телефон можно разбудить, проверено {ago}",
  "push.unverified": "Проверка не вернулась. Не закрывайте страницу.",
  "push.failing": "Служба уведомлений сейчас ничего не принимает. Не закрывайте страницу.",
  "push.failed": "Не удалось подключить уведомления на этом телефоне. Не закрывайте страницу.",
  "push.test": "Проверить ещё раз",
  "push.offer": "Новая тревога: {kind}",
  "push.answer": "Ответьте до {time}",
  "push.waits.title": "Ждёт тревога",
  "push.waits.text": "Откройте Qalqan.",
  "push.withdrawn.title": "Тревога снята",
  "push.withdrawn.text": "Выезжать не нужно.",
  "push.tested.title": "Qalqan",
  "push.tested.text": "Проверка: телефон можно разбудить.",
  "push.unit.verified": "телефон отвечает",
  "push.unit.unverified": "телефон не проверен",
  "push.unit.failing": "телефон недоступен",
  "push.unit.none": "телефон не подключён",
};
