"""What is needed to run an evaluator apart from the program, and what in its source says that they must share a process."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from strop.base.syntax import syntax_tree

RUNNER = Path(__file__).resolve().parent / "runner.py"  # calls an evaluator in the process of its program
GUEST = Path(__file__).resolve().parent / "guest"  # modules of an evaluator and a program that are two guests
ADDRESS = "\0strop-program"
"""Of the socket on which the stand-in for a program asks for its calls; `strop_stand_in` has it, too."""
STAND_IN = '''"""Stands for the program, which runs in a process of its own: calls of its functions go there."""
import sys as _sys
_sys.path.insert(0, {folder!r})
import strop_stand_in as _stand_in
_sys.path.remove({folder!r})
_stand_in.fill(globals(), locals(), {program!r})
'''
"""The file that lies where the program was, with the folder of its module and the path of the program."""
_MOST_CALLS = 5
_EXECUTING = frozenset({"exec", "compile"})
_LOOKS_AT_TEXT = frozenset({"getsize", "st_size", "getsource", "getsourcelines", "cmp"})


@dataclass(frozen=True)
class Parties:
    """An evaluator and its program, as two parties."""

    form: str  # how the evaluator is called: a `Form` of `task`
    evaluator: str
    """Path of the evaluator in the folder that is copied."""
    program: str
    """Path of the program there."""
    interpreter: Path
    named: bool
    """Whether the metrics that count have names."""
    shared_because: str = ""
    """Why they must share a process, as far as the source shows."""
    allow_nan: bool = False
    """Whether the program may return numbers that are not finite."""


def why_shared(source: str, form: str) -> str:
    """Why an evaluator must share a process with the program, as its source shows; empty if nothing in it does."""
    tree = syntax_tree(source)
    functions = {each.name: each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
    if form == "text":
        function = functions.get("evaluate", functions.get("evaluator"))
        if function is None or not function.args.args:
            return "it gets the program's text in a way that cannot be followed"
        if not _only_executes(function, function.args.args[0].arg, functions, 0):
            return "it reads the program's text"
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in _LOOKS_AT_TEXT:
            return f"it uses {name}, which may look at the program's text"
    return ""


def executes_what_it_reads(source: str, line: int) -> bool:
    """Whether the text of a file that is opened in this line is only executed."""
    tree = syntax_tree(source)
    scopes = [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.FunctionDef) and each.lineno <= line <= (each.end_lineno or 0)
    ]
    scope: ast.AST = max(scopes, key=lambda each: each.lineno) if scopes else tree
    names, is_read = set[str](), False
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _READING:
            if node.func.attr in ("readlines", "readline"):
                return False
            is_read = True
            assigned = _assigned(scope, node)
            if assigned is not None:
                names.add(assigned)
            elif not _is_inside_execution(scope, node):
                return False
    return is_read and all(_only_executes(scope, name, {}, 0) for name in names)


_READING = frozenset({"read", "read_text", "read_bytes", "readlines", "readline"})


def _assigned(scope: ast.AST, call: ast.Call) -> str | None:
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and node.value is call and isinstance(node.targets[0], ast.Name):
            return node.targets[0].id
    return None


def _is_inside_execution(scope: ast.AST, found: ast.AST) -> bool:
    return any(found in set(ast.walk(call)) for call in _executions(scope))


def _executions(scope: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _EXECUTING:
            yield node


def _only_executes(scope: ast.AST, name: str, functions: dict[str, ast.FunctionDef], depth: int) -> bool:
    """Whether a text is only executed, or written to a file."""
    allowed: set[ast.AST] = set()
    for node in ast.walk(scope):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        written = isinstance(node.func, ast.Attribute) and node.func.attr in ("write", "write_text", "writelines")
        if called in _EXECUTING or written:
            allowed.add(node.args[0])
        elif called in functions and depth < _MOST_CALLS:
            function = functions[called]
            for number, argument in enumerate(node.args[: len(function.args.args)]):
                inner = function.args.args[number].arg
                if _is_name(argument, name) and _only_executes(function, inner, functions, depth + 1):
                    allowed.add(argument)
    compiled = {
        node.targets[0].id
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "compile"
    }
    uses = [node for node in ast.walk(scope) if _is_name(node, name) and isinstance(node.ctx, ast.Load)]  # type: ignore[attr-defined]
    return name not in compiled and all(use in allowed for use in uses)


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
