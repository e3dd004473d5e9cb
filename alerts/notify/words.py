"""An alert in a few words of a person's language, the same words as the console's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from alerts.notification import Event
from alerts.notify.channel import Message

LANGUAGES = ("en", "kk", "ru")


class Words(NamedTuple):
    """The same in every language."""

    en: str
    kk: str
    ru: str

    def of(self, language: str) -> str:
        return self[LANGUAGES.index(language)]


KIND: dict[str, Words] = {
    "intrusion": Words("Intrusion", "Рұқсатсыз кіру", "Проникновение"),
    "loitering": Words("Loitering", "Ұзақ тұрып қалу", "Длительное пребывание"),
    "line_crossing": Words("Line crossing", "Сызықты кесіп өту", "Пересечение линии"),
    "crowd": Words("Crowd", "Адам көп жиналды", "Скопление людей"),
    "person_down": Words("Person down", "Адам құлап жатыр", "Человек лежит"),
    "fight": Words("Fight", "Төбелес", "Драка"),
    "collision": Words("Collision", "Көлік соқтығысы", "Столкновение"),
    "stopped_vehicle": Words("Stopped vehicle", "Тоқтап қалған көлік", "Остановка машины"),
    "wrong_way": Words("Wrong way", "Қарсы бағытта", "Встречное движение"),
    "speeding": Words("Speeding", "Жылдамдықты асыру", "Превышение скорости"),
    "abandoned_object": Words("Abandoned object", "Иесіз зат", "Оставленный предмет"),
    "fire": Words("Fire", "Өрт", "Огонь"),
    "smoke": Words("Smoke", "Түтін", "Дым"),
    "camera_tamper": Words("Camera tampering", "Камераға кедергі", "Помеха камере"),
    "weapon": Words("Weapon", "Қару", "Оружие"),
    "other": Words("Incident", "Оқиға", "Происшествие"),
}
SEVERITY: dict[str, Words] = {
    "critical": Words("Critical", "Аса қауіпті", "Критическая"),
    "high": Words("High", "Жоғары", "Высокая"),
    "medium": Words("Medium", "Орташа", "Средняя"),
    "low": Words("Low", "Төмен", "Низкая"),
}
STATE: dict[str, Words] = {
    "new": Words("New", "Жаңа", "Новая"),
    "acknowledged": Words("Acknowledged", "Оператор қабылдады", "Принята оператором"),
    "dispatched": Words("Offered", "Нарядқа ұсынылды", "Предложена наряду"),
    "accepted": Words("Accepted", "Наряд қабылдады", "Принята нарядом"),
    "en_route": Words("En route", "Наряд жолда", "Наряд в пути"),
    "on_scene": Words("On scene", "Наряд орнында", "Наряд на месте"),
    "declined": Words("Declined", "Наряд бас тартты", "Отклонена нарядом"),
    "timed_out": Words("No answer", "Наряд жауап бермеді", "Нет ответа наряда"),
    "escalated": Words("Needs an operator", "Оператор қажет", "Требует оператора"),
    "closed": Words("Closed", "Жабылды", "Закрыта"),
}
EVENT: dict[Event, Words] = {
    Event.OFFER: Words("Call", "Шақыру", "Вызов"),
    Event.WITHDRAWN: Words("Call withdrawn", "Шақыру қайтарылды", "Вызов отменён"),
    Event.ALERT: Words("Alert", "Дабыл", "Тревога"),
    Event.ALARM: Words("NOBODY HAS TAKEN IT", "ЕШКІМ ҚАБЫЛДАМАДЫ", "НИКТО НЕ ПРИНЯЛ"),
    Event.TEST: Words("Test message", "Сынақ хабарламасы", "Проверка связи"),
}
PLACELESS = Words("place unknown", "орны белгісіз", "место неизвестно")
TESTED = Words(
    "This channel of Qalqan works.",
    "Qalqan жүйесінің бұл арнасы жұмыс істейді.",
    "Этот канал Qalqan работает.",
)
SUMMARY_CHARS = 300


def kind_in(kind: str, language: str) -> str:
    """What it is called; of a kind that is new, the word for any."""
    return KIND.get(kind, KIND["other"]).of(language)


def headline(message: Message, language: str) -> str:
    """One line: what is wanted, what it is, how bad."""
    event = EVENT[message.event].of(language)
    if message.event is Event.TEST:
        return event
    data = message.data
    severity = SEVERITY.get(str(data.get("severity")))
    how = f" ({severity.of(language).lower()})" if severity else ""
    return f"{event}: {kind_in(str(data.get('kind')), language)}{how}"


def summary(message: Message, language: str, link: str) -> str:
    """A few lines: where, what is seen, how it stands, where to look."""
    if message.event is Event.TEST:
        return TESTED.of(language)
    data = message.data
    state = STATE.get(str(data.get("state")))
    lines = [place_in(data, language), why_in(data, language)]
    if message.event in (Event.ALERT, Event.ALARM) and state is not None:
        lines.append(state.of(language))
    said = "\n".join(one for one in lines if one)[:SUMMARY_CHARS]
    return "\n".join(one for one in (said, link) if one)


def place_in(data: Mapping[str, Any], language: str) -> str:
    """Where its camera looks, and the camera's own name where that is all there is."""
    place = data.get("place")
    named = str(place.get("name", "")) if isinstance(place, Mapping) else ""
    return named or f"{data.get('camera', '')} ({PLACELESS.of(language)})".strip()


def why_in(data: Mapping[str, Any], language: str) -> str:
    """What is seen, in that language where the node said it so."""
    known = data.get("why_in")
    said = known.get(language) if isinstance(known, Mapping) else None
    return str(said or data.get("why") or "")
