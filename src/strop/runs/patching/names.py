"""The names of a module that others may import."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from strop.base.errors import Malformed
from strop.base.syntax import parsed
from strop.tasks.function.source import bound_names
from strop.tasks.function.splice import Function, check_parameters, functions_of
from strop.tasks.languages import language_of


def removed_names(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The public functions, classes and values of Python files (path → text) that the same files no longer have in `after`, and
    the functions that no longer take what they took. A file that is ABSENT there has lost all.

    A name that is imported in `after` is not lost. A file without functions and classes is a script, whose variables do not
    count.
    """
    removed: set[str] = set()
    for path, text in before.items():
        if language_of(path) == "Python" and after[path] != text:
            body, now = _body(text), set[str]().union(*map(bound_names, _body(after[path])))
            defining = [statement for statement in body if not isinstance(statement, (ast.Import, ast.ImportFrom))]
            is_module = any(
                isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) for statement in body
            )
            if is_module and "*" not in now:
                removed |= set[str]().union(*map(bound_names, defining)) - now
            own = _functions(_body(after[path]))
            removed |= {
                f"parameters of {name}" for name, one in _functions(body).items() if _takes_less(one, own.get(name))
            }
    return tuple(sorted(name for name in removed if not name.startswith("_") or name.endswith("__")))


def _functions(body: list[ast.stmt]) -> dict[str, Function]:
    """The public functions and methods of a module, by name."""
    return {name: node for name, node in functions_of(body).items() if not name.rpartition(".")[2].startswith("_")}


def _takes_less(before: Function, after: Function | None) -> bool:
    try:
        if after is not None:
            check_parameters(before, after)
    except Malformed:
        return True
    return False


def _body(text: str) -> list[ast.stmt]:
    """The statements of a module; none of a text that is not Python."""
    tree = parsed(text)
    return [] if tree is None else tree.body
