"""The `qalqan` command. Every expected error is one line and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys

import typer

from alerts.errors import AlertsError
from api.auth.vault import VaultError
from api.cli import analyze, apply, bench, cameras, demo, models, node, serve, tokens
from api.cli.analyze import BadInput
from api.cli.remote import Refused
from api.settings import SettingsError
from detect.errors import DetectError, SpoolError
from detect.incident import IncidentFormatError
from detect.link import LinkBroken
from ingest.errors import IngestError, StreamUrlError

app = typer.Typer(
    help="Qalqan finds incidents in a city's cameras and gets the nearest patrol there.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(analyze.analyze)
app.command()(demo.demo)
app.command()(serve.serve)
app.command()(node.node)
app.command()(apply.apply)
app.add_typer(cameras.app, name="cameras")
app.add_typer(tokens.app, name="tokens")
app.add_typer(bench.app, name="bench")
app.add_typer(models.app, name="models")

DONE, FAILED, BAD_INPUT = 0, 1, 2

STATUS: dict[type[Exception], int] = {
    BadInput: BAD_INPUT,
    SettingsError: BAD_INPUT,
    StreamUrlError: BAD_INPUT,
    SpoolError: FAILED,
    DetectError: BAD_INPUT,
    IncidentFormatError: BAD_INPUT,
    Refused: FAILED,
    IngestError: FAILED,
    AlertsError: FAILED,
    VaultError: FAILED,
    LinkBroken: FAILED,
    OSError: FAILED,
    MemoryError: FAILED,
}
"""Expected errors -> exit status; the first that fits."""


def run() -> None:
    """Entry point of the `qalqan` script."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command; gives the exit code: 0 done, 1 failed, 2 bad usage or input."""
    try:
        result = app(arguments, standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _complain(error.format_message(), BAD_INPUT)
    except BrokenPipeError:  # whoever read our output has seen enough
        _forget_stdout()
        return FAILED
    except (KeyboardInterrupt, typer.Abort):
        return FAILED
    except tuple(STATUS) as error:
        status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
        return _complain(str(error) or type(error).__name__, status)
    return int(result or DONE)


def _complain(message: str, status: int) -> int:
    line = " ".join(message.split())
    print(f"qalqan: {line}", file=sys.stderr)
    return status


def _forget_stdout() -> None:
    """Python flushes standard output once more when it ends, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
