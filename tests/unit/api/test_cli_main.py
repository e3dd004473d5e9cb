"""The command itself: help, version, and expected errors as one line each."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from alerts.errors import StoreUnavailable
from api.cli.main import COMMANDS, STATUS, application, main
from api.errors import ApiError, BadInput, Refused, SettingsError, VaultError
from detect.errors import DetectError, SceneError, SpoolError
from ingest.errors import StreamUnreachable, StreamUrlError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput("x"), 2),
        (SettingsError("x"), 2),
        (StreamUrlError("x"), 2),
        (SceneError("/zones", "x"), 2),
        (DetectError("x"), 2),
        (SpoolError("x"), 1),
        (Refused("x"), 1),
        (VaultError("x"), 1),
        (ApiError("x"), 1),
        (StoreUnavailable("x"), 1),
        (StreamUnreachable("x"), 1),
        (OSError(28, "No space left on device", "/disk"), 1),
        (MemoryError(), 1),
    ],
)
def test_an_expected_error_is_one_line(
    error: Exception,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr("api.cli.models._catalog", fails)
    assert main(["models", "list"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("qalqan: ")
    assert err.count("\n") == 1


def test_what_is_not_expected_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("api.cli.models._catalog", fails)
    assert not issubclass(ZeroDivisionError, tuple(STATUS))
    with pytest.raises(ZeroDivisionError):
        main(["models", "list"])


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in COMMANDS:
        assert name in shown
    assert main(["cameras"]) == 2
    assert capsys.readouterr().err == ""


def test_only_the_part_that_is_called_is_brought_along() -> None:
    assert [group.name for group in application(["models", "list"]).registered_groups] == ["models"]


def test_a_port_that_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from api.http_server import listen

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"cannot serve on 127.0.0.1:{port} \(Address already"):
            listen("127.0.0.1", port)
    with pytest.raises(OSError, match=r"cannot serve on no\.such\.host\.invalid:80"):
        listen("no.such.host.invalid", 80)
    with listen("::1", 0) as six:
        assert six.family == socket.AF_INET6
