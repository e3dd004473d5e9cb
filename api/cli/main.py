"""The `qalqan` command. Every expected error is one line and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import typer

from alerts.errors import AlertsError
from api.errors import ApiError, BadInput
from detect.errors import DetectError, InferenceFailed, SpoolError
from detect.incident import IncidentFormatError
from detect.link import LinkBroken
from ingest.errors import IngestError, StreamUrlError

COMMANDS = (
    "demo",
    "serve",
    "node",
    "analyze",
    "evaluate",
    "bench",
    "models",
    "cameras",
    "apply",
    "tokens",
    "db",
    "dispatch",
    "alarms",
    "alerts",
    "endpoints",
    "policy",
)
"""Each is the module `api.cli.<name>`, which holds the function of that name or a group, `app`."""

DONE, FAILED, BAD_INPUT = 0, 1, 2

STATUS: dict[type[Exception], int] = {
    BadInput: BAD_INPUT,
    StreamUrlError: BAD_INPUT,
    SpoolError: FAILED,
    InferenceFailed: FAILED,
    DetectError: BAD_INPUT,
    IncidentFormatError: BAD_INPUT,
    ApiError: FAILED,
    IngestError: FAILED,
    AlertsError: FAILED,
    LinkBroken: FAILED,
    OSError: FAILED,
    MemoryError: FAILED,
}
"""Expected errors -> exit status; the first that fits."""


def run() -> None:
    """Entry point of the `qalqan` script."""
    sys.exit(main(sys.argv[1:]))


def application(arguments: list[str]) -> typer.Typer:
    """The command with the part that is called; with all parts when none or another is.

    A part brings its libraries along: `models list` need not wait for a web framework.
    """
    app = typer.Typer(
        name="qalqan",
        help="Qalqan finds incidents in a city's cameras and gets the nearest patrol there.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_keep_parts_apart)
    called = [name for name in COMMANDS if arguments[:1] == [name]]
    for name in called or COMMANDS:
        module = import_module(f"api.cli.{name}")
        group = getattr(module, "app", None)
        if isinstance(group, typer.Typer):
            app.add_typer(group, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def _keep_parts_apart() -> None:
    """Without a callback Typer makes a lone command the whole program."""


def main(arguments: list[str]) -> int:
    """Run one command; gives the exit code: 0 done, 1 failed, 2 bad usage or input."""
    try:
        result = application(arguments)(arguments, standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _complain(error.format_message().replace("Value error, ", ""), BAD_INPUT)
    except BrokenPipeError:  # whoever read our output has seen enough
        _forget_stdout()
        return FAILED
    except (KeyboardInterrupt, typer.Abort):
        return FAILED
    except tuple(STATUS) as error:
        status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
        return _complain(_told(error), status)
    return int(result or DONE)


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def _complain(message: str, status: int) -> int:
    """Say it in one line; nothing when the help was the answer."""
    line = " ".join(message.split())
    if line:
        print(f"qalqan: {line}", file=sys.stderr)
    return status


def _forget_stdout() -> None:
    """Python flushes standard output once more when it ends, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
