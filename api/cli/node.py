"""`qalqan node`: one more machine for a cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from api.errors import BadInput


def node(
    nats: Annotated[str, typer.Option(help="Address of the NATS servers.")],
) -> None:
    """Run a node that takes its cameras from a cluster."""
    raise BadInput(
        "a cluster over NATS is not available in this version: "
        "use `qalqan serve`, which runs its own node"
    )
