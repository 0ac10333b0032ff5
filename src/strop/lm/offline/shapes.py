"""Recognize the kind of problem that an entry function solves, by its signature and its words only.

A *shape* is a family of problems with the same arguments (`learner`: training inputs, training labels, test inputs).
The rules know the words that programmers use for such arguments; they know no task of this project, and are sometimes
wrong, as any reader is. A function of unknown shape is edited (strop.lm.offline.mutate), never replaced.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

SHAPES: dict[str, tuple[str, ...]] = {
    # binary labels; returns the predicted labels of the test inputs
    "learner": ("training inputs", "training labels", "test inputs"),
    # square matrices of one size; returns a permutation, the place of each facility
    "assignment": ("flows", "distances", "preferences"),
    # a symmetric matrix; returns the side of each node, 0 or 1
    "partition": ("weights of a graph",),
    # lists of signed variable numbers from 1; returns truth values, index 0 unused
    "sat": ("clauses",),
    # returns a string of the same length at that distance
    "string": ("string", "distance"),
    # the API of Figure 2; returns the improved solution
    "improver": ("initial solution", "utility", "language model"),
    # the paper's earlier API (Figures A.7 to A.15); returns the improved solution
    "improver-earlier": ("initial solution", "description of the utility", "utility"),
}
"""Every shape with the roles of its arguments, in order."""

Kind: TypeAlias = Callable[[frozenset[str]], bool]
"""Whether a name, as a set of words, is of a kind."""


@dataclass(frozen=True)
class Signature:
    """The entry function of a program, and its probable purpose."""

    function: ast.FunctionDef
    shape: str | None
    roles: tuple[str, ...]
    """The parameters for the shape's roles, in the order of `SHAPES`; empty if the shape is not known."""

    @property
    def entry(self) -> str:
        """Name of the entry function."""
        return self.function.name


def signature_of(tree: ast.Module) -> Signature | None:
    """The entry function of a program: the last top-level function that no other one calls, known shapes first.

    None if the program does not define a function.
    """
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    called = {
        node.func.id
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id != function.name
    }
    outer = [function for function in functions if function.name not in called] or functions
    signatures = [_signature(function) for function in reversed(outer)]
    known = [signature for signature in signatures if signature.shape is not None]
    return next(iter(known or signatures), None)


def _signature(function: ast.FunctionDef) -> Signature:
    arguments = [*function.args.posonlyargs, *function.args.args]
    names = [argument.arg for argument in arguments]
    required = names[: len(names) - len(function.args.defaults)]
    hints = _words_of(function)
    for shape, roles in (
        ("improver", _named(names, _one_of(_SOLUTION), _is_utility, _one_of(_MODEL))),
        ("improver-earlier", _named(names, _one_of(_SOLUTION), _is_description, _is_utility)),
        ("learner", _learner(required)),
        ("assignment", _assignment(required, hints)),
        ("string", _named(required, _one_of(_STRING), _one_of(_DISTANCE)) if len(required) == 2 else ()),
        ("sat", _only(required, _FORMULA)),
        ("partition", _only(required, _GRAPH) if hints & _CUT else ()),
    ):
        if roles:
            return Signature(function, shape, roles)
    return Signature(function, None, ())


_SOLUTION = frozenset({"solution", "program", "code", "candidate"})
_UTILITY = frozenset({"utility", "score", "objective", "fitness"})
_TEXT = frozenset({"str", "string", "text", "description", "desc"})
_MODEL = frozenset({"language", "lm", "llm", "model"})
_TRAINING = frozenset({"train", "training", "known", "x", "y", "labels", "features", "inputs", "targets"})
_UNSEEN = frozenset({"test", "query", "queries", "unseen", "new", "eval"})
_LABELS = frozenset({"y", "label", "labels", "target", "targets", "class", "classes", "output", "outputs"})
_MATRIX = frozenset({"flow", "flows", "distance", "distances", "preference", "preferences", "cost", "costs", "matrix"})
_PERMUTING = frozenset(
    {"permutation", "perm", "assignment", "assign", "facility", "facilities", "location", "locations"}
)
_FORMULA = frozenset({"formula", "clause", "clauses", "cnf"})
_GRAPH = frozenset({"adjacency", "adj", "graph", "weight", "weights", "matrix", "edges", "w"})
_CUT = frozenset({"cut", "maxcut", "partition", "bipartition", "side", "sides"})
_STRING = frozenset({"t", "s", "string", "str", "text", "word", "target", "pattern"})
_DISTANCE = frozenset({"dist", "distance"})


def words(name: str) -> frozenset[str]:
    """The lower-case words of an identifier or of prose: `trainLabels_2` has train and labels."""
    return frozenset(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name))


def _words_of(function: ast.FunctionDef) -> frozenset[str]:
    """Every word of the function's name, docstring and variables."""
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return frozenset().union(*map(words, [function.name, ast.get_docstring(function) or "", *names]))


def _named(names: Iterable[str], *kinds: Kind) -> tuple[str, ...]:
    """The first unused name of each kind, in the order of `kinds`; () if one of them has no name."""
    left = list(names)
    roles: list[str] = []
    for kind in kinds:
        fitting = next((name for name in left if kind(words(name))), None)
        if fitting is None:
            return ()
        left.remove(fitting)
        roles.append(fitting)
    return tuple(roles)


def _one_of(vocabulary: frozenset[str]) -> Kind:
    return lambda name: bool(name & vocabulary)


def _is_utility(name: frozenset[str]) -> bool:
    return bool(name & _UTILITY) and not name & _TEXT


def _is_description(name: frozenset[str]) -> bool:
    return bool(name & _UTILITY) and bool(name & _TEXT)


def _learner(required: list[str]) -> tuple[str, ...]:
    unseen = [name for name in required if words(name) & _UNSEEN]
    training = [name for name in required if name not in unseen]
    if len(required) != 3 or len(unseen) != 1 or not any(words(name) & _TRAINING for name in training):
        return ()
    inputs, labels = training
    if words(inputs) & _LABELS and not words(labels) & _LABELS:
        inputs, labels = labels, inputs
    return inputs, labels, unseen[0]


def _assignment(required: list[str], hints: frozenset[str]) -> tuple[str, ...]:
    matrices = all((len(name) == 1 and name.isupper()) or words(name) & _MATRIX for name in required)
    return tuple(required) if len(required) == 3 and matrices and hints & _PERMUTING else ()


def _only(required: list[str], kind: frozenset[str]) -> tuple[str, ...]:
    return tuple(required) if len(required) == 1 and words(required[0]) & kind else ()
