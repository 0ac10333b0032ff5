"""What the expressions of a program may stand for: aliases, attributes, parameters, constants.

The resolver follows names through scopes, calls and containers, backwards from where they are used. It is bounded: an answer
that needs too many steps stays unknown.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from strop.audit import called, displays, fold
from strop.audit.expressions import READERS
from strop.audit.scopes import FUNCTIONS, enclosing
from strop.audit.values import (
    LANGUAGE_MODEL,
    UTILITY,
    Constant,
    Invocation,
    Known,
    Names,
    Scope,
    Source,
    T,
    Value,
    Written,
)

MOST_STEPS = 100_000
"""Expressions looked at, for one program."""
MOST_VALUES = 24
DEEPEST = 50
ENTRY = "improve_algorithm"
_UTILITY_NAMES = frozenset({"utility", "utility_fn", "utility_func", "utility_function", "u_func"})
_MODEL_NAMES = frozenset({"language_model", "lm", "llm"})
_BUILTINS = frozenset(dir(builtins))


class Resolver:
    """Answers what the expressions of one program may stand for."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.exhausted = False
        self._memo: dict[ast.AST, tuple[Value, ...]] = {}
        self._named: dict[tuple[Scope, str], list[Value]] = {}
        self._active: set[object] = set()
        self._steps = 0
        self._calls: dict[ast.AST, list[Invocation]] = {}
        self._handles = handles_of(names.module)
        self.returns: Mapping[ast.AST, Sequence[tuple[ast.expr, Scope]]] = _returns(names)

    def use(self, calls: dict[ast.AST, list[Invocation]]) -> None:
        """Take in where the program's functions are called, and forget what was concluded without that."""
        self._calls, self._memo, self._named = calls, {}, {}

    def calls_of(self, function: ast.AST) -> Sequence[Invocation]:
        """Where one of the program's own functions is called."""
        return self._calls.get(function, ())

    def values(self, node: ast.expr, scope: Scope) -> tuple[Value, ...]:
        """What an expression may stand for; nothing where that is unknown."""
        found = self._memo.get(node)
        if found is None:
            read = READERS.get(type(node))
            if read is None:
                return ()
            found = tuple(self.once(node, lambda: _distinct(read(self, node, scope))))
            if node not in self._active:
                self._memo[node] = found
        return found

    def once(self, key: object, compute: Callable[[], Sequence[T]]) -> Sequence[T]:
        """What `compute` gives; nothing where it is already under way: a circle has no beginning."""
        self._steps += 1
        if key in self._active or len(self._active) > DEEPEST or self._steps > MOST_STEPS:
            self.exhausted = self.exhausted or self._steps > MOST_STEPS
            return ()
        self._active.add(key)
        try:
            return compute()
        finally:
            self._active.discard(key)

    def of(self, source: Source) -> tuple[Value, ...]:
        """What a name or a parameter gets from one source."""
        return tuple(self.once(source, lambda: _distinct(self._of(source))))

    def _of(self, source: Source) -> Iterable[Value]:
        if source.how == "given":
            return () if source.value is None else (source.value,)
        if source.how == "parameter":
            return self._parameter(source)
        assert source.node is not None
        if source.how in ("value", "added"):
            return self.values(source.node, source.scope)
        if source.how == "element":
            return displays.elements(source.node, source.scope, self)
        if source.how == "item":
            values = self.values(source.node, source.scope)
            return [each for value in values for each in displays.item(value, source.index, self)]
        return displays.items_of(source.node, source.scope, self, source.index)

    def under(self, scope: Scope, name: str, value: Value, node: ast.expr, at: Scope) -> tuple[Value, ...]:
        """What `node` stands for while `name`, bound in `scope`, is `value`."""
        bindings, memo, named = scope.bindings.get(name, []), self._memo, self._named
        scope.bindings[name], self._memo, self._named = [displays.given(value, scope)], {}, {}
        try:
            return self.values(node, at)
        finally:
            scope.bindings[name], self._memo, self._named = bindings, memo, named

    def lookup(self, name: str, scope: Scope) -> list[Value]:
        """What a name stands for where it is used."""
        home = enclosing(scope, name)
        if home is not None:
            if (
                home,
                name,
            ) in self._active:  # a name that is bound to something made of itself: what else it is bound to
                return self._bound(home, name)
            known = self._named.get((home, name))
            if known is None:
                known = self._named[home, name] = list(self.once((home, name), lambda: self._bound(home, name)))
            return known
        if name in ("__builtins__", "builtins"):
            return [Known("builtins")]
        if name in _BUILTINS:
            return [Known(f"builtins.{name}")]
        if name in _UTILITY_NAMES:
            return [Known(UTILITY)]
        if name in _MODEL_NAMES:
            return [Known(LANGUAGE_MODEL)]
        if name == "LanguageModel":
            return [Known("language_model.LanguageModel")]
        found: list[Value] = [Known(f"{module}.{name}") for module in self.names.stars[:MOST_VALUES]]
        if name in sys.stdlib_module_names:
            found.append(Known(name))
        return found

    def _bound(self, home: Scope, name: str) -> list[Value]:
        sources = home.bindings.get(name, [])
        if any(source.how == "added" for source in sources):
            return self._summed(sources)
        return _distinct(value for source in sources for value in self.of(source))

    def _summed(self, sources: Sequence[Source]) -> list[Value]:
        """What a name stands for that is added to: texts are put together in order, lists are all looked at, numbers count."""
        every = [self.of(source) for source in sources[:MOST_VALUES]]
        found: list[Value] = [value for values in every for value in values if not isinstance(value, Constant)]
        texts = [displays.as_constant(values[0]) if len(values) == 1 else None for values in every]
        if all(isinstance(text, str) for text in texts):
            found.append(Constant("".join(map(str, texts))[: fold.LONGEST]))
        return found

    def settled(self, test: ast.expr, scope: Scope) -> bool:
        """Whether a condition is of constants and of names that are bound once: only then can it be decided in advance."""
        for node in ast.walk(test):
            if isinstance(node, (ast.Attribute, ast.Subscript)):
                return False
            home = enclosing(scope, node.id) if isinstance(node, ast.Name) else None
            if home is not None and isinstance(node, ast.Name) and len(home.bindings.get(node.id, ())) > 1:
                return False
        return True

    def _parameter(self, source: Source) -> Iterable[Value]:
        """The handles; what a method belongs to; the default and what callers give."""
        function = source.function
        assert function is not None
        handle = self._handles.get((function, source.name))
        if handle is not None:
            return (Known(handle),)
        if source.index in (-2, -3):
            rest = function.args.vararg if source.index == -2 else function.args.kwarg
            return (Written(rest, self.names.scopes[function]),) if rest is not None else ()
        if source.index == 0 and called.is_method(function, source.scope):
            return called.owner(function, source.scope)
        found: list[Value] = []
        if source.default is not None:
            found += self.values(source.default, source.scope)
        for invocation in self.calls_of(function):
            found += called.argument(invocation, source, self)
        if not found and source.name in _UTILITY_NAMES | _MODEL_NAMES:
            return (Known(UTILITY if source.name in _UTILITY_NAMES else LANGUAGE_MODEL),)
        return found


def handles_of(module: Scope) -> dict[tuple[ast.AST, str], str]:
    """Which parameters of `improve_algorithm` are handles, in both generations of the improver's API (docs/improver-api.md)."""
    found: dict[tuple[ast.AST, str], str] = {}
    for function in entries_of_program(module):
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        if is_earlier(function):
            found.update({(function, name): UTILITY for name in names[2:3]})
        else:
            found.update({(function, name): UTILITY for name in names[1:2]})
            found.update({(function, name): LANGUAGE_MODEL for name in names[2:3]})
    return found


def entries_of_program(module: Scope) -> list[ast.FunctionDef]:
    """Every definition of `improve_algorithm`."""
    sources = module.bindings.get(ENTRY, [])
    nodes = [source.value.node for source in sources if isinstance(source.value, Written)]
    return [node for node in nodes if isinstance(node, ast.FunctionDef)]


def is_earlier(function: ast.FunctionDef) -> bool:
    """Whether an improver is of the paper's earlier generation: (initial_solution, utility_str, utility)."""
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return names[1:2] == ["utility_str"] or names[2:3] == ["utility"]


def _returns(names: Names) -> dict[ast.AST, list[tuple[ast.expr, Scope]]]:
    found: dict[ast.AST, list[tuple[ast.expr, Scope]]] = defaultdict(list)
    for node, scope in names.nodes:
        if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
            found[_function_of(scope).node].append((node.value, scope))
    return found


def _function_of(scope: Scope) -> Scope:
    while scope.parent is not None and not isinstance(scope.node, FUNCTIONS):
        scope = scope.parent
    return scope


def _distinct(values: Iterable[Value]) -> list[Value]:
    """Without repetitions, the first MOST_VALUES."""
    found: dict[object, Value] = {}
    for value in values:
        if isinstance(value, Constant):
            key: object = (type(value.value), repr(value.value))
        elif isinstance(value, Written):
            key = value.node
        else:
            key = value
        found.setdefault(key, value)
        if len(found) >= MOST_VALUES:
            break
    return list(found.values())
