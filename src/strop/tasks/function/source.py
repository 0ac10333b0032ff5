"""A module of the user's, parsed: its statements, the names they bind, and the function to improve."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

DECORATOR = "improve_me"
INSTEAD = "use the command form (docs/targets.md)"
MUTATORS = frozenset(
    ("add append clear discard extend insert pop popitem popleft remove reverse setdefault sort update").split()  # noqa: SIM905
)
DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
"""Statements that bind something other than a value."""


@dataclass(frozen=True)
class Source:
    """A parsed module."""

    path: Path
    text: str
    """The text, with newlines as line ends."""
    tree: ast.Module = field(compare=False)

    @cached_property
    def lines(self) -> list[str]:
        """Lines, by the syntax tree's line number less 1."""
        return self.text.split("\n")

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that the module binds at its top level."""
        return frozenset().union(*(bound_names(node) for node in self.tree.body))

    @cached_property
    def values(self) -> frozenset[str]:
        """Those that are not functions, classes or imports."""
        return frozenset().union(*(bound_names(node) for node in self.tree.body if not isinstance(node, DEFINED)))

    def of(self, node: ast.stmt) -> str:
        """The source of a statement, decorators included."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return "\n".join(self.lines[first_line(node) - 1 : node.end_lineno])
        lines = self.lines[node.lineno - 1 : node.end_lineno]
        lines[-1] = lines[-1].encode()[: node.end_col_offset].decode()
        lines[0] = lines[0].encode()[node.col_offset :].decode()
        return "\n".join(lines)


def first_line(node: ast.stmt) -> int:
    """The first line of a statement, including its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def is_mark(decorator: ast.expr) -> bool:
    """Whether a decorator is `@improve_me(…)`, under any import."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name == DECORATOR


def bound_names(node: ast.AST) -> set[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return set(_bound_inside(node))


def _bound_inside(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            yield from bound_names(child)
        elif isinstance(child, ast.Name) and isinstance(child.ctx, (ast.Store, ast.Del)):
            yield child.id
        elif not isinstance(child, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            yield from _bound_inside(child)


def root_of(node: ast.expr, *, calls: bool = True) -> str:
    """The name at the start of an expression such as `a.b[c].d()`; empty if there is none, or behind a call without `calls`."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        if isinstance(node, ast.Call) and not calls:
            return ""
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
