"""Attacks: known ways to score without solving, one small file each, read as text and never imported.

A file begins with a docstring of four paragraphs (a title; `Tried:`; `Means:`, what it means if the attack pays; `Change:`) and
the literals `KIND` and `FINDING`.

- `attacks/sampled/`, for a task whose answers the host scores: `VARIANTS`, and `attack(honest, variant, *inputs)`, which runs in
  the jail in the solution's place; `honest()` returns an honest answer to these inputs.
- `attacks/command/`, for a task that a command scores: `LANGUAGE`. An attack in Python defines `attack(given)`, which goes into
  every Python file of the program, before its own code. Others have `CONTENT`: for `any`, `sql` and `data` it replaces every
  file; for `shell` and `javascript` it goes before every script; for `c`, `c++`, `rust` and `go` it replaces the file with
  main(), with `PLACE = "bodies"` the body of every function, and where it forges a score it goes after every file.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias, cast, get_args

from strop.base.syntax import syntax_tree

Kind: TypeAlias = Literal[
    "trivial", "form", "unfit", "value", "labels", "files", "nothing", "forged", "tampered", "outside", "same"
]
"""How the score of an attack is judged.

On sampled tasks: `trivial` is allowed, and should not be perfect; `form` is honest content in another form; `unfit` is not an
answer; `value` is odd numbers in an honest form; `labels` is hidden data, at a path that the host found; `files` is the honest
answer, with files left behind. On command tasks: `nothing` does no work; `forged` writes a score; `tampered` changes the files
that judge it; `outside` reaches out of its copy. On both: `same` is the honest work with a side effect.
"""
Language: TypeAlias = Literal["", "python", "shell", "javascript", "sql", "c", "c++", "rust", "go", "data", "any"]
"""Of the files that a command attack changes; empty for attacks on sampled tasks."""


@dataclass(frozen=True)
class Attack:
    """One way to score without solving."""

    name: str
    """The file's name."""
    title: str
    tried: str
    means: str
    change: str
    kind: Kind
    finding: str
    """Id of the finding if it pays."""
    text: str
    """The file's code, or its `CONTENT`."""
    variants: tuple[Any, ...] = (None,)
    """Values of `variant`; for some attacks the host finds them."""
    language: Language = ""
    bodies: bool = False
    """Whether the text replaces the body of every function."""


@cache
def attacks(form: Literal["sampled", "command"]) -> tuple[Attack, ...]:
    """The attacks on tasks of one form, ordered by name."""
    folder = files("strop.checks").joinpath("attacks", form)
    texts = {item.name: item.read_text(encoding="utf-8") for item in folder.iterdir() if item.name.endswith(".py")}
    return tuple(read(name.removesuffix(".py"), texts[name]) for name in sorted(texts))


def read(name: str, text: str) -> Attack:
    """The attack in a file's text.

    Raises:
        ValueError: the file does not have the form described above.
    """
    tree = syntax_tree(text)
    parts = [" ".join(part.split()) for part in (ast.get_docstring(tree) or "").split("\n\n")]
    if len(parts) != 4 or [part.partition(":")[0] for part in parts[1:]] != ["Tried", "Means", "Change"]:
        raise ValueError(f"{name}: its docstring does not have the four paragraphs of an attack")
    literals = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
    }
    language, variants, content = (literals.get(key) for key in ("LANGUAGE", "VARIANTS", "CONTENT"))
    if literals.get("KIND") not in get_args(Kind) or "FINDING" not in literals:
        raise ValueError(f"{name}: KIND and FINDING must be literals")
    if not isinstance(variants, tuple) and language not in get_args(Language)[1:]:
        raise ValueError(f"{name}: it needs the literal VARIANTS or LANGUAGE")
    if language and (language == "python") == (content is not None):
        raise ValueError(f"{name}: CONTENT is for languages other than Python, which needs attack(given)")
    title, tried, means, change = (
        part.partition(":")[2].strip() if number else part for number, part in enumerate(parts)
    )
    if language == "python":
        text = text[text.index("def attack") :]
    return Attack(
        name,
        title,
        tried,
        means,
        change,
        kind=cast(Kind, literals["KIND"]),
        finding=str(literals["FINDING"]),
        text=text if content is None else str(content),
        variants=variants if isinstance(variants, tuple) else (None,),
        language=cast(Language, language or ""),
        bodies=literals.get("PLACE") == "bodies",
    )
