"""`qalqan node`: one more machine for a cluster."""

from __future__ import annotations

from typing import Annotated

import typer


def node(
    nats: Annotated[str, typer.Option(help="Address of the NATS servers.")],
) -> None:
    """Run a node that takes its cameras from a cluster."""
    typer.echo(
        f"a cluster over {nats} is not available in this version: "
        "use `qalqan serve`, which runs its own node",
        err=True,
    )
    raise typer.Exit(2)
