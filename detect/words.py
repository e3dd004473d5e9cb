"""One sentence in the three languages of the service, said of what was measured.

Names of zones stand in quotes, so that no language has to inflect them. After a number Kazakh has
no plural, English has one and Russian has two.
"""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("en", "kk", "ru")


@dataclass(frozen=True, slots=True)
class Said:
    """The same sentence in English, Kazakh and Russian."""

    en: str
    kk: str
    ru: str

    def to_dict(self) -> dict[str, str]:
        return {"en": self.en, "kk": self.kk, "ru": self.ru}


THINGS: dict[str, tuple[str, str, str]] = {
    "person": ("a person", "адам", "человек"),
    "bicycle": ("a bicycle", "велосипед", "велосипед"),
    "car": ("a car", "жеңіл көлік", "автомобиль"),
    "motorcycle": ("a motorcycle", "мотоцикл", "мотоцикл"),
    "bus": ("a bus", "автобус", "автобус"),
    "truck": ("a truck", "жүк көлігі", "грузовик"),
    "train": ("a train", "пойыз", "поезд"),
    "boat": ("a boat", "қайық", "лодка"),
    "cat": ("a cat", "мысық", "кошка"),
    "dog": ("a dog", "ит", "собака"),
    "horse": ("a horse", "жылқы", "лошадь"),
    "sheep": ("a sheep", "қой", "овца"),
    "cow": ("a cow", "сиыр", "корова"),
    "backpack": ("a backpack", "арқа сөмке", "рюкзак"),
    "handbag": ("a handbag", "қол сөмке", "сумка"),
    "suitcase": ("a suitcase", "шабадан", "чемодан"),
}
"""Class of the detector -> English with its article, Kazakh, Russian; all in the nominative."""


def thing(label: str) -> Said:
    """`a person`, `адам`, `человек`; a class without translation stays as the model names it."""
    if label in THINGS:
        return Said(*THINGS[label])
    article = "an" if label[:1] in "aeiou" else "a"
    return Said(f"{article} {label}", label, label)


def upper(sentence: str) -> str:
    """With a capital letter at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def place(zone: str | None) -> Said:
    """Where: `in "lawn"`, `«lawn» аймағында`, `в зоне «lawn»`; without a zone: in view."""
    if zone is None:
        return Said("in view of the camera", "камераның көру аймағында", "в поле зрения камеры")
    return Said(f'in "{zone}"', f"«{zone}» аймағында", f"в зоне «{zone}»")


def plural_ru(count: int, one: str, few: str, many: str) -> str:
    """The Russian form after a number: 1 человек, 2 человека, 5 человек."""
    tens, units = count % 100, count % 10
    if units == 1 and tens != 11:
        return one
    return few if units in (2, 3, 4) and tens not in (12, 13, 14) else many


def people(count: int) -> Said:
    """`3 people`, `3 адам`, `3 человека`."""
    return Said(
        "1 person" if count == 1 else f"{count} people",
        f"{count} адам",
        f"{count} {plural_ru(count, 'человек', 'человека', 'человек')}",
    )


def seconds(value_s: float) -> str:
    """A time as all three languages write it before their sign for seconds: `4`, `1.5`."""
    return f"{value_s:.1f}" if value_s < 2 else f"{value_s:.0f}"
