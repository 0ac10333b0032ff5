"""An evaluator and its program as two guests: how the evaluator is called, and the stub that stands where the program was."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TypeAlias

from strop.base.later import dataclass
from strop.base.syntax import syntax_tree
from strop.tasks.function.source import bound_names

RUNNER = Path(__file__).resolve().parent / "runner.py"  # calls an evaluator in the process of its program
GUEST = Path(__file__).resolve().parent / "guest"  # modules of an evaluator and a program that are two guests
SEARCH = (str(GUEST), str(RUNNER.parents[2] / "sandbox"))
"""Folders with the modules of a stub, and of the program's guest."""
ADDRESS = "\0strop-program"
"""Address of the socket on which a stub asks for its calls. `strop_stub` repeats it."""
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_STUB = '''"""Stands for the program, which runs in a process of its own: a call of a function here is a request to it."""
import sys as _sys
_sys.path[:0] = {folders!r}
import strop_stub as _strop
_sys.path[:] = [each for each in _sys.path if each not in {folders!r}]
_strop = _strop.Stub(__name__, {others!r}, {classes!r})
__getattr__ = _strop.missing
'''
_FUNCTION = "\n\n@_strop\n{kind}def {name}({parameters}): ...\n"


@dataclass(frozen=True)
class EvaluatorSpec:
    """How an evaluator file scores a program."""

    form: str
    """How it is called: a `Form` of `task`."""
    evaluator: str
    """Path of the evaluator in the folder that is copied."""
    program: str
    """Path of the program there."""
    interpreter: Path
    named: bool
    """Whether the metrics that count have names."""
    shared: bool = False
    """Whether it runs the program in its own process, so that the program could make its score."""
    calls: tuple[str, ...] = ()
    """Functions of the program that its text does not show to be functions."""
    seeded: bool = False
    """Whether its inputs are drawn by a seed; else it chooses them itself."""
    stub: str = ""
    """Text of the stub that lies where the program was, the same for all candidates; empty if they share a process."""


def takes_seed(source: str, form: str) -> bool:
    """Whether the function of an evaluator has a parameter `seed` or `seeds`."""
    tree = syntax_tree(source) if form != "results" else ast.Module([], [])
    functions = [node for node in tree.body if isinstance(node, FUNCTIONS) and node.name in ("evaluate", "evaluator")]
    parameters = [node for function in functions[:1] for node in ast.walk(function.args) if isinstance(node, ast.arg)]
    return any(parameter.arg in ("seed", "seeds") for parameter in parameters)


def stub_of(original: str, calls: Collection[str]) -> str:
    """The text of the stub that lies where the program was. It has the functions of the original and those named in `calls`, and
    the original's text as comments, for an evaluator that searches the text.

    Raises:
        SyntaxError: the original is no Python.
    """
    tree = syntax_tree(original)
    functions = {node.name: node for node in _statements(tree.body) if isinstance(node, FUNCTIONS)}
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    others = tuple(sorted(set[str]().union(*map(bound_names, tree.body)) - functions.keys() - set(calls) - classes))
    parts = [_STUB.format(folders=SEARCH, others=others, classes=tuple(sorted(classes)))]
    parts += [_function(node) for name, node in functions.items() if name not in calls]
    parts += [_FUNCTION.format(kind="", name=name, parameters="*arguments, **named") for name in calls]
    parts += ["\n\n", *(f"# {line}\n" for line in original.splitlines())]
    return "".join(parts)


_LITERAL = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.UnaryOp, ast.USub, ast.Load)


def _function(node: Function) -> str:
    kind = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return _FUNCTION.format(kind=kind, name=node.name, parameters=_parameters(node.args))


def _parameters(arguments: ast.arguments) -> str:
    """The parameters of a definition without annotations; a default that is no literal is `...`."""
    for node in ast.walk(arguments):
        if isinstance(node, ast.arg):
            node.annotation = None
    arguments.defaults = [_literal(default) for default in arguments.defaults]
    arguments.kw_defaults = [default and _literal(default) for default in arguments.kw_defaults]
    return ast.unparse(arguments)


def _literal(node: ast.expr) -> ast.expr:
    return node if all(isinstance(part, _LITERAL) for part in ast.walk(node)) else ast.Constant(...)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, with those inside of `if`, `try` and `with`, and its lambdas as definitions."""
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield ast.FunctionDef(target.id, node.value.args, [], [])
        yield node
        for inner in ("body", "orelse", "finalbody") if isinstance(node, (ast.If, ast.Try, ast.With)) else ():
            yield from _statements(getattr(node, inner, []))
        for handler in getattr(node, "handlers", []):
            yield from _statements(handler.body)
