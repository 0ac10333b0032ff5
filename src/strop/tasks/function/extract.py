"""Extract a function from a module, with everything it needs, as a program that runs alone.

The syntax tree is read; nothing is executed. A function that cannot be extracted without changing its meaning is refused in one
line.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.solution import is_costly_to_parse
from strop.base.syntax import syntax_tree
from strop.base.unified_diff import plain_text
from strop.tasks.function.effects import ANYTHING, changed_by, changed_on_loading, related
from strop.tasks.function.source import (
    DECORATOR,
    DEFINED,
    INSTEAD,
    MUTATORS,
    Source,
    bound_names,
    first_line,
    is_mark,
    root_of,
)

_ALWAYS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}


def read_source(path: Path, text: str) -> Source:
    """The module with this text.

    Raises:
        ConfigurationError: it is not Python, or has line ends that other programs would not recognise.
    """
    normal = plain_text(text)
    if "\r" in normal:
        raise ConfigurationError(f"{path} has carriage returns inside of lines; save it with ordinary line ends")
    if is_costly_to_parse(normal):
        raise ConfigurationError(f"{path} is not Python: it has a name of more than 100 parts")
    try:
        return Source(path, normal, syntax_tree(normal))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigurationError(f"{path} is not Python: {error}") from error


def find_function(source: Source, name: str) -> ast.FunctionDef:
    """The only definition of the function `name` at the top level.

    Raises:
        ConfigurationError: there is none or more than one, or it is of a kind that cannot be extracted.
    """
    where = f"{source.path}:{name}"
    found = [node for node in source.tree.body if name in bound_names(node)]
    if not found:
        inside = any(getattr(node, "name", None) == name for node in ast.walk(source.tree))
        why = " at the top level: a method or a closure cannot be taken out of its surroundings" if inside else ""
        raise ConfigurationError(
            f"{where}: the module defines no such function{why}" + (f"; {INSTEAD}" if inside else "")
        )
    if len(found) > 1:
        raise ConfigurationError(f"{where}: the module defines {name} {len(found)} times; keep one")
    node = found[0]
    if not isinstance(node, ast.FunctionDef):
        kind = "async; wrap it in a function that is not" if isinstance(node, ast.AsyncFunctionDef) else "no plain def"
        raise ConfigurationError(f"{where} is {kind}")
    if any(is_mark(each) for each in node.decorator_list[1:]):
        raise ConfigurationError(f"{where}: let @{DECORATOR} be the first decorator, above the others")
    return node


def needed_names(node: ast.stmt, source: Source) -> set[str]:
    """The module's names that a statement reads, now or when the function or class that it defines is used."""
    text = source.of(node)
    without = syntax_tree(text).body[0]
    if isinstance(without, ast.FunctionDef):
        without.decorator_list = [each for each in without.decorator_list if not is_mark(each)]
        text = ast.unparse(without)
    table = symtable.symtable(text, str(source.path), "exec")
    return set(_globals_of(table)) - (_ALWAYS - source.bound)


def _globals_of(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_declared_global() or (symbol.is_referenced() and (top or symbol.is_global())):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals_of(child)


def extracted(source: Source, name: str, *, files: bool = True, own: Collection[str] = ()) -> str:
    """The program: the function, and the imports, constants and helper functions that it uses, in the module's order.

    `files`: whether to check that imports are not the user's own files; False if that was checked before.
    `own`: globals that the function may declare and change, because nothing else uses them.

    Raises:
        ConfigurationError: it needs something that cannot be extracted.
    """
    target = find_function(source, name)
    kept, seen = used(source, target)
    for node in kept - {target}:
        _check(node, min(bound_names(node) & seen, default=name), source, name, files)
    _check_stars(source, seen, name)
    _check_state(source, kept, seen, name, own)
    future = [node for node in source.tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    ordered = [node for node in source.tree.body if node in kept or node in future]
    return joined(ordered, lambda node: _without_mark(node, source) if node is target else source.of(node))


def used(source: Source, *starts: ast.stmt, names: Collection[str] = ()) -> tuple[set[ast.stmt], set[str]]:
    """The top-level statements that these statements and names need, including `starts`, and the names in them."""
    kept: set[ast.stmt] = set(starts)
    seen = set(names).union(*(needed_names(node, source) for node in starts))
    while True:
        more = [
            node
            for node in source.tree.body
            if node not in kept and (bound_names(node) & seen or _changes(node, seen, source))
        ]
        if not more:
            return kept, seen
        kept.update(more)
        seen = seen.union(*(needed_names(node, source) for node in more))


def left_out(source: Source, name: str) -> list[ast.stmt]:
    """Statements that run when the module loads and are not part of the program."""
    kept, _ = used(source, find_function(source, name))
    return [node for node in source.tree.body if node not in kept and not bound_names(node) and not says_nothing(node)]


def says_nothing(node: ast.stmt) -> bool:
    """Whether it is a docstring, or runs only if the module is run as a script."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Pass):
        return True
    return isinstance(node, ast.If) and ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'"


def _changes(node: ast.stmt, seen: Collection[str], source: Source) -> bool:
    """Whether a top-level statement changes the value of one of the names, or how an import of them behaves."""
    if says_nothing(node):
        return False
    changed = changed_on_loading(node, source)
    if changed == ANYTHING or not changed.isdisjoint(related(seen, source)):
        return True
    if isinstance(node, DEFINED):
        return False
    if isinstance(node, ast.Expr) and ast.unparse(node).startswith("sys.setrecursionlimit("):
        return True
    imports = source.bound - source.values
    for each in ast.walk(node):
        if isinstance(each, (ast.Subscript, ast.Attribute)) and isinstance(each.ctx, (ast.Store, ast.Del)):
            if root_of(each) in seen:
                return True
        elif isinstance(each, ast.Expr) and isinstance(each.value, ast.Call):
            called = each.value.func
            if isinstance(called, ast.Attribute) and root_of(called) in seen:
                return True
            given = {argument.id for argument in each.value.args if isinstance(argument, ast.Name)}
            if root_of(called) in imports and not given.isdisjoint(source.values.intersection(seen)):
                return True
    return False


def _without_mark(node: ast.stmt, source: Source) -> str:
    """The source of the function, without the decorator that marks it."""
    assert isinstance(node, ast.FunctionDef)
    start = first_line(node)
    if node.decorator_list and is_mark(node.decorator_list[0]):
        start = (node.decorator_list[0].end_lineno or start) + 1
    return "\n".join(source.lines[start - 1 : node.end_lineno])


def joined(nodes: Iterable[ast.stmt], said: Callable[[ast.stmt], str]) -> str:
    """Statements as a file: definitions with two empty lines around them."""
    text, before = "", None
    for node in nodes:
        large = any(isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) for each in (node, before))
        imports = [isinstance(each, (ast.Import, ast.ImportFrom)) for each in (node, before)]
        gap = "" if before is None else "\n\n\n" if large else "\n" if imports[0] == imports[1] else "\n\n"
        text, before = text + gap + said(node), node
    return text + "\n"


def _check(node: ast.stmt, wanted: str, source: Source, name: str, files: bool) -> None:
    """Raise ConfigurationError for an import of the user's own files, which the jail does not have."""
    where = f"{source.path}:{name}"
    for each in ast.walk(node):
        if isinstance(each, ast.ImportFrom) and each.level:
            raise ConfigurationError(f"{where} uses {wanted} of its own package ({ast.unparse(each)}); {INSTEAD}")
        tops = (
            [alias.name for alias in each.names]
            if isinstance(each, ast.Import)
            else [each.module or ""]
            if isinstance(each, ast.ImportFrom)
            else []
        )
        for top in (full.partition(".")[0] for full in tops):
            if files and _is_own(top, source.path):
                raise ConfigurationError(f"{where} uses {wanted} of your own module {top}; {INSTEAD}")


def package_root(path: Path) -> Path:
    """The folder from which a module is imported: the one above its packages."""
    root = path.absolute().parent
    while (root / "__init__.py").is_file() and root.parent != root:
        root = root.parent
    return root


def _is_own(top: str, path: Path) -> bool:
    root = package_root(path)
    return bool(top) and ((root / f"{top}.py").is_file() or (root / top / "__init__.py").is_file())


def _check_stars(source: Source, seen: set[str], name: str) -> None:
    stars = [node for node in source.tree.body if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
    if stars and (lost := sorted(seen - source.bound)):
        raise ConfigurationError(
            f"{source.path}:{name} uses {lost[0]}, which may come from '{ast.unparse(stars[0])}'; import it by its name"
        )


def _check_state(source: Source, kept: set[ast.stmt], seen: set[str], name: str, own: Collection[str]) -> None:
    """Raise ConfigurationError if the function reads a global that changes while the module is used."""
    for node in source.tree.body:
        for function in ast.walk(node):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                continue
            inside = set(_stated(function))
            changed = inside if node not in kept else {each for each in inside if each[1] and each[0] not in own}
            for global_name, _ in sorted(changed):
                if global_name in seen & source.values:
                    by = getattr(function, "name", "a lambda")
                    raise ConfigurationError(
                        f"{source.path}:{name} uses the global {global_name}, which {by} changes: it is not the "
                        f"function's alone; pass it as an argument, or {INSTEAD}"
                    )

    state = related(seen, source) & {each for each in source.bound if each in source.values or each in _classes(source)}
    for node in source.tree.body:
        if node not in kept and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for global_name in sorted(changed_by([node], source) & state):
                raise ConfigurationError(
                    f"{source.path}:{name} uses the global {global_name}, which {node.name} changes: it is not the "
                    f"function's alone; pass it as an argument, or {INSTEAD}"
                )


def _classes(source: Source) -> set[str]:
    return {node.name for node in source.tree.body if isinstance(node, ast.ClassDef)}


def changed_globals(nodes: Iterable[ast.stmt]) -> set[str]:
    """The names outside these functions and classes that they may change when they run."""
    functions = [
        each for node in nodes for each in (node.body if isinstance(node, ast.ClassDef) else [node])
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]  # fmt: skip
    return {name for function in functions for name, _ in _stated(function)}


def _stated(function: ast.AST) -> Iterator[tuple[str, bool]]:
    """(name, declared `global`) of variables that a function may change outside itself."""
    own = {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
    own |= {each.id for each in ast.walk(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    declared = {name for each in ast.walk(function) if isinstance(each, ast.Global) for name in each.names}
    yield from ((name, True) for name in declared)
    for each in ast.walk(function):
        base: ast.expr | None = None
        if isinstance(each, (ast.Subscript, ast.Attribute)) and isinstance(each.ctx, (ast.Store, ast.Del)):
            base = each.value
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in MUTATORS:
            base = each.func.value
        if isinstance(base, ast.Name) and base.id not in own - declared:
            yield base.id, False
