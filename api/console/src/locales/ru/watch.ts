import type { Translation } from "../../lib/message";
import type { watch as English } from "../en/watch";

export const watch: Translation<typeof English> = {
  "watch.live": "Под наблюдением",
  "watch.connecting": "Подключение",
  "watch.waiting": "Без наблюдения: повторное подключение",
  "watch.failed": "Без наблюдения: сбой",
  "watch.off": "Отключена",
  "watch.unwatched": "Без наблюдения",
  "watch.reason.bad_address": "Адрес камеры не разрешён",
  "watch.reason.refused": "Камера отказала в подключении",
  "watch.reason.wrong_password": "Неверное имя пользователя или пароль",
  "watch.reason.no_such_stream": "На камере нет такого потока",
  "watch.reason.unreachable": "Камера не отвечает",
  "watch.reason.lost": "Поток прервался",
  "watch.reason.unreadable": "Изображение не декодируется",
  "watch.reason.failed": "Сбой потока",
  "watch.reason.disabled": "Отключена вручную",
  "watch.reason.node_away": "Узел анализа недоступен",
  "watch.reason.no_frames": "Кадры давно не анализировались",
  "watch.reason.node_unfit": "Узел анализа не запускается",
  "watch.reason.wrong_key": "Сохранённый адрес не открывается ключом этой установки",
  "watch.reason.bad_scene": "Сцену камеры нельзя применить",
  "watch.reason.crashes_node": "Её видео обрушивает анализ; новая попытка через несколько минут",
  "watch.reason.other": "Причина неизвестна",
};
