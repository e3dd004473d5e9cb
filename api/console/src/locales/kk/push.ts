import type { Translation } from "../../lib/message";
import type { push as English } from "../en/push";

export const push: Translation<typeof English> = {
  "push.ask": "Бет жабық кезде бұл телефон үнсіз болады.",
  "push.allow": "Дабылдарға телефонды оятуға рұқсат беру",
  "push.denied": "Бұл бет үшін хабарландыруларға тыйым салынған. Браузер баптауларында рұқсат беріңіз.",
  "push.insecure": "Телефонды тек қорғалған байланыс (https) арқылы оятуға болады. Бетті жаппаңыз.",
  "push.unsupported": "Бұл браузерді ояту мүмкін емес. Бетті жаппаңыз.",
  "push.trying": "Телефонды оятуға бола ма, тексерілуде…",
  "push.verified": "Телефонды оятуға болады, тексерілгені: {ago}",
  "push.unverified": "Тексеру жауабы келмеді. Бетті жаппаңыз.",
  "push.failing": "Хабарландыру қызметі қазір ештеңе қабылдамайды. Бетті жаппаңыз.",
  "push.failed": "Бұл телефонда хабарландыруларды қосу мүмкін болмады. Бетті жаппаңыз.",
  "push.test": "Қайта тексеру",
  "push.offer": "Жаңа дабыл: {kind}",
  "push.answer": "{time} дейін жауап беріңіз",
  "push.waits.title": "Дабыл күтіп тұр",
  "push.waits.text": "Qalqan бетін ашыңыз.",
  "push.withdrawn.title": "Дабыл қайтарылды",
  "push.withdrawn.text": "Баруыңыз қажет емес.",
  "push.tested.title": "Qalqan",
  "push.tested.text": "Тексеру: телефонды оятуға болады.",
  "push.unit.verified": "телефон жауап береді",
  "push.unit.unverified": "телефон тексерілмеген",
  "push.unit.failing": "телефон қолжетімсіз",
  "push.unit.none": "телефон қосылмаған",
};
