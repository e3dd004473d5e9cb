"""`docs/scenes.md`, the console's words and its signs know every kind of incident."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from detect.rules import KINDS
from detect.scene import Scene

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "scenes.md"
CONSOLE = ROOT / "api" / "console" / "src"
TABLE = re.compile(r"(<!-- kinds: .*?-->\n.*?\n\|[-|]+\|\n)(.*?)(<!-- end of kinds -->)", re.DOTALL)


def written(value: Any) -> str:
    """A default as the page writes it."""
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def keys_of(kind: str) -> str:
    fields = KINDS[kind].rule.model_fields.items()
    return ", ".join(
        f"`{name}`"
        if field.default is PydanticUndefined
        else f"`{name}` ({written(field.default)})"
        for name, field in fields
        if name != "kind"
    )


def rows() -> Iterator[list[str]]:
    found = TABLE.search(PAGE.read_text("utf-8"))
    assert found is not None
    for line in found[2].strip().splitlines():
        yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_holds_every_kind_with_its_keys() -> None:
    if os.environ.get("RENEW_GOLDEN"):
        renew()
    told = {kind.strip("[`").split("`")[0]: (grave, keys) for kind, _, grave, keys in rows()}
    assert told == {kind: (KINDS[kind].severity, keys_of(kind)) for kind in KINDS}
    assert all(when for _, when, _, _ in rows())


def renew() -> None:
    lines = []
    for cell, when, _, _ in rows():
        kind = cell.strip("[`").split("`")[0]
        lines.append(f"| {cell} | {when} | {KINDS[kind].severity} | {keys_of(kind)} |\n")
    text = PAGE.read_text("utf-8")
    PAGE.write_text(TABLE.sub(lambda found: found[1] + "".join(lines) + found[3], text), "utf-8")


@pytest.mark.parametrize("text", re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL))
def test_the_scenes_of_the_page_are_scenes(text: str) -> None:
    Scene.parse(json.loads(text))


@pytest.mark.parametrize("language", ["en", "kk", "ru"])
def test_the_console_has_a_name_and_sentences_for_every_kind(language: str) -> None:
    words = (CONSOLE / "locales" / language / "kind.ts").read_text("utf-8")
    keys = set(re.findall(r'^  "kind\.([a-z_.]+)": ', words, re.MULTILINE))
    assert keys == {"other"} | {
        f"{kind}{end}" for kind in KINDS for end in ("", ".why", ".why_frame")
    }


def test_the_console_has_a_sign_for_every_kind() -> None:
    signs = (CONSOLE / "control" / "parts" / "glyphs.ts").read_text("utf-8")
    assert set(re.findall(r"^  ([a-z_]+): \"", signs, re.MULTILINE)) >= set(KINDS)
