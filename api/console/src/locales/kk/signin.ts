import type { Translation } from "../../lib/message";
import type { signin as English } from "../en/signin";

export const signin: Translation<typeof English> = {
  "signin.title": "Кіру",
  "signin.tagline": "Қоғамдық қауіпсіздік бейнебақылауы",
  "signin.help": "Берілген бір реттік сілтемені ашыңыз немесе кодты не токенді осында қойыңыз.",
  "signin.code": "Код немесе токен",
  "signin.submit": "Кіру",
  "signin.busy": "Кіру орындалуда…",
  "signin.error.unknown": "Код белгісіз, мерзімі өткен немесе бұрын қолданылған. Жаңасын сұраңыз.",
  "signin.error.wait": {
    one: "Сәтсіз әрекет тым көп. {count} секундтан кейін қайталаңыз.",
    other: "Сәтсіз әрекет тым көп. {count} секундтан кейін қайталаңыз.",
  },
  "signin.error.empty": "Алдымен кодты немесе токенді қойыңыз.",
  "signin.wrong_role": "Сіз {name} ретінде кірдіңіз: бұл есептік жазбаға бет қолжетімді емес.",
};
