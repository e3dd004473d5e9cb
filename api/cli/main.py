"""The `qalqan` command. Every expected error is one line and an exit code, never a traceback."""

from __future__ import annotations

import sys

import click
import typer

from api.cli import analyze, bench, models, node, serve
from api.cli.analyze import BadInput
from detect.errors import DetectError, SpoolError
from ingest.errors import IngestError, StreamUrlError

app = typer.Typer(
    help="Qalqan finds incidents in a city's cameras and gets the nearest patrol there.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(analyze.analyze)
app.command()(serve.serve)
app.command()(node.node)
app.add_typer(bench.app, name="bench")
app.add_typer(models.app, name="models")

DONE, FAILED, BAD_INPUT = 0, 1, 2


def run() -> None:
    """Entry point of the `qalqan` script."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command; gives the exit code: 0 done, 1 failed, 2 bad usage or input."""
    try:
        result = app(arguments, standalone_mode=False)
    except click.ClickException as error:
        return _complain(error.format_message(), BAD_INPUT)
    except (BadInput, StreamUrlError) as error:
        return _complain(str(error), BAD_INPUT)
    except SpoolError as error:
        return _complain(str(error), FAILED)
    except DetectError as error:
        return _complain(str(error), BAD_INPUT)
    except (IngestError, OSError) as error:
        return _complain(str(error), FAILED)
    except (KeyboardInterrupt, click.Abort):
        return FAILED
    return int(result or DONE)


def _complain(message: str, status: int) -> int:
    line = " ".join(message.split())
    print(f"qalqan: {line}", file=sys.stderr)
    return status
