"""Constant folding, bounded: what `"ex" + "ec"`, `chr(101)` or `not True` come to.

Programs hide names in arithmetic on texts. Only total, cheap operations on small operands are done; the rest stays unknown
(`Unfoldable`).
"""

from __future__ import annotations

import ast
import base64
import binascii
import codecs
import json
import operator
from collections.abc import Callable, Sequence
from typing import TypeAlias

LONGEST = 4000
"""Characters of a text, elements of a tuple."""
_LARGEST = 10**18
MOST_BITS = 256
"""Of a whole number."""


Operation: TypeAlias = Callable[..., object]


class Unfoldable(Exception):
    """The expression has no value that can be told."""


_BINARY: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
_COMPARE: dict[type[ast.cmpop], Callable[..., object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: lambda left, right: left is right or (type(left) is type(right) and left == right),
    ast.IsNot: lambda left, right: not (left is right or (type(left) is type(right) and left == right)),
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_UNARY: dict[type[ast.unaryop], Callable[..., object]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}
_METHODS = frozenset(
    {
        *(
            "join",
            "replace",
            "lower",
            "upper",
            "strip",
            "lstrip",
            "rstrip",
            "title",
            "capitalize",
            "swapcase",
            "casefold",
        ),
        *("removeprefix", "removesuffix", "split", "encode", "decode", "hex"),
    }
)
_CODECS: frozenset[object] = frozenset(
    {"rot13", "rot_13", "utf-8", "utf8", "ascii", "latin-1", "hex", "hex_codec", "base64"}
)
_CALLS: dict[str, Callable[..., object]] = {
    "builtins.chr": chr,
    "builtins.ord": ord,
    "builtins.str": str,
    "builtins.int": int,
    "builtins.float": float,
    "builtins.bool": bool,
    "builtins.len": len,
    "builtins.bytes": bytes,
    "builtins.bytearray": lambda *of: bytes(*of),
    "builtins.tuple": tuple,
    "builtins.list": tuple,
    "builtins.reversed": lambda of: tuple(reversed(of)),
    "builtins.sorted": lambda of: tuple(sorted(of)),
    "builtins.any": any,
    "builtins.all": all,
    "builtins.min": min,
    "builtins.max": max,
    "builtins.bytes.fromhex": bytes.fromhex,
    "builtins.bytes.decode": bytes.decode,
    "builtins.str.join": str.join,
    "builtins.str.lower": str.lower,
    "base64.b64decode": base64.b64decode,
    "base64.urlsafe_b64decode": base64.urlsafe_b64decode,
    "base64.b32decode": base64.b32decode,
    "base64.b16decode": base64.b16decode,
    "binascii.unhexlify": binascii.unhexlify,
    "binascii.a2b_base64": binascii.a2b_base64,
    "codecs.decode": lambda of, how="utf-8": codecs.decode(of, how) if how in _CODECS else _give_up(),
    "json.loads": json.loads,
    "sys.intern": str,
    "operator.not_": operator.not_,
    "operator.add": lambda left, right: binary(ast.Add, left, right),
    "operator.concat": lambda left, right: binary(ast.Add, left, right),
}
_ERRORS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError, MemoryError)


def binary(kind: type[ast.operator], left: object, right: object) -> object:
    """`left <kind> right`. Raises Unfoldable."""
    if kind not in _BINARY or not (_small(left) and _small(right)):
        raise Unfoldable
    grows = kind in (ast.Mult, ast.Pow, ast.LShift) or (kind is ast.Mod and isinstance(left, (str, bytes)))
    if grows and not _stays_small(kind, left, right):
        raise Unfoldable
    return _checked(_BINARY[kind], left, right)


def unary(kind: type[ast.unaryop], operand: object) -> object:
    """`<kind> operand`. Raises Unfoldable."""
    return _checked(_UNARY[kind], operand)


def compare(kind: type[ast.cmpop], left: object, right: object) -> object:
    """`left <kind> right`. Raises Unfoldable."""
    return _checked(_COMPARE[kind], left, right)


def call(path: str, arguments: Sequence[object]) -> object:
    """The function `path` of constants. Raises Unfoldable."""
    if path not in _CALLS or not all(_small(argument) for argument in arguments):
        raise Unfoldable
    if path in ("builtins.bytes", "builtins.bytearray") and arguments and isinstance(arguments[0], int):
        raise Unfoldable
    return _checked(_CALLS[path], *arguments)


def method(of: object, name: str, arguments: Sequence[object]) -> object:
    """A method of a text or of bytes. Raises Unfoldable."""
    if not isinstance(of, (str, bytes)) or not all(_small(argument) for argument in (of, *arguments)):
        raise Unfoldable
    if name == "format" and isinstance(of, str):
        return _format(of, arguments)
    if name not in _METHODS or (name == "decode" and not set(arguments) <= _CODECS):
        raise Unfoldable
    if name in ("join", "replace") and arguments and len(of) * len(str(arguments[-1])) > 10**6:
        raise Unfoldable
    found = _checked(getattr(of, name, _give_up), *arguments)
    return tuple(found) if isinstance(found, list) else found


def subscript(of: object, index: object) -> object:
    """`of[index]`; `index` may be a slice of constants. Raises Unfoldable."""
    return _checked(operator.getitem, of, index)


def _format(template: str, arguments: Sequence[object]) -> object:
    """`template.format(...)` where every field is `{}` or `{0}`: no widths, no attributes."""
    for number, argument in enumerate(arguments):
        field, word = f"{{{number}}}", str(argument)
        if len(template) + template.count(field) * len(word) > LONGEST:
            raise Unfoldable
        template = template.replace(field, word).replace("{}", word, 1)
    if "{" in template or "}" in template:
        raise Unfoldable
    return _bounded(template)


def _stays_small(kind: type[ast.operator], left: object, right: object) -> bool:
    if isinstance(left, (str, bytes, tuple)) and kind is ast.Mod:
        return not any(mark in str(left) for mark in ("*", "0", "9", "8", "7", "6", "5", "4", "3", "2", "1"))
    if isinstance(left, (str, bytes, tuple)) or isinstance(right, (str, bytes, tuple)):
        times, text = (left, right) if isinstance(left, int) else (right, left)
        length = len(text) if isinstance(text, (str, bytes, tuple)) else LONGEST
        return isinstance(times, int) and length * max(times, 0) <= LONGEST
    if isinstance(left, float) or isinstance(right, float):
        return True
    if isinstance(left, int) and isinstance(right, int):
        return kind is ast.Mult or (abs(right) <= 64 and abs(left) <= 10**6)
    return False


def _small(value: object) -> bool:
    if isinstance(value, (str, bytes)):
        return len(value) <= LONGEST
    if isinstance(value, tuple):
        return len(value) <= LONGEST and all(_small(each) for each in value[:64])
    return not isinstance(value, int) or abs(value) <= _LARGEST


def _checked(function: Callable[..., object], *arguments: object) -> object:
    try:
        return _bounded(function(*arguments))
    except _ERRORS as error:
        raise Unfoldable from error


def _bounded(value: object) -> object:
    if not isinstance(value, (str, bytes, tuple, int, float, bool, type(None), dict, list, complex)):
        raise Unfoldable
    if isinstance(value, (str, bytes, tuple, dict, list)) and len(value) > LONGEST:
        raise Unfoldable
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise Unfoldable
    return value


def _give_up(*arguments: object) -> object:
    raise Unfoldable
