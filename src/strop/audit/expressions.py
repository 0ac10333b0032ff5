"""What each kind of expression may stand for, from what its parts may stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from strop.audit import called, displays, fold
from strop.audit.scopes import COMPREHENSIONS
from strop.audit.values import Constant, Known, Reader, Scope, Value, Written

_MOST_ELEMENTS = 24
"""Elements of a display that are folded to one constant."""


def _name(reader: Reader, node: ast.Name, scope: Scope) -> Iterable[Value]:
    return reader.lookup(node.id, scope)


def _constant(reader: Reader, node: ast.Constant, scope: Scope) -> Iterable[Value]:
    huge = isinstance(node.value, int) and node.value.bit_length() > fold.MOST_BITS
    return () if huge else (Constant(node.value),)  # thousands of digits cannot even be shown: ValueError


def _written(reader: Reader, node: ast.AST, scope: Scope) -> Iterable[Value]:
    value = Written(node, scope)
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        parts = [reader.values(element, scope) for element in node.elts[:_MOST_ELEMENTS]]
        if len(parts) == len(node.elts) and all(len(part) == 1 for part in parts):
            singles = [part[0] for part in parts]
            if all(isinstance(single, Constant) for single in singles):
                return (Constant(tuple(displays.as_constant(single) for single in singles)), value)
    return (value,)


def _attribute(reader: Reader, node: ast.Attribute, scope: Scope) -> Iterable[Value]:
    bases = reader.values(node.value, scope)
    if not bases and node.attr in ("utility", "language_model"):
        return (Known(f"<{node.attr}>"),)
    return [value for base in bases for value in called.attribute(base, node.attr, reader)]


def _subscript(reader: Reader, node: ast.Subscript, scope: Scope) -> Iterable[Value]:
    bases = reader.values(node.value, scope)
    if isinstance(node.slice, ast.Slice):
        bounds = [_bound(reader, part, scope) for part in (node.slice.lower, node.slice.upper, node.slice.step)]
        return displays.folded(lambda of: fold.subscript(of, slice(*bounds)), [bases])
    indices = reader.values(node.slice, scope)
    found: list[Value] = []
    for base in bases:
        if isinstance(base, Known):
            keys = [key for key in map(displays.as_constant, indices) if isinstance(key, str)]
            found += [value for key in keys for value in called.looked_up(base.path, key, reader)]
        elif not indices:
            found += displays.item(base, None, reader)
        else:
            found += [each for index in indices for each in displays.item(base, displays.as_constant(index), reader)]
    return found


def _bound(reader: Reader, node: ast.expr | None, scope: Scope) -> object:
    values = () if node is None else reader.values(node, scope)
    return displays.as_constant(values[0]) if values else None


def _either(reader: Reader, node: ast.IfExp, scope: Scope) -> Iterable[Value]:
    decided = reader.values(node.test, scope)
    if len(decided) == 1 and isinstance(decided[0], Constant) and reader.settled(node.test, scope):
        return reader.values(node.body if decided[0].value else node.orelse, scope)
    return (*reader.values(node.body, scope), *reader.values(node.orelse, scope))


def _any(reader: Reader, node: ast.BoolOp, scope: Scope) -> Iterable[Value]:
    parts = [reader.values(value, scope) for value in node.values]
    if all(len(part) == 1 and isinstance(part[0], Constant) for part in parts):
        stops = isinstance(node.op, ast.Or)
        for part in parts:
            if bool(displays.as_constant(part[0])) == stops:
                return part
        return parts[-1]
    return [value for part in parts for value in part]


def _binary(reader: Reader, node: ast.BinOp, scope: Scope) -> Iterable[Value]:
    # A long sum leans to the left: it is folded from its leftmost part, not by recursion.
    chain: list[ast.BinOp] = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    left = reader.values(chain[-1].left, scope)
    for part in reversed(chain):
        right = reader.values(part.right, scope)
        left = tuple(_combined(part, left, right, scope))
    return left


def _combined(node: ast.BinOp, left: Sequence[Value], right: Sequence[Value], scope: Scope) -> Iterable[Value]:
    if isinstance(node.op, ast.Div):
        paths = [value for value in left if isinstance(value, Known) and value.path == called.PATH_OBJECT]
        if paths:
            return paths
    if any(isinstance(value, Written) for value in (*left, *right)) and not isinstance(node.op, ast.Mod):
        return (Written(node, scope),)
    return displays.folded(lambda one, other: fold.binary(type(node.op), one, other), [left, right])


def _unary(reader: Reader, node: ast.UnaryOp, scope: Scope) -> Iterable[Value]:
    return displays.folded(lambda of: fold.unary(type(node.op), of), [reader.values(node.operand, scope)])


def _compare(reader: Reader, node: ast.Compare, scope: Scope) -> Iterable[Value]:
    if len(node.ops) != 1:
        return ()
    sides = [reader.values(node.left, scope), reader.values(node.comparators[0], scope)]
    return displays.folded(lambda left, right: fold.compare(type(node.ops[0]), left, right), sides)


def _joined(reader: Reader, node: ast.JoinedStr, scope: Scope) -> Iterable[Value]:
    text = ""
    for part in node.values:
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        if isinstance(part, ast.FormattedValue) and (part.format_spec is not None or part.conversion != -1):
            return ()
        values = reader.values(inner, scope)
        if len(values) != 1 or not isinstance(values[0], Constant) or len(text) > fold.LONGEST:
            return ()
        text += str(values[0].value)
    return (Constant(text),)


def _inner(reader: Reader, node: ast.NamedExpr | ast.Await, scope: Scope) -> Iterable[Value]:
    return reader.values(node.value, scope)


def _called(reader: Reader, node: ast.Call, scope: Scope) -> Iterable[Value]:
    return called.result(node, scope, reader)


READERS: dict[type, Callable[[Reader, Any, Scope], Iterable[Value]]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.IfExp: _either,
    ast.BoolOp: _any,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.JoinedStr: _joined,
    ast.NamedExpr: _inner,
    ast.Await: _inner,
    ast.Call: _called,
    **dict.fromkeys((ast.Dict, ast.List, ast.Tuple, ast.Set, ast.Lambda, *COMPREHENSIONS), _written),
}
"""Kind of expression → how it is read."""
