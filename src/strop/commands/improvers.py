"""strop improvers."""

from __future__ import annotations

import ast

from rich.table import Table

from strop.commands.options import Json
from strop.commands.output import print_document, results
from strop.solution import digest_of
from strop.spec import improver_text, shipped_improvers


def improvers_command(*, as_json: Json = False) -> int:
    """List the improvers that come with strop; any file that defines improve_algorithm is one too."""
    rows = []
    for name in shipped_improvers():
        text = improver_text(name)
        rows.append({"improver": name, "digest": digest_of(text), "idea": _idea(text)})
    if as_json:
        print_document({"improvers": rows})
        return 0
    table = Table(box=None, header_style="bold")
    for heading in ("improver", "digest", "idea"):
        table.add_column(heading)
    for row in rows:
        table.add_row(row["improver"], row["digest"][:12], row["idea"])
    results().print(table)
    return 0


def _idea(text: str) -> str:
    """The first line of the entry function's docstring."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == "improve_algorithm":
            return (ast.get_docstring(node) or "").split("\n")[0]
    return ""
