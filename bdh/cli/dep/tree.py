"""`bdh dep tree`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import line
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.dependencies import Tree, TreeNode


@verb("tree", yields="dependencies:Tree")
@click.argument("bead_id")
@click.option("--up", is_flag=True, help="What waits for it, instead of what it waits for.")
@click.option("--depth", type=click.IntRange(1, 50), help="How deep; default 10.")
@click.pass_obj
def command(app: App, /, bead_id: str, up: bool, depth: int | None) -> None:
    """Show what BEAD_ID waits for."""
    from bdh.core import dependencies

    direction = "up" if up else "down"
    app.emit(dependencies.tree(app.backend, bead_id, direction=direction, depth=depth), human)


def human(tree: Tree) -> str:
    lines = [_node(node) for node in tree.nodes]
    return "\n".join([*lines, "… cut off here"] if tree.truncated else lines)


def _node(node: TreeNode) -> str:
    kind = f" [{line(node.type)}]" if node.type not in (None, "blocks") else ""
    state = "not here" if node.missing else str(node.status)
    again = " (see above)" if node.repeated else ""
    return f"{'  ' * node.depth}{node.id} ({state}) {line(node.title)}{kind}{again}".rstrip()
