"""What is in the dicts, lists and tuples that a program writes down or fills."""

from __future__ import annotations

import ast
import contextlib
import itertools
from collections.abc import Iterator, Sequence

from strop.audit import fold
from strop.audit.scopes import COMPREHENSIONS
from strop.audit.values import Constant, Known, Reader, Scope, Source, Value, Written

Entry = tuple[object, Source]
_MOST = 64
"""Elements of one display that are looked at."""
_MOST_COMBINATIONS = 24
_SAME_ELEMENTS = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter")
) | {"itertools.chain", "itertools.cycle", "collections.deque", "random.sample", "random.choices", "copy.copy"}


def as_constant(value: Value) -> object | None:
    """The constant, or None where it is none (or None itself)."""
    return value.value if isinstance(value, Constant) else None


def folded(operation: fold.Operation, operands: Sequence[Sequence[Value]]) -> list[Value]:
    """The operation on every combination of constant operands, as far as it can be told."""
    found: list[Value] = []
    for combination in itertools.islice(itertools.product(*operands), _MOST_COMBINATIONS):
        if all(isinstance(value, Constant) for value in combination):
            with contextlib.suppress(fold.Unfoldable):
                found.append(Constant(operation(*map(as_constant, combination))))
    return found


def given(value: Value, scope: Scope) -> Source:
    """A source for a value that is known already."""
    return Source("given", None, scope, value=value)


def entries(value: Value, reader: Reader) -> list[Entry]:
    """The entries of a dict with constant keys."""
    if isinstance(value, Constant) and isinstance(value.value, dict):
        return [(key, given(Constant(item), reader.names.module)) for key, item in value.value.items()]
    if not isinstance(value, Written):
        return []
    written = value
    found = reader.once(
        ("entries", written.node), lambda: [*_written_entries(written, reader), *_changed_entries(written, reader)]
    )
    return list(found[:_MOST])


def entries_of(node: ast.expr, scope: Scope, reader: Reader) -> list[Entry]:
    """The same for an expression."""
    return [entry for value in reader.values(node, scope) for entry in entries(value, reader)]


def _written_entries(value: Written, reader: Reader) -> Iterator[Entry]:
    node, scope = value.node, value.scope
    if isinstance(node, ast.Dict):
        for key, item in zip(node.keys[:_MOST], node.values[:_MOST], strict=True):
            if key is None:
                yield from entries_of(item, scope, reader)
            else:
                for found in reader.values(key, scope):
                    yield as_constant(found), Source("value", item, scope)
    elif isinstance(node, ast.BinOp):
        yield from entries_of(node.left, scope, reader)
        yield from entries_of(node.right, scope, reader)
    elif isinstance(node, ast.Call):
        yield from _called_entries(node, scope, reader)
    elif isinstance(node, ast.DictComp):
        inner = reader.names.scopes[node]
        for key_value in over(node, node.key, reader):
            yield as_constant(key_value), Source("value", node.value, inner)
    elif isinstance(node, ast.arg):
        for invocation in reader.calls_of(scope.node):
            yield from ((name, source) for name, source in invocation.keywords)
            for source in invocation.unpacked:
                for each in reader.of(source):
                    if not (isinstance(each, Written) and each.node is node):
                        yield from entries(each, reader)


def _called_entries(node: ast.Call, scope: Scope, reader: Reader) -> Iterator[Entry]:
    """Of `dict(...)`, `dict.fromkeys(...)` and copies."""
    for keyword in node.keywords:
        if keyword.arg is None:
            yield from entries_of(keyword.value, scope, reader)
        else:
            yield keyword.arg, Source("value", keyword.value, scope)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "copy":
        yield from entries_of(node.func.value, scope, reader)
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "fromkeys" and node.args:
        worth = node.args[1] if len(node.args) > 1 else ast.Constant(None)
        for key in elements(node.args[0], scope, reader):
            yield as_constant(key), Source("value", worth, scope)
    elif node.args:
        yield from entries_of(node.args[0], scope, reader)
        keys, items = (_items(node.args[0], scope, reader, index) for index in (0, 1))
        for key in keys:
            yield from ((as_constant(key), given(item, scope)) for item in items)


def _changed_entries(value: Written, reader: Reader) -> Iterator[Entry]:
    """What is put into the dict after it was made."""
    for target, source, scope in reader.names.subscripts:
        if source is not None and _is(target.value, scope, value, reader):
            for key in reader.values(target.slice, scope):
                yield as_constant(key), source
    for call, scope in reader.names.changes:
        assert isinstance(call.func, ast.Attribute)
        if call.func.attr not in ("update", "setdefault", "__setitem__") or not _is(
            call.func.value, scope, value, reader
        ):
            continue
        if call.func.attr == "update":
            yield from _called_entries(call, scope, reader)
        elif len(call.args) == 2:
            for key in reader.values(call.args[0], scope):
                yield as_constant(key), Source("value", call.args[1], scope)


def _is(node: ast.expr, scope: Scope, value: Written, reader: Reader) -> bool:
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return False
    return any(isinstance(each, Written) and each.node is value.node for each in reader.values(node, scope))


def elements(node: ast.expr, scope: Scope, reader: Reader) -> tuple[Value, ...]:
    """What one gets by iterating over an expression."""
    return tuple(reader.once(("elements", node), lambda: _elements(node, scope, reader)))


def _elements(node: ast.expr, scope: Scope, reader: Reader) -> tuple[Value, ...]:
    if isinstance(node, ast.Call):
        called = _elements_of_call(node, scope, reader)
        if called:
            return called
    values = reader.values(node, scope)
    if any(isinstance(value, Written) for value in values):  # a display of constants is both: once is enough
        values = tuple(value for value in values if isinstance(value, Written))
    return tuple(each for value in values for each in elements_of(value, reader))


def elements_of(value: Value, reader: Reader) -> tuple[Value, ...]:
    """The same for a value."""
    if isinstance(value, Written):
        written = value
        return tuple(reader.once(("in", written.node), lambda: _elements_of(written, reader)))
    inside = value.value if isinstance(value, Constant) else None
    return tuple(map(Constant, list(inside)[:_MOST])) if isinstance(inside, (tuple, list, str, bytes, dict)) else ()


def _elements_of(value: Written, reader: Reader) -> tuple[Value, ...]:
    node, scope = value.node, value.scope
    found: list[Value] = []
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        for element in node.elts[:_MOST]:
            if isinstance(element, ast.Starred):
                found += elements(element.value, scope, reader)
            else:
                found += reader.values(element, scope)
    elif isinstance(node, ast.BinOp):
        found += elements(node.left, scope, reader) + elements(node.right, scope, reader)
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        found += over(node, node.elt, reader)
    elif isinstance(node, (ast.Dict, ast.DictComp)):
        found += [Constant(key) for key, _ in entries(value, reader) if key is not None]
    elif isinstance(node, ast.Call):
        found += _elements_of_call(node, scope, reader)
    elif isinstance(node, ast.arg):
        found += _elements_of_rest(value, node, reader)
    for call, at in reader.names.changes:
        assert isinstance(call.func, ast.Attribute)
        if call.args and call.func.attr in ("append", "add", "insert") and _is(call.func.value, at, value, reader):
            found += reader.values(call.args[-1], at)
    return tuple(found)


def _elements_of_rest(value: Written, node: ast.arg, reader: Reader) -> list[Value]:
    """Of `**rest` the keys, of `*rest` what callers give."""
    function = value.scope.node
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    if node is function.args.kwarg:
        return [Constant(key) for key, _ in entries(value, reader) if key is not None]
    taken = len(function.args.posonlyargs) + len(function.args.args)
    rest = [source for invocation in reader.calls_of(function) for source in invocation.positional[taken:]]
    return [each for source in rest for each in reader.of(source)]


def over(node: ast.expr, element: ast.expr, reader: Reader) -> tuple[Value, ...]:
    """What `element` of a comprehension comes to, in order, for every constant that it iterates over; else what it may be."""
    assert isinstance(node, COMPREHENSIONS)
    inner = reader.names.scopes[node]
    generator = node.generators[0]
    if len(node.generators) == 1 and isinstance(generator.target, ast.Name) and inner.parent is not None:
        items = elements(generator.iter, inner.parent, reader)
        if items and all(isinstance(item, Constant) for item in items):
            found: list[Value] = []
            for item in items[:_MOST]:
                found += reader.under(inner, generator.target.id, item, element, inner)
            return tuple(found)
    return reader.values(element, inner)


def items_of(node: ast.expr, scope: Scope, reader: Reader, index: int) -> tuple[Value, ...]:
    """Item `index` of each thing that one gets by iterating: `for name, flag in pairs`."""
    return tuple(reader.once(("items", node, index), lambda: _items(node, scope, reader, index)))


def _items(node: ast.expr, scope: Scope, reader: Reader, index: int) -> list[Value]:
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "items" and not node.args:
            pairs = entries_of(function.value, scope, reader)
            if index == 0:
                return [Constant(key) for key, _ in pairs if key is not None]
            return [value for _, source in pairs for value in reader.of(source)]
        paths = {value.path for value in reader.values(function, scope) if isinstance(value, Known)}
        if "builtins.zip" in paths and index < len(node.args):
            return list(elements(node.args[index], scope, reader))
        if "builtins.enumerate" in paths and index == 1 and node.args:
            return list(elements(node.args[0], scope, reader))
    return [each for value in elements(node, scope, reader) for each in item(value, index, reader)]


def item(value: Value, index: object, reader: Reader) -> list[Value]:
    """`value[index]`; every element where the index is not known."""
    if isinstance(value, Constant):
        if isinstance(value.value, (tuple, list, str)) and isinstance(index, int):
            inside = -len(value.value) <= index < len(value.value)
            return [Constant(value.value[index])] if inside else []
        return []
    if not isinstance(value, Written):
        return []
    if isinstance(value.node, (ast.Dict, ast.DictComp, ast.Call, ast.BinOp)):
        pairs = entries(value, reader)
        matching = [source for key, source in pairs if index is None or key == index]
        if pairs:
            return [each for source in matching for each in reader.of(source)]
    if isinstance(value.node, (ast.List, ast.Tuple)) and isinstance(index, int):
        if -len(value.node.elts) <= index < len(value.node.elts):
            return list(reader.values(value.node.elts[index], value.scope))
        return []
    return list(elements_of(value, reader))


def _elements_of_call(node: ast.Call, scope: Scope, reader: Reader) -> tuple[Value, ...]:
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in ("values", "keys") and not node.args:
        pairs = entries_of(function.value, scope, reader)
        if function.attr == "keys":
            return tuple(Constant(key) for key, _ in pairs if key is not None)
        return tuple(value for _, source in pairs for value in reader.of(source))
    found: list[Value] = []
    for value in reader.values(function, scope):
        if isinstance(value, Known) and node.args:
            if value.path in _SAME_ELEMENTS:
                for argument in node.args:
                    found += elements(argument, scope, reader)
            elif value.path in ("itertools.repeat",):
                found += reader.values(node.args[0], scope)
            elif value.path in ("builtins.filter", "builtins.map") and len(node.args) > 1:
                found += _mapped(node, scope, reader, value.path)
        elif isinstance(value, Written) and isinstance(value.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found += [each for result, at in reader.returns.get(value.node, ()) for each in reader.values(result, at)]
    return tuple(found)


def _mapped(node: ast.Call, scope: Scope, reader: Reader, path: str) -> tuple[Value, ...]:
    inside = elements(node.args[1], scope, reader)
    if path == "builtins.filter":
        return inside
    call = ast.copy_location(ast.Call(node.args[0], [], []), node)
    results: list[Value] = []
    for each in inside[:_MOST]:
        if isinstance(each, Constant):
            call = ast.copy_location(ast.Call(node.args[0], [ast.copy_location(ast.Constant(None), node)], []), node)
            call.args[0] = ast.copy_location(ast.Constant(each.value), node)  # type: ignore[arg-type]
            results += reader.values(call, scope)
    return tuple(results)
