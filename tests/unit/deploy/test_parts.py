"""The small decisions inside the set-up's steps."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deploy.setup import assets, python_env, stamps
from deploy.setup.node_js import new_enough
from deploy.setup.shell import command, last_words, shown
from deploy.setup.step import StepFailed


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v18.20.4", False),
        ("v20.18.1", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.19.0\n", True),
        ("not a version", False),
    ],
)
def test_which_node_can_build_the_console(version: str, enough: bool) -> None:
    assert new_enough(version) is enough


def test_a_command_that_fails_gives_its_last_words() -> None:
    with pytest.raises(StepFailed, match=r"`sh -c .*` ended with 3: fetching / out of cheese"):
        command("sh", "-c", "echo fetching; echo out of cheese >&2; exit 3")


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(StepFailed, match="no program `surely-not-there`"):
        command("surely-not-there")


def test_complaints_come_before_the_lines_that_follow_them() -> None:
    said = "E: Unable to locate package x\n\nhint 1\nhint 2\nhint 3\nhint 4\n"
    assert last_words(said) == "E: Unable to locate package x"
    assert last_words("") == "it said nothing"
    assert shown((Path("/a/b/pip"), "install", "-q", "x", "y")) == "pip install -q x ..."


def test_a_stamp_holds_until_an_ingredient_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "ROOT", tmp_path)
    monkeypatch.setattr(stamps, "STAMPS", tmp_path / "stamps")
    source = tmp_path / "source.txt"
    source.write_text("one")
    before = stamps.digest_of([source], "recipe 1")
    assert not stamps.is_stamped("thing", before)
    stamps.put_stamp("thing", before)
    assert stamps.is_stamped("thing", stamps.digest_of([source], "recipe 1"))
    assert not stamps.is_stamped("thing", stamps.digest_of([source], "recipe 2"))
    source.write_text("two")
    assert not stamps.is_stamped("thing", stamps.digest_of([source], "recipe 1"))


def test_an_environment_for_the_tests_is_enough_for_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "STAMPS", tmp_path)
    monkeypatch.setattr(python_env, "PYTHON", tmp_path / "python")
    (tmp_path / "python").touch()
    demo, test = (python_env.python_step(one) for one in (python_env.DEMO, python_env.TEST))
    stamps.put_stamp("venv", python_env._digest(python_env.TEST))
    assert demo.is_done()
    assert test.is_done()
    stamps.put_stamp("venv", python_env._digest(python_env.DEMO))
    assert demo.is_done()
    assert not test.is_done()


def test_the_demo_installs_a_part_of_what_the_tests_install() -> None:
    def pins(path: Path) -> set[str]:
        return {line for line in path.read_text("utf-8").splitlines() if "==" in line}

    run = pins(python_env.REQUIREMENTS / "run.txt")
    assert run < pins(python_env.DEMO) < pins(python_env.TEST)


def test_a_file_with_another_hash_is_not_kept(tmp_path: Path) -> None:
    found, kept = tmp_path / "city.pbf", tmp_path / "kept.pbf"
    found.write_bytes(b"tampered")
    with pytest.raises(StepFailed, match=r"city\.pbf has SHA-256 .*, expected 00"):
        assets.keep(found, kept, "00")
    assert not kept.exists()
    assets.keep(found, kept, hashlib.sha256(b"tampered").hexdigest())
    assert kept.read_bytes() == b"tampered"
    with pytest.raises(StepFailed, match=r"holds no city\.pbf"):
        assets.keep(found, kept, "00")
