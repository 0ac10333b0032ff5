"""What the walk over a program knows of a value: where it came from and how it was chosen, never what it is.

A value is abstract: marks say what flowed into it. Lists, dicts and objects are boxes, one for each place of the program that
makes them; what is put into a box is never taken out of it again.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Flag, auto
from typing import Any


class Mark(Flag):
    """What flowed into a value, and how it was chosen."""

    NONE = 0
    # where it came from
    INITIAL = auto()
    MODEL = auto()
    SCORE = auto()
    REPORT = auto()
    TASK = auto()
    LITERAL = auto()
    # numbers
    RANDOM = auto()
    EXP = auto()
    LOG = auto()
    BONUS = auto()
    STEP = auto()
    LM_BUDGET = auto()
    SPENDS = auto()
    LENGTH = auto()
    FRACTION = auto()
    VARIES = auto()
    COIN = auto()
    # texts
    TREE = auto()
    PART = auto()
    EDITED = auto()
    CROSSED = auto()
    SEVERAL = auto()
    # how a container stands, or how its element was drawn: raw
    RANKED = auto()
    CUT = auto()
    ONE = auto()
    SLICED = auto()
    MEMBER = auto()
    EACH = auto()
    INDEXED = auto()
    FIRST = auto()
    AT_RANDOM = auto()
    BY_SCORE = auto()
    BY_BONUS = auto()
    FRONTIER = auto()
    # how a program, or a literal, was drawn: settled when it is drawn
    KEPT_EACH = auto()
    RANDOM_DRAW = auto()
    TOP = auto()
    UCB = auto()
    FROM_GROUP = auto()
    BY_COIN = auto()
    HINT = auto()
    ARM = auto()


M = Mark
PROGRAM = M.INITIAL | M.MODEL
RAW = (M.RANKED | M.CUT | M.ONE | M.SLICED | M.MEMBER | M.EACH | M.INDEXED | M.FIRST | M.AT_RANDOM | M.BY_SCORE) | (
    M.BY_BONUS | M.FRONTIER
)
SETTLED = M.KEPT_EACH | M.RANDOM_DRAW | M.TOP | M.UCB | M.FROM_GROUP | M.BY_COIN
MOST_NUMBERS, MOST_WORDS, MOST_BOXES, LONGEST_WORDS = 8, 60, 8, 1500
MOST_TOKENS, MOST_LOOKED_AT = 48, 120
Token = tuple[int, int]


@dataclass(eq=False)
class Box:
    """A list, set, dict or object; its contents only grow."""

    element: Value
    key: Value
    fields: dict[str, Value] = field(default_factory=dict)
    of: Any = None
    """The class, for an object."""
    ranked: bool = False
    cut: bool = False
    length: int | None = None
    """How many elements it was written with; None once it grew or where it is not known."""
    mutated: bool = False
    kind: str = ""
    """`dict` for what holds pairs."""


@dataclass(frozen=True, eq=False)
class Closure:
    """A function of the program, with the frame in which it was defined."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Any
    bound: Value | None = None


@dataclass(frozen=True, eq=False)
class Class:
    """A class of the program."""

    node: ast.ClassDef
    members: dict[str, Value]
    bases: tuple[Value, ...] = ()


@dataclass(frozen=True, eq=False)
class Native:
    """Something that the program does not define: a module, a builtin, a handle, or (`on` set) a method of a value."""

    path: str
    on: Value | None = None


Callee = Closure | Class | Native


@dataclass(frozen=True, eq=False)
class Value:
    """An abstract value."""

    marks: Mark = M.NONE
    tokens: frozenset[Token] = frozenset()
    """Where the program that it is may have been drawn."""
    slots: frozenset[frozenset[Token]] = frozenset()
    """The programs that a composed text shows."""
    numbers: frozenset[float] = frozenset()
    """Constants that it may be; empty where it is none of few."""
    words: frozenset[str] = frozenset()
    """Constant texts that are in it."""
    items: tuple[Value, ...] | None = None
    """Of a tuple of known length."""
    boxes: tuple[Box, ...] = ()
    callees: tuple[Callee, ...] = ()

    def marked(self, marks: Mark) -> Value:
        """The same with further marks, on the items of a tuple too."""
        if marks in self.marks and self.items is None:
            return self
        items = None if self.items is None else tuple(item.marked(marks) for item in self.items)
        return replace(self, marks=self.marks | marks, items=items)

    def has(self, *marks: Mark) -> bool:
        """Whether it carries any of the marks itself."""
        return any(self.marks & mark for mark in marks)


EMPTY = Value()


def of(marks: Mark) -> Value:
    """A value of which only marks are known."""
    return Value(marks)


def number(value: float, marks: Mark = M.NONE) -> Value:
    """A constant number."""
    return Value(marks, numbers=frozenset((value,)))


def join(first: Value, second: Value) -> Value:
    """What may be either of two values."""
    if first is second or second is EMPTY:
        return first
    if first is EMPTY:
        return second
    marks, numbers = first.marks | second.marks, first.numbers | second.numbers
    if len(numbers) > MOST_NUMBERS:
        numbers, marks = frozenset(sorted(numbers)[:2]), marks | M.VARIES
    items = None
    if first.items is not None and second.items is not None and len(first.items) == len(second.items):
        items = tuple(map(join, first.items, second.items))
    elif first.boxes and second.boxes:
        items = None
    elif first.items is not None or second.items is not None:
        marks |= flat(first) | flat(second)
        loose = [each for side in (first, second) for each in side.items or ()]
        items = (joined(loose),) * 3 if loose else None
    words = first.words if second.words <= first.words else first.words | second.words
    return Value(
        marks,
        _few(first.tokens | second.tokens),
        max(first.slots, second.slots, key=distinct) if first.slots != second.slots else first.slots,
        numbers,
        words if len(words) <= MOST_WORDS else frozenset(sorted(words)[:MOST_WORDS]),
        items,
        _united(first.boxes, second.boxes),
        _united(first.callees, second.callees),
    )


def _few(tokens: frozenset[Token]) -> frozenset[Token]:
    return tokens if len(tokens) <= MOST_TOKENS else frozenset(sorted(tokens)[:MOST_TOKENS])


def _united(first: tuple[Any, ...], second: tuple[Any, ...]) -> tuple[Any, ...]:
    if not second or first == second:
        return first
    return (*first, *(each for each in second if not any(each is known for known in first)))[:MOST_BOXES]


def joined(values: Iterable[Value]) -> Value:
    """What may be any of several values."""
    found = EMPTY
    for value in values:
        found = join(found, value)
    return found


def flat(value: Value, depth: int = 4) -> Mark:
    """All marks of a value and of what it holds."""
    marks = M.NONE
    for held in _within(value, depth):
        marks |= held.marks
    return marks


def contents(value: Value, depth: int = 3) -> Value:
    """A value and what it holds as one text: for a prompt, or for the parts of a composed text."""
    found = EMPTY
    for held in _within(value, depth, keys=False):
        found = join(found, held if held.items is None and not held.boxes else replace(held, items=None, boxes=()))
    return replace(found, callees=()) if found.callees else found


def _within(value: Value, depth: int, keys: bool = True) -> list[Value]:
    """A value and what it holds, the nearest first, each box once, as many as are looked at."""
    found, level, boxes = [value], [value], list[Box]()
    for _ in range(depth):
        inner: list[Value] = []
        for each in level:
            inner += each.items or ()
            for box in each.boxes:
                if len(boxes) < MOST_LOOKED_AT and not any(box is known for known in boxes):
                    boxes.append(box)
                    inner += [box.element, *([box.key] if keys else []), *itertools.islice(box.fields.values(), 40)]
        level = [each for each in inner if each is not EMPTY][:MOST_LOOKED_AT]
        if not level or len(found) > MOST_LOOKED_AT:
            break
        found += level
    return found


def composed(parts: Iterable[Value], marks: Mark = M.NONE) -> Value:
    """A text that shows all of the parts."""
    tokens: frozenset[Token] = frozenset()
    slots: frozenset[frozenset[Token]] = frozenset()
    words: frozenset[str] = frozenset()
    for part in map(contents, parts):
        marks |= part.marks
        tokens = _few(tokens | part.tokens)
        words |= part.words
        if len(slots) < MOST_TOKENS:
            slots |= part.slots or (frozenset((part.tokens,)) if part.tokens and part.has(PROGRAM) else frozenset())
    marks &= ~(RAW | M.LITERAL) if marks & PROGRAM else ~RAW
    return Value(
        marks, tokens, slots, words=words if len(words) <= MOST_WORDS else frozenset(sorted(words)[:MOST_WORDS])
    )


def distinct(slots: frozenset[frozenset[Token]]) -> int:
    """How many different programs a composed text is sure to show: slots of which none may be another."""
    kept: list[frozenset[Token]] = []
    for slot in sorted(slots, key=len, reverse=True)[:12]:
        if not any(slot <= other or other <= slot for other in kept):
            kept.append(slot)
    return len(kept)
