"""The state of a walk: frames, boxes, loops, and how elements are drawn from containers."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from strop.strategy.facts import MOST_RECORDS, Facts
from strop.strategy.values import EMPTY, PROGRAM, RAW, SETTLED, Box, M, Mark, Token, Value, flat, join, joined, of

MOST_STEPS = 60_000
"""Nodes that are visited, at most: a second or two."""
MOST_SECONDS = 3.0
"""Of CPU time, at most: for texts that make single steps slow. No honest program comes near."""
DEEPEST = 14
"""Calls of the program's own functions inside one another."""


class Exhausted(Exception):
    """The program is too intricate to be followed to the end."""


@dataclass(eq=False)
class Frame:
    """The variables of one call of a function, or of the module."""

    parent: Frame | None
    variables: dict[str, Value] = field(default_factory=dict)
    outer: frozenset[str] = frozenset()
    """Names declared `global` or `nonlocal`."""
    returned: Value = EMPTY
    yielded: Value | None = None
    breaks: list[list[tuple[bool, list[dict[str, Value]]]]] = field(default_factory=list)
    """For each running loop: where it was gone on with (True) or left, and the variables there."""
    coins: int = 0
    """Decisions by chance that were open when the call began."""

    def find(self, name: str) -> Value | None:
        frame: Frame | None = self
        while frame is not None:
            found = frame.variables.get(name)
            if found is not None:
                return found
            frame = frame.parent
        return None

    def assign(self, name: str, value: Value) -> None:
        if name in self.outer:
            frame = self.parent
            while frame is not None:
                if name in frame.variables or frame.parent is None:
                    frame.variables[name] = value
                    return
                frame = frame.parent
        self.variables[name] = value

    def chain(self) -> Iterator[Frame]:
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent


Evaluate = Callable[["Machine", ast.expr, Frame], Value]
Apply = Callable[["Machine", Value, "Arguments", ast.AST], Value]


@dataclass(frozen=True)
class Arguments:
    """What a call is given."""

    positional: tuple[Value, ...] = ()
    named: dict[str, Value] = field(default_factory=dict)

    def get(self, place: int, name: str = "") -> Value | None:
        """The argument at a place, or of a name."""
        if place < len(self.positional):
            return self.positional[place]
        return self.named.get(name)

    @property
    def all(self) -> list[Value]:
        return [*self.positional, *self.named.values()]


@dataclass(eq=False)
class Machine:
    """A walk over one program."""

    evaluate: Evaluate
    apply: Apply
    facts: Facts = field(default_factory=Facts)
    loops: list[int] = field(default_factory=list)
    coins: list[int] = field(default_factory=list)
    calls: list[ast.AST] = field(default_factory=list)
    boxes: dict[tuple[int, str], Box] = field(default_factory=dict)
    steps: int = 0
    began: float = field(default_factory=time.thread_time)

    def tick(self) -> None:
        """One more node. Raises Exhausted when there were too many."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Exhausted

    def look_at_the_clock(self) -> None:
        """Raises Exhausted when the walk takes too long."""
        if time.thread_time() - self.began > MOST_SECONDS:
            raise Exhausted

    @contextmanager
    def loop(self, node: ast.AST) -> Iterator[None]:
        """What happens inside may happen again."""
        self.loops.append(id(node))
        try:
            yield
        finally:
            self.loops.pop()

    @contextmanager
    def decision(self, test: Value, side: int) -> Iterator[None]:
        """What happens inside depends on a coin, where the test does."""
        is_coin = bool(test.marks & M.COIN)
        if is_coin:
            self.coins.append(side)
        try:
            yield
        finally:
            if is_coin:
                self.coins.pop()

    def box(self, node: ast.AST, kind: str, element: Value = EMPTY, key: Value = EMPTY) -> Box:
        """The box that is made at a place of the program, with one more element."""
        box = self.boxes.get((id(node), kind))
        if box is None:
            box = self.boxes[id(node), kind] = Box(element, key, kind=kind)
        else:
            box.element, box.key = join(box.element, element), join(box.key, key)
        return box

    def listed(self, node: ast.AST, kind: str, element: Value, marks: Mark = M.NONE, key: Value = EMPTY) -> Value:
        """A container that is made at a place of the program."""
        return Value(marks, boxes=(self.box(node, kind, element, key),))

    def put(self, container: Value, element: Value) -> None:
        """Put an element into a container."""
        groups = flat(element, 2)
        for box in container.boxes:
            box.element = join(box.element, element)
            box.length, box.mutated = None, True
            if groups & M.MODEL and (box.ranked or container.marks & M.RANKED):
                self.facts.grown.update(self.loops)
        if container.marks & M.MEMBER and groups & M.MODEL:
            self.facts.groups = True
            self.facts.migrates |= bool(groups & M.FROM_GROUP and not groups & M.PART)

    def draw(self, container: Value, raw: Mark, token: Token) -> Value:
        """One element of a container, chosen as `raw` says."""
        element = EMPTY if container.items is None or container.boxes else joined(container.items)
        for box in container.boxes:
            element = join(element, box.element)
        if container.items is None and not container.boxes:
            element = replace(container, marks=container.marks & ~RAW, callees=())
        raw |= container.marks & (M.RANKED | M.CUT | M.ONE | M.MEMBER | M.SLICED | M.AT_RANDOM)
        for box in container.boxes:
            raw |= (M.RANKED if box.ranked else M.NONE) | (M.CUT if box.cut else M.NONE)
        return self.stamp(element, raw, token)

    def stamp(self, value: Value, raw: Mark, token: Token) -> Value:
        """A value that was drawn as `raw` says."""
        if value.items is not None and not value.boxes:
            stamped = [
                self.stamp(item, raw, (token[0], token[1] + 16 * place)) for place, item in enumerate(value.items)
            ]
            return replace(value, items=tuple(stamped), marks=value.marks | raw & (M.BY_SCORE | M.BY_BONUS))
        if value.boxes:
            return replace(value, marks=value.marks | raw | M.MEMBER)
        if value.marks & PROGRAM:
            marks = value.marks & ~SETTLED | _settled(raw)
            if marks & M.EDITED:
                marks &= ~M.RANDOM_DRAW  # a neighbour, not a parent
            if marks & M.TREE:
                marks = marks & ~M.TREE | M.PART
            if marks & M.PART and not value.slots:
                return replace(value, marks=marks & ~SETTLED)  # a part of the same program, not another one
            if marks & M.MODEL or marks & M.UCB:
                self.facts.drawn |= marks & SETTLED
            return replace(value, marks=marks, tokens=frozenset((token,)))
        chosen = raw & (M.BY_SCORE | M.BY_BONUS)
        if len(value.words) > 1 and not value.marks & (M.REPORT | M.SCORE | M.TASK):
            mark = M.ARM if chosen else M.HINT
            return value.marked(mark)
        if len(value.numbers) > 1 and chosen and not value.marks & (M.SCORE | M.STEP):
            return value.marked(M.ARM | chosen)
        return value.marked(raw & (M.BY_SCORE | M.BY_BONUS | M.AT_RANDOM))

    def room(self, records: Sequence[object]) -> bool:
        """Whether one more fact may be recorded."""
        return len(records) < MOST_RECORDS


def fresh(container: Value) -> bool:
    """Whether a list still is as it was written."""
    return not any(box.mutated for box in container.boxes)


def _settled(raw: Mark) -> Mark:
    """How a program was drawn."""
    marks = M.NONE
    if raw & (M.ONE | M.FIRST | M.BY_SCORE):
        marks |= M.TOP
    if (raw & (M.EACH | M.INDEXED) and raw & M.CUT) or raw & M.FRONTIER:
        marks |= M.KEPT_EACH
    if raw & M.AT_RANDOM:
        marks |= M.RANDOM_DRAW
    if raw & M.BY_BONUS:
        marks |= M.UCB
    if raw & M.MEMBER:
        marks |= M.FROM_GROUP
    return marks


def chosen_by(value: Value) -> Mark:
    """How an element is chosen whose index, or key of comparison, is this value."""
    marks = flat(value, 2)
    if marks & (M.BONUS | M.BY_BONUS):
        return M.BY_BONUS
    if marks & (M.SCORE | M.BY_SCORE):
        return M.BY_SCORE
    return M.AT_RANDOM if marks & (M.RANDOM | M.AT_RANDOM) else M.NONE


def unknown(values: Sequence[Value]) -> Value:
    """What comes of values by a way that is not known."""
    marks = M.NONE
    for value in values:
        marks |= flat(value, 3)
    return of(marks & ~RAW)


def first(given: Arguments) -> Value:
    """The first argument, by place or by name."""
    return given.all[0] if given.all else EMPTY


Handler = Callable[[Machine, Value, Arguments, ast.AST], Value]
"""What the library does: (machine, the value whose method it is or EMPTY, arguments, node) -> what it gives."""
