"""Arithmetic, and what is written like it on texts and lists."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from strop.strategy.machine import Machine
from strop.strategy.values import EMPTY, PROGRAM, RAW, M, Value, composed, flat, joined


def combined(machine: Machine, node: ast.AST, op: ast.operator, left: Value, right: Value) -> Value:
    """Arithmetic, and what is written like it on texts and lists."""
    if left.boxes or right.boxes:
        return _of_lists(machine, node, op, left, right)
    if isinstance(op, ast.Mod) and (left.words or left.marks & PROGRAM):
        return composed([left, right])
    marks = (left.marks | right.marks) & ~RAW
    if marks & PROGRAM or left.words or right.words:
        crossed = M.CROSSED if _two_programs(left, right) else M.NONE
        pieces = any(side.marks & PROGRAM and side.marks & M.SLICED for side in (left, right))
        return composed([left, right], crossed | (M.EDITED if pieces and isinstance(op, ast.Add) else M.NONE))
    if isinstance(op, ast.Mult) and marks & M.LM_BUDGET:
        marks |= M.SPENDS
    if isinstance(op, (ast.FloorDiv, ast.Div, ast.RShift)) and (left.marks & M.LENGTH or isinstance(op, ast.FloorDiv)):
        marks |= M.FRACTION if right.numbers and not right.marks else M.NONE
    if isinstance(op, ast.Mult) and marks & M.LENGTH:
        marks |= M.FRACTION
    if isinstance(op, ast.Pow) and right.numbers == {0.5} and marks & M.LOG:
        marks |= M.BONUS
    return Value(marks, numbers=_folded(op, left, right))


def _two_programs(left: Value, right: Value) -> bool:
    """Whether pieces of two different programs are put together."""
    both = left.marks & PROGRAM and right.marks & PROGRAM and left.marks & right.marks & (M.SLICED | M.PART)
    return bool(both and left.tokens and right.tokens and not left.tokens & right.tokens)


def _of_lists(machine: Machine, node: ast.AST, op: ast.operator, left: Value, right: Value) -> Value:
    if isinstance(op, ast.Mult):
        held, times = (left, right) if left.boxes else (right, left)
        for box in held.boxes:
            box.length = box.length if times.numbers == {1.0} else None
        return replace(held, marks=held.marks | times.marks & M.SPENDS)
    drawn = [machine.draw(side, M.NONE, (id(node), place)) for place, side in enumerate((left, right))]
    sides = [
        joined([(side.items and joined(side.items)) or EMPTY, *(box.element for box in side.boxes)])
        for side in (left, right)
    ]
    crossed = (
        M.CROSSED if _two_programs(_sliced(left, drawn[0], sides[0]), _sliced(right, drawn[1], sides[1])) else M.NONE
    )
    element = joined(sides)
    if not crossed and flat(element, 1) & M.PART and (left.marks | right.marks) & M.SLICED:
        crossed = M.EDITED
    kept = left.marks & right.marks & (M.CUT | M.RANKED) | (left.marks | right.marks) & M.MEMBER
    return machine.listed(node, "list", element.marked(crossed) if crossed else element, kept | crossed)


def _sliced(container: Value, drawn: Value, element: Value) -> Value:
    return replace(element, marks=flat(element, 1) | container.marks & M.SLICED)


def _folded(op: ast.operator, left: Value, right: Value) -> frozenset[float]:
    """The number that arithmetic on two constants gives."""
    if not left.numbers or not right.numbers or len(left.numbers) * len(right.numbers) > 16:
        return frozenset()
    operations: dict[type, Callable[[float, float], float]] = {
        ast.Add: lambda a, b: a + b,
        ast.Sub: lambda a, b: a - b,
        ast.Mult: lambda a, b: a * b,
        ast.Div: lambda a, b: a / b,
        ast.FloorDiv: lambda a, b: a // b,
    }
    operation = operations.get(type(op))
    if operation is None:
        return frozenset()
    try:
        found = frozenset(operation(a, b) for a in left.numbers for b in right.numbers)
    except (ArithmeticError, ValueError):
        return frozenset()
    return frozenset(round(value, 9) for value in found if abs(value) < 1e12)
