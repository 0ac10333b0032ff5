"""A module of the user's, parsed: its statements, the names they bind, and the function to improve."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path

from strop.base.later import dataclass
from strop.base.syntax import parsed, syntax_tree
from strop.base.unified_diff import plain_text

DECORATOR = "improve_me"
_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_TASKS = ("Task", "Construction")


@dataclass(frozen=True)
class Source:
    """A parsed module."""

    path: Path
    text: str
    """The text, with newlines as line ends."""
    tree: ast.Module = field(compare=False)
    decorated: str = ""
    """The function that must keep its decorators, because strop measures the function below them; empty if there is none."""

    @cached_property
    def lines(self) -> list[str]:
        """Lines, by the syntax tree's line number less 1."""
        return self.text.split("\n")

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that the module binds at its top level."""
        return frozenset().union(*(bound_names(node) for node in self.tree.body))

    @cached_property
    def named(self) -> frozenset[str]:
        """The names that it reads or binds anywhere."""
        return frozenset(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name))

    def of(self, node: ast.stmt) -> str:
        """The source of a statement, decorators included."""
        if isinstance(node, _DEFINED):
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
    if isinstance(node, _DEFINED):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return set(_bound_inside(node))


def _bound_inside(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*_DEFINED, ast.Import, ast.ImportFrom)):
            yield from bound_names(child)
        elif isinstance(child, ast.Name) and isinstance(child.ctx, (ast.Store, ast.Del)):
            yield child.id
        elif not isinstance(child, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            yield from _bound_inside(child)


def needed_names(node: ast.stmt, source: Source) -> set[str]:
    """The module's names that a statement reads, now or when the function or class that it defines is used."""
    text = source.of(node)
    text = f"if 1:\n{text}" if text[:1].isspace() else text  # of a class
    tree = syntax_tree(text)
    marked = [part for part in ast.walk(tree) if any(map(is_mark, getattr(part, "decorator_list", ())))]
    for part in marked:
        part.decorator_list = [one for one in part.decorator_list if not is_mark(one)]  # type: ignore[attr-defined]
    text = ast.unparse(tree) if marked else text
    return set(_globals_of(symtable.symtable(text, str(source.path), "exec")))


def _globals_of(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_declared_global() or (symbol.is_referenced() and (top or symbol.is_global())):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals_of(child)


def used(source: Source, names: Collection[str]) -> set[ast.stmt]:
    """The top-level statements that bind these names, and those that bind what these need in turn."""
    seen, statements = set(names), set[ast.stmt]()
    while more := [node for node in source.tree.body if node not in statements and bound_names(node) & seen]:
        statements.update(more)
        seen = seen.union(*(needed_names(node, source) for node in more))
    return statements


def callers(source: Source, name: str) -> list[str]:
    """The functions of a module that use its name `name`, in the order of the file, methods as `Class.method`."""
    own = name.rpartition(".")[2]
    named = [("", node) for node in source.tree.body]
    named += [(f"{outer.name}.", node) for _, outer in named if isinstance(outer, ast.ClassDef) for node in outer.body]
    functions = [
        (f"{outer}{node.name}", node)
        for outer, node in named
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return [
        caller
        for caller, node in functions
        if caller != name
        and any(own in (getattr(part, "id", ""), getattr(part, "attr", "")) for part in ast.walk(node))
    ]


def joined(texts: Mapping[ast.stmt, str]) -> str:
    """Statements as a file: definitions with two empty lines around them."""
    text, before = "", None
    for node, own in texts.items():
        large = any(isinstance(statement, _DEFINED) for statement in (node, before))
        imports = [isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in (node, before)]
        gap = "" if before is None else "\n\n\n" if large else "\n" if imports[0] == imports[1] else "\n\n"
        text, before = text + gap + own, node
    return text.rstrip()


def in_a_line(node: ast.stmt, source: str) -> str:
    """One line about a definition that is too long to show."""
    count = source.count("\n") + 1
    lines = f"{count} lines" if count > 1 else f"{len(source)} characters"
    kind = "a class" if isinstance(node, ast.ClassDef) else "a function" if isinstance(node, _DEFINED) else "a value"
    summary = (ast.get_docstring(node) or "").split("\n")[0] if isinstance(node, _DEFINED) else ""
    return f"# {', '.join(sorted(bound_names(node)))}: {kind} of {lines}, not shown{f' ({summary:.200})' if summary else ''}"


def is_marked(path: Path, asked: str) -> bool:
    """Whether the text of a file says that `asked` is a marked function. The file names `improve_me`, and makes `asked` by no
    other call; only a file that names `Task` or `Construction` could make it by another call."""
    if not path.is_file():
        return False
    tree = parsed(plain_text(path.read_bytes().decode("utf-8", "replace")))
    if tree is None:
        return DECORATOR.encode() in path.read_bytes()
    marks = {name for node in tree.body if _calls(node, {DECORATOR}) for name in bound_names(node)}
    names = {getattr(node, "id", getattr(node, "attr", getattr(node, "name", ""))) for node in ast.walk(tree)}
    return DECORATOR in names and (
        names.isdisjoint(_TASKS)
        or not any(
            (asked or "task") in bound_names(node) and _is_made(node) and not _calls(node, {DECORATOR, *marks})
            for node in tree.body
        )
    )


def _is_made(node: ast.stmt) -> bool:
    """Whether a statement binds what a call returns."""
    return isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call)


def _calls(node: ast.stmt, names: Collection[str]) -> bool:
    """Whether a statement binds something that is made by a call of one of these names."""
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    named = [getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(value)] if value else []
    return not {*named}.isdisjoint(names)
