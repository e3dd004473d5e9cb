import type { Translation } from "../../lib/message";
import type { action as English } from "../en/action";

export const action: Translation<typeof English> = {
  "action.raise": "Дабыл көтерілді",
  "action.join": "Тағы бір оқиға қосылды",
  "action.update": "Деректер жаңартылды",
  "action.end": "Оқиға аяқталды",
  "action.acknowledge": "Оператор қабылдады",
  "action.dispatch": "Нарядқа ұсынылды",
  "action.accept": "Наряд шақыруды қабылдады",
  "action.decline": "Наряд шақырудан бас тартты",
  "action.lapse": "Мерзімінде жауап болмады",
  "action.depart": "Наряд жолға шықты",
  "action.arrive": "Наряд орнына жетті",
  "action.escalate": "Операторларға берілді",
  "action.remind": "Тым ұзаққа созылды",
  "action.preempt": "Наряд басқа жерге керек болды",
  "action.rearm": "Мерзімдер қайта белгіленді",
  "action.close": "Жабылды",
  "action.expire": "Уақытында ешкім қарамады",
  "action.judge": "Нәтиже түзетілді",
  "action.lift": "Тексеру тізімінен шықты",
  "action.silence": "Үнсіз етілді",
  "action.shelve": "Кейінге қалдырылды",
  "action.wake": "Қайта шықты",
};
