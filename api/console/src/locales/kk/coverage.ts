import type { Translation } from "../../lib/message";
import type { coverage as English } from "../en/coverage";

export const coverage: Translation<typeof English> = {
  "coverage.degraded": "Бақылау толық емес",
  "coverage.many.overload": {
    one: "{count} камера сирегірек қаралады (серверге жүктеме шамадан тыс)",
    other: "{count} камера сирегірек қаралады (серверге жүктеме шамадан тыс)",
  },
  "coverage.many.late": {
    one: "{count} камера кешігіп талданады (кадрлар тым ұзақ күтеді)",
    other: "{count} камера кешігіп талданады (кадрлар тым ұзақ күтеді)",
  },
  "coverage.many.audit": {
    one: "іріктеп тексеру {count} камерадан өткізіп алған нысандарды тапты (енді бүкіл кадр қаралады)",
    other: "іріктеп тексеру {count} камерадан өткізіп алған нысандарды тапты (енді бүкіл кадр қаралады)",
  },
  "coverage.many.rule": {
    one: "{count} камераның ережесі істен шықты (ол бақыланбайды)",
    other: "{count} камераның ережесі істен шықты (ол бақыланбайды)",
  },
  "coverage.many.unknown": {
    one: "{count} камера толық қаралмайды",
    other: "{count} камера толық қаралмайды",
  },
  "coverage.one.overload": "Сирегірек қаралады: жүктеме шамадан тыс",
  "coverage.one.late": "Кешігіп талданады: кадрлар тым ұзақ күтеді",
  "coverage.one.audit": "Іріктеп тексеру өткізіп алған нысандарды тапты: енді бүкіл кадр қаралады",
  "coverage.one.rule": "Бір ереже істен шықты, ол бақыланбайды; қалғандары бақылауда",
  "coverage.one.unknown": "Толық қаралмайды",
  "coverage.show": "Көрсету",
  "look.rate": "Талдау",
  "look.times": { one: "секундына {count} рет", other: "секундына {count} рет" },
  "look.wanted": "қажеті: {count}",
  "look.at": "Қаралатыны",
  "look.full": "Бүкіл кадр",
  "look.regions": "Қозғалатын және қадағаланатын бөліктер",
  "look.nothing": "Қозғалыс жоқ",
  "look.keys": "тек тірек кадрлар",
  "look.substream": "тек қосымша ағын",
  "look.whole": "Бүкіл кадр қаралды",
};
