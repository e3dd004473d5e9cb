"""Whatever a rule measures has a name in each language of the console."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RULES = sorted((ROOT / "detect" / "rules").glob("*.py"))
LOCALES = ROOT / "api" / "console" / "src" / "locales"

ELSEWHERE = {
    "quantities(one.seen)": ("fallen/lying.py", "quantities"),
    "self._scuffle.said": ("fighting/scuffle.py", "said"),
}
"""What is added to the scores of a rule from another module: the function whose names they are."""
NO_NAMES = {"one.scores", "_scores(first, lying_s)", "field(default_factory=dict)", "None"}
"""Scores that are read at another place of the same module."""


def is_scores(target: ast.expr) -> bool:
    name = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
    return name == "scores"


def given(tree: ast.Module) -> list[ast.expr]:
    """Every expression that becomes scores, and every key that is set in them."""
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "scores":
            found.append(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name == "_scores":
            found += [inner for inner in ast.walk(node) if isinstance(inner, ast.Dict)]
            found += [key for inner in ast.walk(node) if (key := set_key(inner)) is not None]
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=True)
                    found += [value for one, value in pairs if is_scores(one)]
                elif is_scores(target):
                    found.append(node.value)
                elif isinstance(target, ast.Subscript) and is_scores(target.value):
                    found.append(target.slice)
    return found


def set_key(node: ast.AST) -> ast.expr | None:
    """The key of `told["name"] = ...`."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        return node.targets[0].slice
    return None


def names_of(value: ast.expr) -> set[str]:
    """The names in one of them. Fails at what this test does not understand."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return {value.value}
    if isinstance(value, ast.Dict):
        found = {key.value for key in value.keys if isinstance(key, ast.Constant)}
        spread = [one for key, one in zip(value.keys, value.values, strict=True) if key is None]
        return found.union(*(names_of(one) for one in spread))
    text = ast.unparse(value)
    if text in ELSEWHERE:
        return names_elsewhere(*ELSEWHERE[text])
    known = isinstance(value, ast.Name) or text in NO_NAMES
    assert known or not re.search(r"[\"']|\(", text), f"unknown scores: {text}"
    return set()


def names_elsewhere(file: str, function: str) -> set[str]:
    tree = ast.parse((ROOT / "detect" / file).read_text("utf-8"))
    (found,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    dicts = [node for node in ast.walk(found) if isinstance(node, ast.Dict) and node.keys]
    if dicts:
        return set().union(*(names_of(one) for one in dicts))
    names = [node for node in ast.walk(found) if isinstance(node, ast.Tuple)]
    return {one.value for one in names[0].elts if isinstance(one, ast.Constant)}


def emitted(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    if path.name == "weapon.py":  # its `scores` are also a sum
        skipped = {"0.0", "track.score"}
        values = [one for one in given(tree) if ast.unparse(one) not in skipped]
    elif path.name == "burning.py":  # and here also what the head gives
        values = [one for one in given(tree) if not ast.unparse(one).startswith("self._head.run")]
    else:
        values = given(tree)
    return set().union(*(names_of(one) for one in values))


def words(language: str) -> dict[str, str]:
    text = (LOCALES / language / "measured.ts").read_text("utf-8")
    return dict(re.findall(r'"control\.measured\.([\w.]+)": "(.+)"', text))


def test_the_scores_are_found() -> None:
    found = {path.stem: emitted(path) for path in RULES}
    assert found["intrusion"] == {"inside_s"}
    assert {"lying_s", "torso_deg", "upright"} <= found["person_down"]
    assert {"chance", "energy", "near"} <= found["fight"]
    assert {"witnesses", "speed_lengths"} <= found["collision"]
    assert {"lost", "cuts", "same_s", "idle_s"} <= found["camera_tamper"]
    assert found["base"] == set()


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["en", "kk", "ru"])
def test_each_has_a_name_in_each_language(path: Path, language: str) -> None:
    known = words(language)
    lacking = {
        name for name in emitted(path) if name not in known and f"{path.stem}.{name}" not in known
    }
    assert not lacking, f"add control.measured.<name> to locales/{language}/measured.ts"
