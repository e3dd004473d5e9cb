import type { Translation } from "../../lib/message";
import type { watch as English } from "../en/watch";

export const watch: Translation<typeof English> = {
  "watch.live": "Бақылауда",
  "watch.connecting": "Қосылуда",
  "watch.waiting": "Бақылаусыз: қайта қосылуда",
  "watch.failed": "Бақылаусыз: ақау",
  "watch.off": "Өшірілген",
  "watch.unwatched": "Бақылаусыз",
  "watch.reason.bad_address": "Камера мекенжайына рұқсат жоқ",
  "watch.reason.refused": "Камера қосылудан бас тартты",
  "watch.reason.wrong_password": "Пайдаланушы аты немесе құпиясөз қате",
  "watch.reason.no_such_stream": "Камерада мұндай ағын жоқ",
  "watch.reason.unreachable": "Камера жауап бермейді",
  "watch.reason.lost": "Ағын үзілді",
  "watch.reason.unreadable": "Кескінді декодтау мүмкін емес",
  "watch.reason.failed": "Ағында ақау бар",
  "watch.reason.disabled": "Қолмен өшірілген",
  "watch.reason.node_away": "Талдау торабы қолжетімсіз",
  "watch.reason.no_frames": "Кадрлар көптен бері талданбаған",
  "watch.reason.node_unfit": "Талдау торабы іске қосылмайды",
  "watch.reason.wrong_key": "Сақталған мекенжай осы орнатудың кілтімен ашылмайды",
  "watch.reason.bad_scene": "Камераның сахнасын қолдану мүмкін емес",
  "watch.reason.crashes_node": "Оның бейнесі талдауды құлатады; бірнеше минуттан кейін қайталанады",
  "watch.reason.other": "Себебі белгісіз",
};
