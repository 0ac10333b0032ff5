"""Find the definitions that a task's functions use, in their file and in files beside it.

A model that sees `score` must also see its helpers and constants. They are read from the syntax tree; nothing is executed.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from strop.base.errors import ConfigurationError
from strop.base.syntax import syntax_tree
from strop.base.user_modules import own_file
from strop.tasks.function.source import Source, bound_names, in_a_line, is_mark, joined, needed_names, used
from strop.tasks.function.splice import read_source

MOST_CHARACTERS = 6000
"""Characters of all definitions together."""
MOST_OF_ONE = 2000
"""Characters of one definition; a longer one is only named."""


class ShownFunction(NamedTuple):
    """A function whose source a model is shown."""

    text: str
    file: Path
    name: str


def shown_function(function: Callable[..., Any], name: str) -> ShownFunction:
    """The source of a function of this process, under `name`. Raises TypeError or OSError if the source cannot be read."""
    return ShownFunction(inspect.getsource(function), Path(inspect.getsourcefile(function) or ""), name)


def definitions(functions: Sequence[ShownFunction]) -> str:
    """The imports, constants, functions and classes that `functions` use, directly or indirectly, in the order of their files.

    Long definitions are only named. Empty if there are none, or if the source cannot be followed.
    """
    wanted: dict[Path, set[str]] = {}
    for function in functions:
        text = textwrap.dedent(function.text)
        try:
            tree = syntax_tree(text)
            read = Source(function.file, text, tree)
            wanted.setdefault(read.path, set()).update(*(needed_names(node, read) for node in tree.body))
        except (SyntaxError, ValueError, RecursionError):
            continue  # a lambda in the middle of a statement, say
    names_shown = {function.name for function in functions}
    parts: list[str] = []
    for path, names in wanted.items():
        source = _read(path)
        if source is None:
            continue
        nodes = _used(source, names, names_shown)
        parts.append(_printed(nodes, source, MOST_CHARACTERS - sum(map(len, parts))))
        for other, theirs in _beside(source, nodes):
            text = _printed(_used(other, theirs, ()), other, MOST_CHARACTERS - sum(map(len, parts)))
            parts.append(f"# From {other.path.name}:\n{text}" if text else "")
    return "\n\n\n".join(filter(None, parts))


def _read(path: Path) -> Source | None:
    try:
        return read_source(path, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ConfigurationError):
        return None


def _used(source: Source, names: Collection[str], names_shown: Collection[str]) -> list[ast.stmt]:
    """The statements of a module that define `names` and what these use. Left out are the functions `names_shown` and the marked
    function."""
    statements = used(source, names)
    return [
        node
        for node in source.tree.body
        if node in statements
        and not bound_names(node) & set(names_shown)
        and not any(is_mark(decorator) for decorator in getattr(node, "decorator_list", ()))
        and not (isinstance(node, ast.ImportFrom) and node.module == "__future__")
    ]


def _beside(source: Source, nodes: Sequence[ast.stmt]) -> Iterator[tuple[Source, set[str]]]:
    """The user's own modules that these statements import from (`from MODULE import NAME`), each with the imported names."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            relative_file = (
                source.path.absolute().parents[node.level - 1].joinpath(*node.module.split(".")).with_suffix(".py")
            )
            file = relative_file if node.level else own_file(source.path, node.module)
            other = None if file is None else _read(file)
            if other is not None:
                yield other, {alias.name for alias in node.names}


def _printed(nodes: Sequence[ast.stmt], source: Source, room: int) -> str:
    """The source of the statements as one file of about `room` characters. A definition that is too long becomes one line."""
    texts: dict[ast.stmt, str] = {}
    for node in nodes:
        own = source.of(node)
        texts[node] = own if len(own) <= min(MOST_OF_ONE, room) else in_a_line(node, own)
        room -= len(texts[node])
        if room < -MOST_OF_ONE:
            texts[node] = "# (more is left out)"
            break
    return joined(texts)
