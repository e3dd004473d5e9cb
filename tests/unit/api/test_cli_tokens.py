"""`qalqan tokens`: the first administrator gets in without anybody's help."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.access import Role
from alerts.stores.memory import MemoryGrants
from api.auth.tokens import has_admin, issue_sign_in_path, issue_token
from api.cli.main import main
from tests.support.incidents import NOON


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main([*arguments])
    out, err = capsys.readouterr()
    return code, out.strip(), err.strip()


def test_tokens_are_made_listed_and_revoked_on_this_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ("--data", str(tmp_path / "data"))
    admin = ("tokens", "create", "--role", "admin", "--name", "Aida", *data)
    code, token, err = run(capsys, *admin)
    assert (code, err) == (0, "")
    assert token.startswith("qk_")
    code, out, _ = run(capsys, *admin, "--sign-in")
    assert out.startswith("/#code=qc_")
    code, out, _ = run(capsys, "tokens", "list", "--json", *data)
    (row,) = json.loads(out)
    assert (row["kind"], row["role"], row["name"]) == ("token", "admin", "Aida")
    assert token not in out
    assert run(capsys, "tokens", "revoke", row["id"], *data)[0] == 0
    assert json.loads(run(capsys, "tokens", "list", "--json", *data)[1]) == []
    assert run(capsys, "tokens", "revoke", "unknown", *data) == (
        2,
        "",
        "qalqan: there is no token with this id",
    )


def test_a_folder_that_cannot_be_used_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = run(capsys, "tokens", "list", "--data", str(tmp_path / "file"))
    assert code == 1
    assert err.startswith("qalqan: ")
    assert err.count("\n") == 0
    data = tmp_path / "data"
    data.mkdir()
    (data / "qalqan.db").write_bytes(b"this is no database" * 100)
    code, _, err = run(capsys, "tokens", "list", "--data", str(data))
    assert code == 1
    assert err.startswith("qalqan: ")
    assert err.count("\n") == 0


def test_who_counts_as_an_administrator() -> None:
    grants = MemoryGrants()
    assert not has_admin(grants, NOON)
    issue_sign_in_path(grants, Role.ADMIN, "first", NOON)
    issue_token(grants, Role.OPERATOR, "Bek", NOON)
    assert not has_admin(grants, NOON)
    issue_token(grants, Role.ADMIN, "Aida", NOON, life=timedelta(hours=1))
    assert has_admin(grants, NOON)
    assert not has_admin(grants, NOON + timedelta(hours=2))
