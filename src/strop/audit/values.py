"""What an expression of a program may stand for, as far as it can be told without running it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

T = TypeVar("T")
UTILITY = "<utility>"
LANGUAGE_MODEL = "<language_model>"
"""Paths of the two handles; `<utility>.map` is a method, `<utility>()` what a call gives."""
HANDLES = (UTILITY, LANGUAGE_MODEL)


@dataclass(frozen=True)
class Known:
    """Something from outside of the program, by its dotted path: `os.system`, `builtins.exec`, `<utility>.map`."""

    path: str


@dataclass(frozen=True)
class Constant:
    """A number, a text, None, or a tuple of such."""

    value: object


@dataclass(frozen=True, eq=False)
class Scope:
    """A region of names: the module, a function, a class, a comprehension."""

    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Source]]
    outer: dict[str, str]
    """Names declared `global` or `nonlocal`."""


@dataclass(frozen=True, eq=False)
class Written:
    """Something that the program's own text makes: a function, a class, a lambda, a display, a call of `dict`."""

    node: ast.AST
    scope: Scope


@dataclass(frozen=True, eq=False)
class Instance:
    """An object of one of the program's own classes; `call` is where it was made, None where that is not known."""

    of: Written
    call: ast.Call | None
    scope: Scope


@dataclass(frozen=True, eq=False)
class Applied:
    """A function with some of its arguments given: `functools.partial`, a bound method."""

    function: Value
    call: ast.Call | None
    scope: Scope


Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Value: TypeAlias = Known | Constant | Written | Instance | Applied


@dataclass(frozen=True, eq=False)
class Source:
    """Where a name or a parameter gets its value."""

    how: str
    """`value` of the expression, `element` of what it iterates over, `item` number `index` of it, `element item`,
    `added` to what is there (`+=`), `parameter`, `given`."""
    node: ast.expr | None
    scope: Scope
    index: int = 0
    value: Value | None = None
    """For `given`."""
    default: ast.expr | None = None
    """For `parameter`."""
    name: str = ""
    """For `parameter`."""
    function: Function | None = None
    """For `parameter`; its `index` is -1 for keywords only, -2 for `*rest`, -3 for `**rest`."""


@dataclass(frozen=True, eq=False)
class Invocation:
    """One way in which a function is called: directly, or by somebody to whom it was passed."""

    function: ast.expr
    positional: Sequence[Source]
    keywords: Sequence[tuple[str, Source]]
    unpacked: Sequence[Source]
    """What stands behind `**`."""
    scope: Scope
    call: ast.Call


@dataclass(frozen=True, eq=False)
class Names:
    """Every node of a program with the scope that it stands in, and what is bound and written where."""

    module: Scope
    nodes: list[tuple[ast.AST, Scope]] = field(default_factory=list)
    """In the order of the text."""
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)
    """The scope that a function, class, lambda or comprehension makes."""
    attributes: list[tuple[ast.Attribute, Source | None, Scope]] = field(default_factory=list)
    """What is assigned to attributes; None where it is deleted or counted up."""
    subscripts: list[tuple[ast.Subscript, Source | None, Scope]] = field(default_factory=list)
    """The same for `of[index] = …`."""
    changes: list[tuple[ast.Call, Scope]] = field(default_factory=list)
    """Calls of methods that put something into what they belong to, e.g. `append`."""
    stars: list[str] = field(default_factory=list)
    """Modules of which everything is imported."""
    mentioned: set[ast.AST] = field(default_factory=set)
    """Roots of what names a thing without using it: annotations, types in `except`."""


class Reader(Protocol):
    """What the parts of the resolver ask of the whole. All answers are what is possible; nothing means unknown."""

    names: Names
    returns: Mapping[ast.AST, Sequence[tuple[ast.expr, Scope]]]
    """What each function returns, or yields."""

    def values(self, node: ast.expr, scope: Scope) -> tuple[Value, ...]:
        """What an expression may stand for."""

    def of(self, source: Source) -> tuple[Value, ...]:
        """What a name or a parameter gets from one source."""

    def under(self, scope: Scope, name: str, value: Value, node: ast.expr, at: Scope) -> tuple[Value, ...]:
        """What `node` stands for while `name` is `value`."""

    def lookup(self, name: str, scope: Scope) -> Sequence[Value]:
        """What a name stands for where it is used."""

    def settled(self, test: ast.expr, scope: Scope) -> bool:
        """Whether a condition can be decided in advance."""

    def once(self, key: object, compute: Callable[[], Sequence[T]]) -> Sequence[T]:
        """What `compute` gives; nothing where it is already under way: a circle has no beginning."""

    def calls_of(self, function: ast.AST) -> Sequence[Invocation]:
        """Where one of the program's own functions is called."""
