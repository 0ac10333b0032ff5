"""Read the textbook: a folder of plain Python files, one algorithm each, to which anyone can add.

A file is read as text and parsed; it is never imported or run here. Its docstring begins with one sentence (the
idea) and has two lines `shape: <one of SHAPES>` and `grade: good` or `grade: mediocre`; its last top-level function is
the algorithm, with one required parameter for each role of the shape, in their order.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, TypeAlias

from strop.base.errors import ConfigurationError
from strop.base.syntax import syntax_tree
from strop.lm.offline.shapes import SHAPES

Grade: TypeAlias = Literal["good", "mediocre"]


@dataclass(frozen=True)
class Algorithm:
    """One textbook file."""

    name: str
    """The file's name without its suffix."""
    idea: str
    """One sentence."""
    shape: str
    grade: Grade
    text: str
    """The program without its header."""
    entry: str
    parameters: tuple[str, ...]
    """The entry function's parameters, in the order of the shape's roles."""


@dataclass(frozen=True)
class Textbook:
    """Every algorithm, in the order of their names."""

    algorithms: tuple[Algorithm, ...]

    def fitting(self, shape: str | None, grade: str | None = None) -> list[Algorithm]:
        """The algorithms of a shape, all grades unless one is given."""
        return [one for one in self.algorithms if one.shape == shape and grade in (None, one.grade)]


def load_textbook(folder: Traversable | None = None) -> Textbook:
    """The textbook in the package, or the one in `folder`.

    Raises:
        ConfigurationError: a file has no valid header, or is not Python.
    """
    return _packaged() if folder is None else _read_all(folder)


@cache
def _packaged() -> Textbook:
    return _read_all(files("strop.lm").joinpath("textbook"))


def _read_all(folder: Traversable) -> Textbook:
    sources = sorted((item for item in folder.iterdir() if item.name.endswith(".py")), key=lambda item: item.name)
    return Textbook(tuple(_read(source) for source in sources))


def _read(source: Traversable) -> Algorithm:
    text = source.read_text(encoding="utf-8")
    try:
        tree = syntax_tree(text)
    except SyntaxError as error:
        raise ConfigurationError(f"textbook file {source.name}: {error}") from error
    header = ast.get_docstring(tree) or ""
    shape, grade = _field(header, "shape"), _field(header, "grade")
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if shape not in SHAPES or grade not in ("good", "mediocre") or not functions:
        raise ConfigurationError(f"textbook file {source.name}: needs a known `shape:`, a `grade:` and a function")
    parameters = tuple(argument.arg for argument in functions[-1].args.args)
    if len(parameters) != len(SHAPES[shape]):
        raise ConfigurationError(f"textbook file {source.name}: {shape} takes {', '.join(SHAPES[shape])}")
    return Algorithm(
        name=source.name.removesuffix(".py"),
        idea=" ".join(header.split("\n\n")[0].split()),
        shape=shape,
        grade="good" if grade == "good" else "mediocre",
        text="\n".join(text.splitlines()[tree.body[0].end_lineno :]).strip() + "\n",
        entry=functions[-1].name,
        parameters=parameters,
    )


def _field(header: str, name: str) -> str:
    match = re.search(rf"^{name}:[ \t]*(\S+)", header, re.MULTILINE)
    return match[1] if match else ""
