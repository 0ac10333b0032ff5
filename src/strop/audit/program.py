"""A program read for the checks: its names, who calls what, and where the handles are used."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from strop.audit.invocations import callers, functions_of
from strop.audit.resolve import Resolver, entries_of_program, is_earlier
from strop.audit.scopes import FUNCTIONS, names_of
from strop.audit.values import HANDLES, LANGUAGE_MODEL, UTILITY, Instance, Invocation, Known, Scope, Value, Written

MODEL_CLASS = "language_model.LanguageModel"


@dataclass(frozen=True)
class Hit:
    """A rule applies at a node."""

    rule: str
    node: ast.AST
    detail: str


@dataclass(frozen=True, eq=False)
class Program:
    """What the checks ask about."""

    resolver: Resolver
    invocations: list[Invocation]
    idle: frozenset[ast.AST]
    """Nodes that only mention a thing: annotations, exception types, types for isinstance, `compile` for its errors only."""
    asking: frozenset[ast.AST]
    """Own functions that use a handle, themselves or through others."""
    earlier: bool
    """The improver is of the paper's earlier generation, which builds its own LanguageModel."""

    @property
    def nodes(self) -> list[tuple[ast.AST, Scope]]:
        """Every node with its scope, in the order of the text."""
        return self.resolver.names.nodes

    def functions(self, invocation: Invocation) -> list[Value]:
        """What an invocation runs."""
        values = self.resolver.values(invocation.function, invocation.scope)
        return [function for value in values for function in functions_of(value, self.resolver)]

    def is_handle(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression may be a handle, its class, or an object of an own subclass of LanguageModel."""
        return any(self.names_handle(value) for value in self.resolver.values(node, scope))

    def names_handle(self, value: Value) -> bool:
        """The same for a value."""
        if isinstance(value, Known):
            return value.path == MODEL_CLASS or value.path.removesuffix(".__class__") in HANDLES
        own = value.of if isinstance(value, Instance) else value
        return isinstance(own, Written) and self.is_model_class(own)

    def is_model_class(self, own: Written) -> bool:
        """Whether an own class derives from LanguageModel."""
        if not isinstance(own.node, ast.ClassDef):
            return False
        bases = [value for base in own.node.bases for value in self.resolver.values(base, own.scope)]
        return any(
            isinstance(base, Known) and base.path in (MODEL_CLASS, f"{LANGUAGE_MODEL}.__class__") for base in bases
        )

    def asks(self, invocation: Invocation) -> bool:
        """Whether an invocation uses a handle, itself or through own functions."""
        for function in self.functions(invocation):
            if is_question(function) or (isinstance(function, Written) and function.node in self.asking):
                return True
        return False


def is_question(value: Value) -> bool:
    """Whether calling `value` costs something: an evaluation or an LM call."""
    if not isinstance(value, Known):
        return False
    return value.path in (
        UTILITY,
        f"{UTILITY}.map",
        f"{UTILITY}.report",
        f"{LANGUAGE_MODEL}.prompt",
        f"{LANGUAGE_MODEL}.batch_prompt",
    )


def read_program(tree: ast.Module) -> Program:
    """Read a syntax tree."""
    names = names_of(tree)
    resolver = Resolver(names)
    _, own = callers(resolver)
    resolver.use(own)
    every, own = callers(resolver)
    resolver.use(own)
    entries = entries_of_program(names.module)
    program = Program(resolver, every, _idle(resolver), frozenset(), any(map(is_earlier, entries)))
    return Program(resolver, every, program.idle, _asking(program), program.earlier)


def _idle(resolver: Resolver) -> frozenset[ast.AST]:
    roots: list[ast.AST] = list(resolver.names.mentioned)
    for node, scope in resolver.names.nodes:
        asked = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if isinstance(node, ast.Call) and asked in ("isinstance", "issubclass") and len(node.args) == 2:
            roots.append(node.args[1])
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            roots += _checking_syntax(node.value.func, scope, resolver)
    return frozenset(each for root in roots for each in ast.walk(root))


def _checking_syntax(function: ast.expr, scope: Scope, resolver: Resolver) -> list[ast.AST]:
    """`compile`, and no other function of that name, called as a statement of its own: nothing can execute the result."""
    if not isinstance(function, ast.Name) or function.id != "compile":
        return []
    values = resolver.values(function, scope)
    return [function] if values and all(value == Known("builtins.compile") for value in values) else []


def _asking(program: Program) -> frozenset[ast.AST]:
    """Own functions from which a handle is used; found from the uses outwards."""
    users: dict[ast.AST, list[ast.AST]] = {}
    found: list[ast.AST] = []
    for invocation in program.invocations:
        around = list(functions_around(invocation.scope))
        for function in program.functions(invocation):
            if is_question(function):
                found += around
            elif isinstance(function, Written):
                users.setdefault(function.node, []).extend(around)
    asking: set[ast.AST] = set()
    while found:
        function_node = found.pop()
        if function_node not in asking:
            asking.add(function_node)
            found += users.get(function_node, ())
    return frozenset(asking)


def functions_around(scope: Scope) -> Iterator[ast.AST]:
    """The innermost function in which `scope` lies, or none."""
    at: Scope | None = scope
    while at is not None:
        if isinstance(at.node, FUNCTIONS):
            yield at.node
            return
        at = at.parent


def paths(values: Iterable[Value]) -> list[str]:
    """The paths of those values that come from outside."""
    return [value.path for value in values if isinstance(value, Known)]
