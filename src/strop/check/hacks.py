"""The museum: known ways to score without solving, one small file each, read as text and never imported.

A file begins with a docstring of four paragraphs (a title; `Tried:`; `Means:`, what it would mean if it scores well; `Change:`)
and three literals, and defines `attack(honest, variant, *inputs)`, which runs in the jail in the solution's place; `honest()` is
an honest answer to these inputs.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias, cast, get_args

from strop.base.syntax import syntax_tree

Kind: TypeAlias = Literal["trivial", "form", "unfit", "value", "same", "labels", "files"]
"""How its score is judged (`verdicts`). `trivial`: allowed, and should not be perfect. `form`: honest content in another form.
`unfit`: no answer at all. `value`: odd numbers in an honest form. `same`: the honest answer, and something done beside it.
`labels`: hidden data, found where the host says. `files`: the honest answer, and files left behind."""


@dataclass(frozen=True)
class Hack:
    """One exhibit."""

    name: str
    """The file's name."""
    title: str
    tried: str
    means: str
    change: str
    kind: Kind
    finding: str
    """Id of the finding when it pays."""
    variants: tuple[Any, ...]
    """What `variant` is, one after another; a kind that the host knows more about gets its own instead."""
    text: str


@cache
def museum() -> tuple[Hack, ...]:
    """Every hack, in the order of their names."""
    return tuple(read(name, text) for name, text in exhibits("attacks"))


def exhibits(folder: str) -> list[tuple[str, str]]:
    """Name and text of every program in a folder of this package, in the order of their names."""
    found = (item for item in files("strop.check").joinpath(folder).iterdir() if item.name.endswith(".py"))
    return sorted((item.name.removesuffix(".py"), item.read_text(encoding="utf-8")) for item in found)


def read(name: str, text: str) -> Hack:
    """The hack in a file's text.

    Raises:
        ValueError: the file is not as the module's docstring says.
    """
    parts, said = words(name, text)
    if said.get("KIND") not in get_args(Kind) or not isinstance(said.get("VARIANTS"), tuple) or "FINDING" not in said:
        raise ValueError(f"{name}: KIND, FINDING and VARIANTS must be literals")
    title, tried, means, change = parts
    return Hack(
        name=name,
        title=title,
        tried=tried,
        means=means,
        change=change,
        kind=cast(Kind, said["KIND"]),
        finding=str(said["FINDING"]),
        variants=said["VARIANTS"],
        text=text,
    )


def words(name: str, text: str) -> tuple[list[str], dict[str, Any]]:
    """The four paragraphs of a file's docstring, without their names, and the literals in capitals.

    Raises:
        ValueError: it has not these paragraphs.
    """
    tree = syntax_tree(text)
    parts = [" ".join(part.split()) for part in (ast.get_docstring(tree) or "").split("\n\n")]
    if len(parts) != 4 or [part.partition(":")[0] for part in parts[1:]] != ["Tried", "Means", "Change"]:
        raise ValueError(f"{name}: its docstring has not the four paragraphs of a hack")
    said = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
    }
    return [parts[0], *(part.partition(":")[2].strip() for part in parts[1:])], said
