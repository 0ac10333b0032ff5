"""Who calls what with which arguments, also through `submit`, `map`, `partial`, `Thread(target=...)` and decorators."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from strop.audit import displays
from strop.audit.resolve import Resolver
from strop.audit.values import Applied, Instance, Invocation, Known, Scope, Source, Value, Written

_PASSED_FIRST = frozenset(
    {"submit", "apply", "apply_async", "partial", "partialmethod", "call_soon", "to_thread", "enter_context"}
)
_PASSED_SECOND = frozenset({"run_in_executor", "call_later", "Timer"})
_MAPPING = frozenset({"map", "imap", "imap_unordered", "map_async"})
_STAR_MAPPING = frozenset({"starmap", "starmap_async"})
_STARTING = frozenset({"Thread", "Process", "Timer"})
_MOST_ARGUMENTS = 8
_FIRST_OF_ELEMENTS = frozenset({"filter", "sorted", "min", "max", "reduce", "takewhile", "dropwhile"})


def invocations_of(call: ast.Call, scope: Scope, resolver: Resolver) -> list[Invocation]:
    """The direct call, and those that it arranges."""
    positional, keywords, unpacked = _arguments(call.args, call.keywords, scope, resolver)
    found = [Invocation(call.func, positional, keywords, unpacked, scope, call)]
    name = _name_of(call.func, scope, resolver)
    if name in _PASSED_FIRST and call.args:
        found.append(Invocation(call.args[0], positional[1:], keywords, unpacked, scope, call))
    elif name in _PASSED_SECOND and len(call.args) > 1:
        found.append(Invocation(call.args[1], positional[2:], keywords, unpacked, scope, call))
    elif name in _MAPPING and call.args:
        each = [Source("element", argument, scope) for argument in call.args[1:]]
        found.append(Invocation(call.args[0], each, (), (), scope, call))
    elif name in _STAR_MAPPING and len(call.args) > 1:
        items = [Source("element item", call.args[1], scope, number) for number in range(4)]
        found.append(Invocation(call.args[0], items, (), (), scope, call))
    elif name in _FIRST_OF_ELEMENTS:
        found += _keyed(call, scope)
    found += _started(name, call, scope, resolver)
    return found


def _name_of(function: ast.expr, scope: Scope, resolver: Resolver) -> str:
    """The last part of a function's name, its own where it goes by another."""
    known = [value.path for value in resolver.values(function, scope) if isinstance(value, Known)]
    if known:
        return known[0].rpartition(".")[2]
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _arguments(
    args: Sequence[ast.expr], keywords: Sequence[ast.keyword], scope: Scope, resolver: Resolver
) -> tuple[list[Source], list[tuple[str, Source]], list[Source]]:
    positional: list[Source] = []
    for argument in args:
        if isinstance(argument, ast.Starred):
            positional += _unstarred(argument.value, scope, resolver)
        else:
            positional.append(Source("value", argument, scope))
    named = [(each.arg, Source("value", each.value, scope)) for each in keywords if each.arg is not None]
    unpacked = [Source("value", each.value, scope) for each in keywords if each.arg is None]
    return positional, named, unpacked


def _unstarred(node: ast.expr, scope: Scope, resolver: Resolver) -> list[Source]:
    """The arguments that `*node` stands for."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return [Source("value", element, scope) for element in node.elts]
    if isinstance(node, ast.BinOp):
        return _unstarred(node.left, scope, resolver) + _unstarred(node.right, scope, resolver)
    written = [value for value in resolver.values(node, scope) if isinstance(value, Written)]
    for value in written:
        if isinstance(value.node, ast.arg):
            return _rest(value, resolver)
        if isinstance(value.node, ast.BinOp):
            return _unstarred(value.node, value.scope, resolver)
    lengths = [len(value.node.elts) for value in written if isinstance(value.node, (ast.Tuple, ast.List))]
    return [Source("item", node, scope, number) for number in range(min(max(lengths, default=0), _MOST_ARGUMENTS))]


def _rest(value: Written, resolver: Resolver) -> list[Source]:
    """What callers give for `*rest`."""
    function = value.scope.node
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    taken = len(function.args.posonlyargs) + len(function.args.args)
    for invocation in resolver.calls_of(function):
        if len(invocation.positional) > taken:
            return list(invocation.positional[taken:])
    return []


def _keyed(call: ast.Call, scope: Scope) -> Iterator[Invocation]:
    """`max(solutions, key=utility)`: the key is called with each element."""
    functions = [keyword.value for keyword in call.keywords if keyword.arg == "key"]
    elements = call.args[:1]
    if not functions and len(call.args) > 1:
        functions, elements = call.args[:1], call.args[1:2]
    for function in functions:
        given = [Source("element", each, scope) for each in elements]
        yield Invocation(function, given, (), (), scope, call)


def _started(name: str, call: ast.Call, scope: Scope, resolver: Resolver) -> Iterator[Invocation]:
    """`Thread(target=utility, args=(solution, False), kwargs={...})`; `apply_async(utility, (solution, False), {...})`."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in _STARTING:
        function, args, kwargs = given.get("target"), given.get("args"), given.get("kwargs")
    elif name in ("apply", "apply_async") and call.args:
        function, args, kwargs = call.args[0], *[*call.args[1:3], None, None][:2]
    else:
        return
    if function is None:
        return
    positional = [] if args is None else _unstarred(args, scope, resolver)
    named = [] if kwargs is None else displays.entries_of(kwargs, scope, resolver)
    keywords = [(key, source) for key, source in named if isinstance(key, str)]
    yield Invocation(function, positional, keywords, (), scope, call)


def functions_of(value: Value, resolver: Resolver) -> list[Value]:
    """The functions that are run when `value` is called: of a class its `__init__`, of an object its `__call__`."""
    if isinstance(value, Applied):
        return functions_of(value.function, resolver)
    if isinstance(value, Instance):
        return _methods(value.of, "__call__", resolver)
    if isinstance(value, Written) and isinstance(value.node, ast.ClassDef):
        return _methods(value, "__init__", resolver)
    return [value]


def _methods(own: Written, name: str, resolver: Resolver) -> list[Value]:
    scope = resolver.names.scopes.get(own.node)
    sources = [] if scope is None else scope.bindings.get(name, [])
    return [value for source in sources for value in resolver.of(source)]


def callers(resolver: Resolver) -> tuple[list[Invocation], dict[ast.AST, list[Invocation]]]:
    """Every invocation of the program, and those of its own functions by function."""
    every: list[Invocation] = []
    own: dict[ast.AST, list[Invocation]] = {}
    for node, scope in resolver.names.nodes:
        if isinstance(node, ast.Call):
            every += invocations_of(node, scope, resolver)
    for invocation in every:
        for value in resolver.values(invocation.function, invocation.scope):
            for function in functions_of(value, resolver):
                if isinstance(function, Written):
                    own.setdefault(function.node, []).append(_completed(invocation, value, resolver))
    return every, own


def _completed(invocation: Invocation, value: Value, resolver: Resolver) -> Invocation:
    """With the arguments that a partial application has given before."""
    if not isinstance(value, Applied) or value.call is None:
        return invocation
    positional, keywords, unpacked = _arguments(value.call.args[1:], value.call.keywords, value.scope, resolver)
    return Invocation(
        invocation.function,
        [*positional, *invocation.positional],
        [*keywords, *invocation.keywords],
        [*unpacked, *invocation.unpacked],
        invocation.scope,
        invocation.call,
    )
