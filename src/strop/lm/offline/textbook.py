"""Recombination: replace a program's entry function by an algorithm of the textbook, a folder of plain Python files.

A file begins with a docstring of one line, `GRADE SHAPE: idea.`, where the grade is `good` or `mediocre`; its last function is
the algorithm, with one parameter for each role of the shape. It is read as text, never imported or run here.

A *shape* is a family of problems with the same arguments. It is recognized by the words that programmers use for them, which is
sometimes wrong, as any reader is. A function of unknown shape is edited (`mutate`), never replaced.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import permutations

from strop.base.later import dataclass
from strop.base.syntax import syntax_tree

_MATRIX = "f d p a b c flow flows distance distances preference preferences cost costs matrix"

SHAPES: dict[str, tuple[str, ...]] = {
    # initial solution, utility, language model (Figure 2); returns the improved solution
    "improver": ("solution program code candidate", "utility score objective fitness", "language lm llm model"),
    # training inputs, training labels (binary), test inputs; returns the labels of the test inputs
    "learner": (
        "train training known x features inputs",
        "y label labels parity target targets class classes output outputs",
        "test query queries unseen new eval",
    ),
    # flows, distances, preferences: square matrices of one size; returns a permutation, the place of each facility
    "assignment": (_MATRIX, _MATRIX, _MATRIX),
    # a string and a distance; returns a string of the same length at that distance
    "string": ("t s string str text word target pattern", "dist distance"),
    # lists of signed variable numbers from 1; returns truth values, index 0 unused
    "sat": ("formula clause clauses cnf",),
    # the symmetric matrix of a graph; returns the side of each node, 0 or 1
    "partition": ("adjacency adj graph weight weights matrix edges w",),
}
"""Every shape with the words of its parameters, in the order in which the textbook takes them."""

HINTS = {
    "assignment": "permutation perm assignment assign facility facilities location locations",
    "partition": "cut maxcut partition bipartition side sides",
}
"""Shapes whose parameters have common names → words of which the function must contain one."""


@dataclass(frozen=True)
class Algorithm:
    """One file of the textbook."""

    name: str
    """The file's name without its suffix."""
    grade: str
    """`good` or `mediocre`."""
    shape: str
    idea: str
    """One sentence."""
    text: str
    """The program without its first line."""
    entry: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Signature:
    """The entry function of a program, and its probable purpose."""

    function: ast.FunctionDef
    shape: str | None
    roles: tuple[str, ...]
    """The parameters in the order of the textbook; empty if the shape is not known."""


@cache
def load_textbook() -> tuple[Algorithm, ...]:
    """Every algorithm, in the order of their names."""
    sources = [source for source in files("strop.lm").joinpath("textbook").iterdir() if source.name.endswith(".py")]
    return tuple(_read(source.name[:-3], source.read_text(encoding="utf-8")) for source in sorted(sources, key=str))


def _read(name: str, source: str) -> Algorithm:
    header, text = source.split("\n", 1)
    grade, shape, idea = header.strip('"').split(" ", 2)
    function = [node for node in syntax_tree(text).body if isinstance(node, ast.FunctionDef)][-1]
    parameters = tuple(argument.arg for argument in function.args.args)
    return Algorithm(name, grade, shape.removesuffix(":"), idea, text.strip() + "\n", function.name, parameters)


def signature_of(tree: ast.Module) -> Signature | None:
    """The last top-level function that no other calls, preferably of a known shape; None if the program defines no function."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    called = {name for function in functions for name in _names(function) - {function.name}}
    outer = [function for function in functions if function.name not in called] or functions
    signatures = [_signature(function) for function in reversed(outer)]
    return next((signature for signature in signatures if signature.shape), next(iter(signatures), None))


def _signature(function: ast.FunctionDef) -> Signature:
    arguments = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    required = arguments[: len(arguments) - len(function.args.defaults)]
    hints = words_in(" ".join([function.name, ast.get_docstring(function) or "", *_names(function)]))
    for shape, roles in SHAPES.items():
        if len(required) != len(roles) or (shape in HINTS and not hints & words_in(HINTS[shape])):
            continue
        for order in permutations(required):
            if all(words_in(name) & words_in(role) for name, role in zip(order, roles, strict=True)):
                return Signature(function, shape, order)
    return Signature(function, None, ())


def words_in(name: str) -> frozenset[str]:
    """The lower-case words of an identifier or of prose: `trainLabels_2` has train and labels."""
    return frozenset(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name))


def recombine(algorithm: Algorithm, tree: ast.Module, signature: Signature) -> str:
    """The program with the algorithm in place of its entry function and of what only that function used; comments are lost.

    Raises:
        ValueError: the program has a constant that Python cannot print.
        RecursionError: the program is too deep.
    """
    function, body = signature.function, algorithm.text
    parameters = ast.unparse(function.args)
    if (function.name, parameters) != (algorithm.entry, ", ".join(algorithm.parameters)):
        inner = algorithm.entry if algorithm.entry != function.name else f"textbook_{algorithm.entry}"
        body = body.replace(f"def {algorithm.entry}(", f"def {inner}(")
        body += f"\n\ndef {function.name}({parameters}):\n    return {inner}({', '.join(signature.roles)})\n"
    return "\n\n".join([*(ast.unparse(statement) for statement in _rest(tree, function)), body])


def _rest(tree: ast.Module, entry: ast.FunctionDef) -> list[ast.stmt]:
    """The top-level definitions that the entry function does not use, and those that they and its parameters use."""
    definitions = [node for node in tree.body if node is not entry and _defined(node)]
    used = _reached([entry], definitions)
    others = [node for node in definitions if node not in used and not isinstance(node, ast.Import | ast.ImportFrom)]
    needed = _reached([*others, entry.args], definitions)
    return [node for node in definitions if node in others or node in needed]


def _reached(roots: Sequence[ast.AST], definitions: list[ast.stmt]) -> list[ast.stmt]:
    """The definitions that the roots use, directly or not."""
    reached: list[ast.stmt] = []
    frontier = list(roots)
    while frontier:
        names = _names(frontier.pop())
        new = [node for node in definitions if node not in reached and _defined(node) & names]
        reached += new
        frontier += new
    return reached


def _names(node: ast.AST) -> set[str]:
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}


def _defined(node: ast.stmt) -> set[str]:
    """The names that a top-level statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store)}
